# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the cases, each peer in turn and again, and reports. Called by run.sh, which builds."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys

import page
import plots
import report
from cases import CASES, PEERS

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parent.parent / 'docs'
RUN_LIMIT = 180  # seconds


def parse_args():
    parser = argparse.ArgumentParser(prog='bench/run.sh', description=__doc__)
    parser.add_argument('case', nargs='*', help='cases, or the start of their names; all if none')
    parser.add_argument('--quick', action='store_true', help='less work, three rounds')
    parser.add_argument('--json', action='store_true', help='print JSON instead of tables')
    parser.add_argument('--peers', help='only these, with commas between')
    parser.add_argument('--rounds', type=int, help='how often; 5, or 3 with --quick')
    parser.add_argument('--page', action='store_true',
                        help='write the tables and the plots of docs/how-fast.md')
    parser.add_argument('--list', action='store_true', help='list the cases')
    return parser.parse_args()


def find_python(build):
    """An interpreter that has PyGObject; run.sh found it."""
    path = build / 'python-gi'
    return path.read_text(encoding='utf-8').strip() if path.exists() else None


def find_commands(build):
    """How each program is called; those that are not there are left out."""
    bun = build / 'npm' / 'node_modules' / '.bin' / 'bun'
    scripts = {
        'node': (shutil.which('node'), 'bench-node.mjs'),
        'bun': (shutil.which('bun') or (str(bun) if bun.exists() else None), 'bench-bun.mjs'),
        'python': (sys.executable, 'bench-python.py'),
        'asyncio': (sys.executable, 'bench-asyncio.py'),
        'multiprocessing': (sys.executable, 'bench-multiprocessing.py'),
        'pygobject': (find_python(build), 'bench-pygobject.py'),
    }
    commands = {name: [program, str(HERE / script)]
                for name, (program, script) in scripts.items() if program}
    for name in ('raw', 'cproc', 'gsubprocess', 'libuv', 'qprocess'):
        program = build / f'bench-{name}'
        if program.exists():
            commands[name] = [str(program)]
    return commands


def environment(build):
    env = dict(os.environ)
    helper = build / 'libcproc' / 'libcproc' / 'helper' / 'cproc-launch'
    for found in (build / 'libcproc').glob('libcproc/helper/*launch*'):
        if found.is_file() and os.access(found, os.X_OK):
            helper = found
    env['CPROC_LAUNCH_HELPER'] = str(helper)
    env['PYTHONDONTWRITEBYTECODE'] = '1'
    return env


def reset_signals():
    """A signal that is ignored, as under nohup, is ignored by every peer's children too."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def run_once(command, case, peer, params, build, env):
    argv = [*command, case.program, f'peer={peer}', f'child={build / "bench-child"}',
            f'dir={build}', *(f'{name}={value}' for name, value in params.items())]
    if 'script' in params:
        env = {**env, 'BENCH_SCRIPT': str(params['script'])}
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=env, timeout=RUN_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return None, 'took too long'
    text = done.stdout.decode('utf-8', 'replace').strip()
    if done.returncode != 0 or not text:
        said = done.stderr.decode('utf-8', 'replace').strip().splitlines()
        return None, said[-1] if said else f'ended with {done.returncode}'
    return json.loads(text.splitlines()[-1]), None


def summarize(case, runs):
    values = [run['value'] for run in runs]
    metrics = {name for run in runs for name in run} - {'case', 'peer', 'unit', 'value'}
    # Of a few bytes of output the peak of memory says nothing.
    if case.params.get('size', 0) < 1 << 20:
        metrics.discard('memory')
    return {
        'value': statistics.median(values),
        'min': min(values),
        'max': max(values),
        'runs': values,
        **{name: statistics.median(run[name] for run in runs) for name in sorted(metrics)},
    }


def progress(text):
    if sys.stderr.isatty():
        print(f'\r\033[K{text}', end='', file=sys.stderr, flush=True)


def run_case(case, commands, args, build, env):
    """All peers in turn, then again: what disturbs one round disturbs all of them."""
    wanted = args.peers.split(',') if args.peers else case.peers
    peers = [peer for peer in case.peers if peer in wanted and PEERS[peer].program in commands]
    runs = {peer: [] for peer in peers}
    failed = {}
    unit = ''
    for number in range(args.rounds):
        for peer in peers:
            if peer in failed:
                continue
            params = {**case.params, **(case.quick if args.quick else {}),
                      **case.slow.get(peer, {}), **PEERS[peer].params}
            progress(f'{case.name}: round {number + 1}, {peer}')
            result, reason = run_once(commands[PEERS[peer].program], case, peer, params, build,
                                      env)
            if result is None:
                failed[peer] = reason
            else:
                unit = result['unit']
                runs[peer].append(result)
    progress('')
    return {
        'name': case.name,
        'title': case.title,
        'unit': unit,
        'more_is_better': case.more_is_better,
        'peers': {peer: summarize(case, done) for peer, done in runs.items() if done},
        'failed': failed,
    }


def read_missing(build, commands):
    """Why a peer is not there, as run.sh found out."""
    reasons = {}
    path = build / 'missing'
    if path.exists():
        for line in path.read_text(encoding='utf-8').splitlines():
            name, _, reason = line.partition('\t')
            reasons[name] = reason
    programs = {peer.program for peer in PEERS.values()}
    return {name: reasons.get(name, 'not found') for name in sorted(programs - set(commands))}


def choose(args):
    names = {case.name for case in CASES}
    chosen = [case for case in CASES
              if (any(case.name == name or (name not in names and case.name.startswith(name))
                      for name in args.case) if args.case
                  else not (args.quick and case.only_full))]
    if not chosen:
        sys.exit(f'no such case; there are: {" ".join(case.name for case in CASES)}')
    return chosen


def main():
    args = parse_args()
    reset_signals()
    if args.list:
        for case in CASES:
            print(f"{case.name:14} {case.title}")
        return
    args.rounds = args.rounds or (3 if args.quick else 5)
    build = pathlib.Path(os.environ['BENCH_BUILD']).resolve()
    commands = find_commands(build)
    env = environment(build)
    results = {'machine': report.machine(commands), 'quick': args.quick, 'rounds': args.rounds,
               'missing': read_missing(build, commands), 'cases': []}
    if not args.json:
        print(report.head(results))
    for case in choose(args):
        result = run_case(case, commands, args, build, env)
        results['cases'].append(result)
        result['reach'] = report.judge(case, results['cases'])
        if not args.json:
            print(report.table(result), flush=True)
    (build / 'results.json').write_text(json.dumps(results, indent=1), encoding='utf-8')
    if args.json:
        print(json.dumps(results, indent=1))
    else:
        print(report.summary(results))
    if args.page:
        plots.write(results, DOCS / 'images')
        page.write(results, DOCS / 'how-fast.md')


if __name__ == '__main__':
    main()
