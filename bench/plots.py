# SPDX-License-Identifier: LGPL-2.1-or-later

"""Draws what was measured, with gnuplot, as SVG."""

import shutil
import subprocess
import sys

from cases import GROUPS

BARS = {
    'processes': ['spawn', 'spawn-1g', 'flight-64', 'flight-500', 'exec-20b', 'exec-1m',
                  'exec-64m'],
    'streams': ['output-64k', 'output-1m', 'line', 'lines', 'stdin', 'cat'],
    'messages': ['roundtrip', 'oneway', 'send', 'echo-1m', 'echo-16m', 'echo-string'],
}
BAR_PEERS = {
    'processes': ['gsubprocess', 'gsubprocess-inherit', 'libuv', 'qprocess', 'node', 'bun',
                  'python'],
    'streams': ['gsubprocess', 'libuv', 'qprocess', 'node', 'bun', 'python'],
    'messages': ['cproc-json', 'gsubprocess', 'node', 'bun', 'multiprocessing'],
}
# Told apart by people who see colours differently, too (Okabe and Ito).
COLOURS = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#56b4e9', '#cc79a7', '#999999',
           '#000000', '#b8a200']

HEAD = '''set terminal svg size 900,420 dynamic background rgb 'white' font 'sans-serif,13'
set output '{path}'
set title '{title}'
set grid ytics lc rgb '#dddddd'
set key outside right top
set border 3
set tics nomirror
'''


def bars(results, group, path):
    """How fast each peer is beside libcproc, which is the line at 1."""
    found = {case['name']: case for case in results['cases']}
    names = [name for name in BARS[group]
             if found.get(name, {}).get('peers', {}).get('cproc')]
    peers = [peer for peer in BAR_PEERS[group]
             if any(peer in found[name]['peers'] for name in names)]
    if not names or not peers:
        return None
    rows = []
    for name in names:
        own = found[name]['peers']['cproc']['value']
        cells = [found[name]['peers'].get(peer, {}).get('value') for peer in peers]
        rows.append(' '.join([f'"{name}"', *('?' if cell is None else f'{cell / own:.4f}'
                                             for cell in cells)]))
    script = HEAD.format(path=path, title=f'Speed beside libcproc: {group} (libcproc is 1)')
    script += '''set style data histogram
set style histogram clustered gap 1.5
set style fill solid noborder
set datafile missing '?'
set yrange [0:*]
set arrow from graph 0, first 1 to graph 1, first 1 nohead lc rgb '#000000' lw 1.5 front
'''
    script += '$data << END\n' + '\n'.join(rows) + '\nEND\nplot ' + ', '.join(
        f"$data using {i + 2}:xtic(1) title '{peer}' lc rgb '{COLOURS[i % len(COLOURS)]}'"
        for i, peer in enumerate(peers)) + '\n'
    return script


def curves(results, names, x_of, title, x_label, y_label, path):
    """One line for each peer over several cases."""
    found = {case['name']: case for case in results['cases']}
    names = [name for name in names if name in found]
    if len(names) < 2:
        return None
    peers = [peer for peer in found[names[-1]]['peers']
             if all(peer in found[name]['peers'] for name in names)]
    script = HEAD.format(path=path, title=title)
    script += f"set logscale y\nset xlabel '{x_label}'\nset ylabel '{y_label}'\n"
    plots = []
    for i, peer in enumerate(peers):
        rows = '\n'.join(f"{x_of[name]} {found[name]['peers'][peer]['value']}" for name in names)
        script += f'$peer{i} << END\n{rows}\nEND\n'
        plots.append(f"$peer{i} using 1:2 with linespoints lw 2 pt {i + 4} "
                     f"lc rgb '{COLOURS[i % len(COLOURS)]}' title '{peer}'")
    return script + 'plot ' + ', '.join(plots) + '\n'


def draw(script):
    """Plots to where the script says."""
    done = subprocess.run(['gnuplot'], input=script, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        print(f'gnuplot: {done.stderr.strip()}', file=sys.stderr)


def tidy(path):
    """As the project's own texts are: without tabulators, and without space at a line's end."""
    lines = path.read_text(encoding='utf-8').expandtabs(1).splitlines()
    path.write_text(''.join(f'{line.rstrip()}\n' for line in lines), encoding='utf-8')


def write(results, folder):
    if shutil.which('gnuplot') is None:
        print('no plots: gnuplot is missing', file=sys.stderr)
        return
    folder.mkdir(parents=True, exist_ok=True)
    scripts = [bars(results, group, folder / f'bench-{group}.svg') for group in GROUPS]
    scripts.append(curves(results, ['start-0', 'start-1g', 'start-4g'],
                          {'start-0': 0, 'start-1g': 1, 'start-4g': 4},
                          'How long start() keeps its caller', 'memory of the parent, GiB', 'µs',
                          folder / 'bench-start.svg'))
    scripts.append(curves(results, ['live-10', 'live-1000', 'live-5000'],
                          {'live-10': 10, 'live-1000': 1000, 'live-5000': 5000},
                          'CPU time for a start and its end', 'live children', 'µs',
                          folder / 'bench-live.svg'))
    for script in scripts:
        if script is not None:
            draw(script)
    for path in folder.glob('bench-*.svg'):
        tidy(path)
