# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the Python programs share; the same as bench-common.c."""

import json
import mmap
import os
import resource
import statistics
import struct
import sys
import time

READ_SIZE = 65536
WRITE_SIZE = 65536
SMALL = {'foo': 1, 'bar': 2}

# BENCH_PHRASES.
PHRASES = [
    'The quick brown fox jumps over the lazy dog. ',
    'Съешь ещё этих мягких французских булок, да выпей же чаю. ',
    '天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。寒来暑往，秋收冬藏。',
]

params = dict(argument.split('=', 1) for argument in sys.argv[2:])
child = params.get('child')
samples = []
extras = {}
memory = []
total = {'wall': 0.0, 'cpu': 0.0}
begun = {}

now = time.monotonic_ns


def param(name, fallback):
    return int(params.get(name, fallback))


def check(good, what):
    if not good:
        raise RuntimeError(what)


def cpu_now():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def begin():
    begun['cpu'] = cpu_now()
    begun['wall'] = now()


def end():
    took = now() - begun['wall']
    total['cpu'] += cpu_now() - begun['cpu']
    total['wall'] += took / 1e9
    samples.append(took)


def median():
    return statistics.median(samples)


def touch():
    size = param('touch', 0) << 20
    if size:
        block = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        block.madvise(mmap.MADV_NOHUGEPAGE)
        for at in range(0, size, 4096):
            block[at] = 1
        memory.append(block)


def status(name):
    with open('/proc/self/status', encoding='ascii') as file:
        for line in file:
            if line.startswith(name + ':'):
                return int(line.split()[1])
    raise RuntimeError(name)


def rss():
    return status('VmRSS')


def peak():
    return status('VmHWM')


def peak_reset():
    with open('/proc/self/clear_refs', 'w', encoding='ascii') as file:
        file.write('5')


def extra(name, value):
    extras[name] = value


def report(value, unit):
    print(json.dumps({'case': sys.argv[1], 'peer': params.get('peer'), 'value': value,
                      'unit': unit, **total, **extras}), flush=True)


def report_rate(count, unit='/s'):
    report(count / total['wall'], unit)


def report_bytes(length):
    extra('cpu_per_gb', total['cpu'] / (length / 1e9))
    report(length / 1e9 / total['wall'], 'GB/s')


STAMP = os.path.join(params.get('dir', '/tmp'), f'stamp-{os.getpid()}')


def sample_stamp():
    at = now()
    with open(STAMP, 'rb') as file:
        samples.append(at - struct.unpack('q', file.read())[0])
    os.unlink(STAMP)


def report_delays(worst_message, length):
    worst = max(samples)
    end()
    extra('timer_ms', worst / 1e6)
    extra('message_ms', worst_message / 1e6)
    extra('gb_per_s', length / 1e9 / total['wall'])
    report(max(worst, worst_message) / 1e6, 'ms')


def big_message():
    """The value whose text bench_message() makes."""
    size = param('size', 1 << 20)
    if param('string', 0):
        phrase = PHRASES[param('script', 0)]
        return phrase * ((size - 2) // len(phrase.encode()))
    items = []
    length = 1
    while length < size - 1:
        i = len(items)
        item = {'id': i, 'name': f'item {i}', 'size': i * 3 + 0.5, 'ok': True,
                'tags': ['red', 'green']}
        length += len(json.dumps(item, separators=(',', ':'))) + (1 if i else 0)
        items.append(item)
    return items


def main(cases):
    run = cases.get(sys.argv[1])
    if run is None:
        print(f'no case “{sys.argv[1]}”', file=sys.stderr)
        sys.exit(77)
    run()
