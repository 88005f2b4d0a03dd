# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is measured: the peers, the cases, and what libcproc is to reach in each."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Peer:
    """A way to do the work; several may be of one program."""
    program: str
    params: dict = field(default_factory=dict)


PEERS = {
    'raw': Peer('raw'),
    'raw-socket': Peer('raw', {'socket': 1}),
    'cproc': Peer('cproc'),
    'cproc-none': Peer('cproc', {'none': 1}),
    'cproc-piped': Peer('cproc', {'piped': 1}),
    'cproc-socket': Peer('cproc', {'socket': 1}),
    'cproc-json': Peer('cproc', {'json': 1}),
    'gsubprocess': Peer('gsubprocess'),
    'gsubprocess-inherit': Peer('gsubprocess', {'inherit': 1}),
    'libuv': Peer('libuv'),
    'qprocess': Peer('qprocess'),
    'node': Peer('node'),
    'bun': Peer('bun'),
    'python': Peer('python'),
    'asyncio': Peer('asyncio'),
    'multiprocessing': Peer('multiprocessing'),
    'pygobject': Peer('pygobject'),
}


@dataclass(frozen=True)
class Reach:
    """`peer`'s `metric` is at least, or at most, `factor` times that of `other`; of `case` where
    that is another one. Without `other` the factor is the figure itself."""
    sign: str
    factor: float
    other: str = ''
    peer: str = 'cproc'
    metric: str = 'value'
    case: str = ''


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    program: str
    more_is_better: bool
    peers: list
    params: dict = field(default_factory=dict)
    quick: dict = field(default_factory=dict)
    slow: dict = field(default_factory=dict)  # peer: params, less work for those that need long
    reach: list = field(default_factory=list)
    only_full: bool = False


GSUB = ['gsubprocess', 'gsubprocess-inherit']
NONE = ['cproc', 'cproc-none']
OTHERS = [*GSUB, 'libuv', 'qprocess', 'node', 'bun', 'python']
LOOPS = ['gsubprocess', 'libuv', 'qprocess', 'node', 'bun']
MESSAGES = ['raw', 'cproc', 'cproc-json', 'gsubprocess', 'node', 'bun', 'multiprocessing']

START = ['raw', *NONE, *OTHERS]

PROCESSES = [
    Case('start-0', 'start() call, a small parent', 'start', False, [*START, 'pygobject'],
         {'count': 200}, {'count': 100}, reach=[Reach('<=', 2.2, 'raw')]),
    Case('start-1g', 'start() call, the parent has touched 1 GiB', 'start', False, START,
         {'count': 100, 'touch': 1024}, {'count': 40}, {'gsubprocess': {'count': 20},
                                                        'libuv': {'count': 20},
                                                        'node': {'count': 20}},
         [Reach('<=', 2.2, 'raw')]),
    Case('start-4g', 'start() call, the parent has touched 4 GiB', 'start', False,
         ['raw', *NONE, *GSUB], {'count': 100, 'touch': 4096}, {}, {'gsubprocess': {'count': 10}},
         [Reach('<=', 2.2, 'raw')], only_full=True),
    Case('start-set', 'start() call with cwd, own group, limits, ids; 1 GiB touched', 'start-set',
         False, ['raw', 'cproc', 'gsubprocess', 'node', 'bun', 'python'],
         {'count': 100, 'touch': 1024}, {'count': 40},
         {'gsubprocess': {'count': 20}, 'node': {'count': 20}}, [Reach('<=', 2.2, 'raw')]),
    Case('start-async', 'the longest time a start without waiting keeps the loop; 1 GiB touched',
         'start-async', False, ['raw', 'cproc', 'libuv', 'qprocess', 'node'],
         {'count': 100, 'touch': 1024}, {'count': 40}, {'libuv': {'count': 20},
                                                        'node': {'count': 20}},
         [Reach('<=', 0.3, 'raw')]),
    Case('spawn', 'start and exit signal of /bin/true, one after another', 'spawn', True,
         ['raw', *NONE, 'cproc-piped', *OTHERS, 'asyncio', 'pygobject'], {'count': 500},
         {'count': 300}, {},
         [Reach('>=', 0.75, 'raw')]),
    Case('spawn-1g', 'the same from a parent that has touched 1 GiB', 'spawn', True,
         ['raw', *NONE, *OTHERS], {'count': 100, 'touch': 1024}, {'count': 50},
         {'gsubprocess': {'count': 20}, 'libuv': {'count': 20}, 'node': {'count': 20}},
         [Reach('>=', 0.75, 'raw')]),
    Case('flight-64', '64 children in flight', 'flight', True,
         ['raw', *NONE, *OTHERS, 'asyncio', 'pygobject'], {'flight': 64, 'count': 1000},
         {'count': 500}, {}, [Reach('>=', 1, 'gsubprocess'), Reach('>=', 1, 'libuv')]),
    Case('flight-500', '500 children in flight', 'flight', True,
         ['raw', *NONE, *OTHERS, 'asyncio', 'pygobject'], {'flight': 500, 'count': 1500},
         {'count': 1000}, {}, [Reach('>=', 1, 'gsubprocess'), Reach('>=', 1, 'libuv')]),
    Case('live-10', 'start and exit signal beside 10 live children', 'live', False,
         ['raw', *NONE, *OTHERS], {'live': 10, 'count': 200}, {'count': 100}, {},
         [Reach('<=', 1, 'gsubprocess'), Reach('<=', 1, 'libuv')]),
    Case('live-1000', 'start and exit signal beside 1,000 live children', 'live', False,
         ['raw', *NONE, *OTHERS], {'live': 1000, 'count': 200}, {'count': 100}, {},
         [Reach('<=', 1, 'gsubprocess'), Reach('<=', 1, 'libuv'),
          Reach('<=', 1.25, 'cproc', case='live-10')]),
    Case('live-5000', 'start and exit signal beside 5,000 live children', 'live', False,
         ['raw', *NONE, *GSUB, 'libuv', 'bun'], {'live': 5000, 'count': 200}, {'count': 100}, {},
         [Reach('<=', 1, 'gsubprocess'), Reach('<=', 1, 'libuv'),
          Reach('<=', 1.25, 'cproc', case='live-10')], only_full=True),
    Case('exit', 'from the end of a process to its signal', 'exit', False,
         ['raw', 'cproc', 'cproc-none', *GSUB, 'libuv', 'qprocess', 'node', 'bun', 'python',
          'asyncio', 'pygobject'], {'count': 200}, {'count': 100}, {}, [Reach('<=', 1.1, 'raw')]),
    Case('pipeline', 'five stages, 1 GiB through all; raw: a shell', 'pipeline', True,
         ['raw', 'cproc'], {'size': 1024}, {'size': 256}, {}, [Reach('>=', 0.97, 'raw')]),
    Case('memory-child', 'memory in the parent for each idle child', 'memory-child', False,
         ['cproc', *OTHERS, 'pygobject'], {'count': 500}, {}, {}, [Reach('<=', 4)]),
    Case('memory-piped', 'the same with three pipes', 'memory-piped', False,
         ['cproc', 'gsubprocess', 'libuv', 'qprocess', 'node', 'bun', 'python'], {'count': 500}),
    Case('memory-worker', 'memory in the parent for each idle worker', 'memory-worker', False,
         ['cproc', 'gsubprocess', 'node', 'bun', 'multiprocessing'], {'count': 300}, {}, {},
         [Reach('<=', 12)]),
]

EXEC = ['raw', 'cproc', *OTHERS, 'pygobject']

# libuv, and with it Node, gives its children sockets; a pipe costs about twice as much.
WAYS = ['raw', 'raw-socket', 'cproc', 'cproc-socket']
OUTPUT = [reach for peer in ('cproc', 'cproc-socket') for reach in (
    Reach('>=', 0.95, 'libuv', peer), Reach('<=', 1 / 0.95, 'libuv', peer, 'cpu_per_gb'))]
SCRIPTS = {'russian': 1, 'chinese': 2}
INPUT = [Reach('>=', 1, 'libuv', peer) for peer in ('cproc', 'cproc-socket')]

STREAMS = [
    Case('exec-20b', 'exec, 20 bytes', 'exec', True, EXEC, {'size': 20, 'count': 400},
         {'count': 200}, {}, [Reach('>=', 0.85, 'raw')]),
    Case('exec-1m', 'exec, 1 MiB', 'exec', True, EXEC, {'size': 1 << 20, 'count': 300},
         {'count': 150}, {}, [Reach('>=', 0.9, 'raw'), Reach('<=', 1.2, metric='memory')]),
    Case('exec-64m', 'exec, 64 MiB', 'exec', True, EXEC, {'size': 64 << 20, 'count': 6},
         {'count': 4}, {}, [Reach('>=', 1.1, 'raw'), Reach('<=', 1.2, metric='memory')]),
    *(Case(f'output-{name}', f'all that a child writes, {name} at a time', 'output', True,
           [*WAYS, *LOOPS, 'python', 'asyncio', 'pygobject'],
           {'mib': 4096, 'chunk': chunk}, {'mib': 1024},
           {'asyncio': {'mib': 256}, 'pygobject': {'mib': 512}}, OUTPUT)
      for name, chunk in (('64k', 65536), ('1m', 1 << 20))),
    Case('line', 'lines of 40 bytes, a call for each', 'line', True,
         ['raw', 'cproc', *LOOPS, 'python', 'asyncio', 'pygobject'], {'count': 10000000},
         {'count': 2000000}, {'gsubprocess': {'count': 300000}, 'asyncio': {'count': 300000},
                              'pygobject': {'count': 100000}},
         [Reach('>=', 8 / 9, 'bun'), Reach('>=', 8 / 7.4, 'node')]),
    Case('lines', 'lines of 40 bytes, a call for many', 'lines', True,
         ['raw', 'cproc', *LOOPS, 'python'], {'count': 10000000}, {'count': 3000000}, {},
         [Reach('>=', 20 / 11.4, 'node'), Reach('>=', 1, 'bun'), Reach('>=', 1, 'python'),
          Reach('>=', 1, 'qprocess')]),
    *(Case(f'line-{script}', f'the same in {script.title()}', 'line', True,
           ['raw', 'cproc', 'libuv', 'qprocess', 'node', 'bun', 'python'],
           {'count': 10000000, 'script': number}, {'count': 2000000}, {},
           [Reach('>=', 1, 'bun'), Reach('>=', 1, 'node'), Reach('>=', 0.7, 'cproc', case='line')])
      for script, number in SCRIPTS.items()),
    *(Case(f'lines-{script}', f'the same in {script.title()}, a call for many', 'lines', True,
           ['raw', 'cproc', 'libuv', 'qprocess', 'node', 'bun', 'python'],
           {'count': 10000000, 'script': number}, {'count': 3000000}, {},
           [Reach('>=', 1, 'bun'), Reach('>=', 1, 'node'),
            Reach('>=', 0.7, 'cproc', case='lines')])
      for script, number in SCRIPTS.items()),
    Case('stdin', 'writing to a child', 'stdin', True,
         [*WAYS, *LOOPS, 'python', 'asyncio'], {'mib': 2048}, {'mib': 1024},
         {'asyncio': {'mib': 512}}, INPUT),
    Case('cat', 'through cat and back', 'cat', True,
         [*WAYS, *LOOPS, 'python', 'asyncio'], {'mib': 1024}, {'mib': 512},
         {'asyncio': {'mib': 256}}, INPUT),
    Case('fairness', 'worst delay of a timer and of messages beside a loud child', 'fairness',
         False, ['raw', 'cproc', *LOOPS, 'asyncio'], {'msec': 3000}, {'msec': 1000}, {},
         [Reach('<=', 10)]),
]

MESSAGING = [
    Case('roundtrip', 'a message there and back, one in flight', 'roundtrip', True, MESSAGES,
         {'count': 30000}, {'count': 10000}, {}, [Reach('>=', 0.93, 'raw')]),
    Case('oneway', 'messages from a worker', 'oneway', True, MESSAGES, {'count': 3000000},
         {'count': 1000000}, {'gsubprocess': {'count': 200000},
                              'multiprocessing': {'count': 200000}},
         [Reach('>=', 1500), Reach('>=', 600, peer='cproc-json'), Reach('>=', 1, 'bun')]),
    *(Case(f'oneway-{script}', f'the same with a sentence in {script.title()}', 'oneway', True,
           ['raw', 'cproc', 'cproc-json', 'node', 'bun'],
           {'count': 1000000, 'script': number}, {'count': 300000}, {},
           [Reach('>=', 1, 'bun'), Reach('>=', 1, 'node')])
      for script, number in SCRIPTS.items()),
    Case('send', 'messages to a worker', 'send', True,
         ['raw', 'cproc', 'cproc-json', 'gsubprocess', 'node', 'bun'], {'count': 500000},
         {'count': 200000}, {}, [Reach('>=', 1, 'bun'), Reach('>=', 1500 / 362, 'raw')]),
    Case('echo-1m', '1 MiB, an array of objects, there and back', 'echo', True, MESSAGES,
         {'size': 1 << 20, 'count': 200}, {'count': 100},
         {'gsubprocess': {'count': 10}, 'node': {'count': 30}, 'multiprocessing': {'count': 30}},
         [Reach('>=', 1000), Reach('>=', 1000 / 6000, 'raw'),
          Reach('>=', 1, 'bun', 'cproc-json')]),
    Case('echo-16m', '16 MiB, an array of objects, there and back', 'echo', True, MESSAGES,
         {'size': 16 << 20, 'count': 20}, {'count': 10},
         {'gsubprocess': {'count': 1}, 'node': {'count': 2}, 'bun': {'count': 4},
          'multiprocessing': {'count': 2}},
         [Reach('>=', 60), Reach('>=', 60 / 259, 'raw'), Reach('>=', 1, 'bun', 'cproc-json')]),
    Case('echo-string', '1 MiB, one string, there and back', 'echo', True, MESSAGES,
         {'size': 1 << 20, 'string': 1, 'count': 300}, {'count': 100},
         {'gsubprocess': {'count': 50}, 'node': {'count': 100}},
         [Reach('>=', 1000), Reach('>=', 1000 / 3500, 'raw'),
          Reach('>=', 1, 'bun', 'cproc-json')]),
    *(Case(f'echo-{script}', f'1 MiB, one string in {script.title()}, there and back', 'echo',
           True, MESSAGES, {'size': 1 << 20, 'string': 1, 'count': 300, 'script': number},
           {'count': 100}, {'gsubprocess': {'count': 50}, 'node': {'count': 100}},
           [Reach('>=', 1, 'bun'), Reach('>=', 1, 'node'),
            Reach('>=', 0.7, 'cproc', case='echo-string')])
      for script, number in SCRIPTS.items()),
]

GROUPS = {'processes': PROCESSES, 'streams': STREAMS, 'messages': MESSAGING}
CASES = [case for group in GROUPS.values() for case in group]
