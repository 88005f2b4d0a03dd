# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes tables of what was measured, and says what has been reached."""

import os
import platform
import subprocess


def first_line(argv):
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=20, check=False)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return 'unknown'


def cpu_model():
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        for line in file:
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.machine()


def machine(commands):
    """What the figures depend on."""
    versions = {
        'kernel': platform.release(),
        'glib': first_line(['pkg-config', '--modversion', 'glib-2.0']),
        'json-glib': first_line(['pkg-config', '--modversion', 'json-glib-1.0']),
        'libuv': first_line(['pkg-config', '--modversion', 'libuv']),
        'python': platform.python_version(),
    }
    for name in ('node', 'bun'):
        if name in commands:
            versions[name] = first_line([commands[name][0], '--version'])
    qt = os.path.join(os.environ['BENCH_BUILD'], 'qt-version')
    if os.path.exists(qt):
        versions['qt'] = first_line(['cat', qt])
    return {
        'processor': cpu_model(),
        'cores': os.cpu_count(),
        'memory_gib': round(os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2 ** 30),
        'versions': versions,
    }


def head(results):
    about = results['machine']
    lines = [f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB",
             ', '.join(f'{name} {value}' for name, value in about['versions'].items()),
             f"{results['rounds']} rounds, the peers in turn; trust ratios within a case"]
    for name, reason in results['missing'].items():
        lines.append(f'missing: {name}: {reason}')
    return '\n'.join(lines)


def number(value):
    if value is None:
        return '-'
    if abs(value) >= 1000:
        return f'{value:,.0f}'
    if abs(value) >= 100:
        return f'{value:.0f}'
    return f'{value:.3g}'


def ratio(a, b):
    return a / b if a is not None and b else None


def table(result):
    """One case: a row for each peer."""
    peers = result['peers']
    extras = [name for name in ('cpu_per_gb', 'memory', 'threads', 'timer_ms', 'message_ms',
                                'gb_per_s')
              if any(name in peer for peer in peers.values())]
    header = ['', 'median', 'min', 'max', 'CPU s', 'of raw', 'libcproc is', *extras]
    rows = [header]
    own = peers.get('cproc', {}).get('value')
    raw = peers.get('raw', {}).get('value')
    for name, peer in peers.items():
        times = ratio(own, peer['value'])
        rows.append([name, number(peer['value']), number(peer['min']), number(peer['max']),
                     number(peer['cpu']), number(ratio(peer['value'], raw)),
                     f'{number(times)} ×' if times else '-',
                     *(number(peer.get(extra)) for extra in extras)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    lines = ['', f"{result['name']}: {result['title']} ({result['unit']}, "
             f"{'more' if result['more_is_better'] else 'less'} is better)"]
    for row in rows:
        lines.append('  ' + row[0].ljust(widths[0]) + ''.join(
            '  ' + cell.rjust(width) for cell, width in zip(row[1:], widths[1:])))
    for name, reason in result['failed'].items():
        lines.append(f'  {name} failed: {reason}')
    lines.extend(f"  {'reached' if reach['good'] else 'SHORT  '}  {reach['text']}"
                 for reach in result['reach'])
    return '\n'.join(lines)


def best(peer, metric, more_is_better):
    """The figure of the least disturbed run."""
    if metric != 'value':
        return peer.get(metric)
    return peer.get('max' if more_is_better else 'min')


def judge_one(case, reach, known):
    """One goal with what was measured; None where a figure is missing."""
    own = known[case.name].get(reach.peer, {})
    other = known.get(reach.case or case.name, {}).get(reach.other, {}) if reach.other else {}
    if own.get(reach.metric) is None or (reach.other and not other.get(reach.metric)):
        return None
    value = own[reach.metric]
    least = best(own, reach.metric, case.more_is_better)
    if reach.other:
        value /= other[reach.metric]
        least /= best(other, reach.metric, case.more_is_better)
    what = '' if reach.metric == 'value' else f' {reach.metric}'
    of = f' of {reach.other}' if reach.other else ''
    of += f' in {reach.case}' if reach.case else ''
    return {
        'what': f'{reach.peer}{what}' if reach.peer != 'cproc' else what.strip(),
        'of': reach.other + (f' in {reach.case}' if reach.case else ''),
        'sign': reach.sign,
        'good': value >= reach.factor if reach.sign == '>=' else value <= reach.factor,
        'value': value,
        'best': least,
        'factor': reach.factor,
        'text': f"{reach.peer}{what}{of}: {number(value)} (best runs {number(least)}), to be at "
                f"{'least' if reach.sign == '>=' else 'most'} {number(reach.factor)}",
    }


def judge(case, results):
    """The case's goals; the median decides."""
    known = {result['name']: result['peers'] for result in results}
    judged = (judge_one(case, reach, known) for reach in case.reach)
    return [goal for goal in judged if goal is not None]


def summary(results):
    goals = [(result['name'], reach) for result in results['cases'] for reach in result['reach']]
    short = [f"  {name}: {reach['text']}" for name, reach in goals if not reach['good']]
    lines = ['', f'{len(goals) - len(short)} of {len(goals)} goals reached'
             + ('; short of:' if short else '')]
    return '\n'.join(lines + short)
