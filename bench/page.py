# SPDX-License-Identifier: LGPL-2.1-or-later

"""Writes what was measured into the page of the documents, between its markers."""

import re

from cases import GROUPS
from report import number, ratio

COLUMNS = {
    'processes': ['raw', 'gsubprocess', 'gsubprocess-inherit', 'libuv', 'qprocess', 'node', 'bun',
                  'python'],
    'streams': ['raw', 'gsubprocess', 'gsubprocess-inherit', 'libuv', 'qprocess', 'node', 'bun',
                'python', 'asyncio'],
    'messages': ['raw', 'cproc-json', 'gsubprocess', 'node', 'bun', 'multiprocessing'],
}
HEADINGS = {
    'raw': 'plain C', 'cproc-json': 'libcproc, JsonNode', 'gsubprocess': 'GSubprocess',
    'gsubprocess-inherit': 'INHERIT_FDS', 'libuv': 'libuv', 'qprocess': 'QProcess', 'node': 'Node',
    'bun': 'Bun', 'python': 'subprocess', 'asyncio': 'asyncio',
    'multiprocessing': 'multiprocessing',
}


def row(cells):
    return '| ' + ' | '.join(cells) + ' |'


def times(result, peer):
    """How many times as good libcproc is as the peer."""
    own = result['peers']['cproc']['value']
    other = result['peers'].get(peer, {}).get('value')
    value = ratio(own, other) if result['more_is_better'] else ratio(other, own)
    return number(value) if value else ''


def group_table(results, group):
    found = {case['name']: case for case in results['cases']}
    names = [case.name for case in GROUPS[group]
             if found.get(case.name, {}).get('peers', {}).get('cproc')]
    columns = [peer for peer in COLUMNS[group]
               if any(peer in found[name]['peers'] for name in names)]
    lines = [row(['', 'libcproc', *(HEADINGS[peer] for peer in columns)]),
             row(['---', *['---:'] * (len(columns) + 1)])]
    for name in names:
        result = found[name]
        own = f"{number(result['peers']['cproc']['value'])} {result['unit']}"
        lines.append(row([f"`{name}`: {result['title']}", own,
                          *(times(result, peer) for peer in columns)]))
    return '\n'.join(lines)


def goals_table(results):
    lines = [row(['', 'of', 'measured', 'goal', '']), row(['---', '---', '---:', '---:', '---'])]
    for result in results['cases']:
        for goal in result['reach']:
            what = f"`{result['name']}`" + (f" {goal['what']}" if goal['what'] else '')
            sign = '≥' if goal['sign'] == '>=' else '≤'
            lines.append(row([what, goal['of'], number(goal['value']),
                              f"{sign} {number(goal['factor'])}",
                              'reached' if goal['good'] else 'short']))
    return '\n'.join(lines)


def about(results):
    machine = results['machine']
    versions = ', '.join(f'{name} {value}' for name, value in machine['versions'].items())
    return (f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; "
            f"{versions}; median of {results['rounds']} rounds.")


def write(results, path):
    """Each part of the page stands between two comments that name it."""
    parts = {'machine': about(results), 'goals': goals_table(results),
             **{group: group_table(results, group) for group in GROUPS}}
    text = path.read_text(encoding='utf-8')
    for name, part in parts.items():
        text, count = re.subn(f'(<!-- {name} -->\n).*?(<!-- /{name} -->)',
                              lambda match, part=part: f'{match[1]}\n{part}\n\n{match[2]}',
                              text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f'{path} has no place for {name}')
    path.write_text(text, encoding='utf-8')
