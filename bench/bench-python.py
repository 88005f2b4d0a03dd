# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python's subprocess."""

import signal
import subprocess
import threading

import bench_common as bench

TRUE = ['/bin/true']


def run_start(**options):
    bench.touch()
    for _ in range(bench.param('count', 100)):
        bench.begin()
        process = subprocess.Popen(TRUE, **options)
        bench.end()
        process.wait()
    bench.report(bench.median() / 1e3, 'µs')


def run_many(count):
    bench.begin()
    for _ in range(count):
        subprocess.Popen(TRUE).wait()
    bench.end()


def run_spawn():
    count = bench.param('count', 200)
    bench.touch()
    run_many(count)
    bench.report_rate(count)


def run_flight():
    count = bench.param('count', 500)
    processes = []
    bench.begin()
    for _ in range(count):
        if len(processes) == bench.param('flight', 64):
            processes.pop(0).wait()
        processes.append(subprocess.Popen(TRUE))
    for process in processes:
        process.wait()
    bench.end()
    bench.report_rate(count)


def start_idle(count, **options):
    return [subprocess.Popen([bench.child, 'idle'], **options) for _ in range(count)]


def end_idle(idle):
    for process in idle:
        process.kill()
    for process in idle:
        process.wait()


def run_live():
    count = bench.param('count', 100)
    idle = start_idle(bench.param('live', 10))
    run_many(count)
    end_idle(idle)
    bench.report(bench.total['cpu'] * 1e6 / count, 'µs CPU')


def exec_once(size):
    done = subprocess.run([bench.child, 'write', str(size), '65536'], stdin=subprocess.DEVNULL,
                          capture_output=True, check=True)
    bench.check(len(done.stdout) == size, 'output is missing')


def run_exec():
    count = bench.param('count', 100)
    size = bench.param('size', 20)
    exec_once(size)
    bench.peak_reset()
    base = bench.rss()
    bench.begin()
    for _ in range(count):
        exec_once(size)
    bench.end()
    bench.extra('memory', (bench.peak() - base) * 1024 / size)
    bench.report_rate(count)


def run_exit():
    for _ in range(bench.param('count', 100)):
        process = subprocess.Popen([bench.child, 'stamp', bench.STAMP, '3'])
        process.wait()
        bench.sample_stamp()
    bench.report(bench.median() / 1e3, 'µs')


def run_memory(**options):
    count = bench.param('count', 500)
    idle = start_idle(20, **options)
    base = bench.rss()
    idle += start_idle(count, **options)
    bench.extra('threads', bench.status('Threads'))
    bench.report((bench.rss() - base) / count, 'KiB')
    end_idle(idle)


def run_memory_piped():
    run_memory(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def read_all(process):
    length = 0
    while data := process.stdout.read1(bench.READ_SIZE):
        length += len(data)
    return length


def run_output():
    total = bench.param('mib', 1024) << 20
    bench.begin()
    chunk = bench.params.get('chunk', '65536')
    process = subprocess.Popen([bench.child, 'write', str(total), chunk], stdout=subprocess.PIPE)
    length = read_all(process)
    process.wait()
    bench.end()
    bench.check(length == total, 'output is missing')
    bench.report_bytes(length)


def run_line():
    count = bench.param('count', 1000000)
    n = 0

    def on_line(line):
        nonlocal n
        bench.check(line[0] == 'a', 'another line')
        n += 1

    bench.begin()
    process = subprocess.Popen([bench.child, 'lines', str(count), '40'], stdout=subprocess.PIPE,
                               encoding='utf-8')
    for line in process.stdout:
        on_line(line)
    process.wait()
    bench.end()
    bench.check(n == count, 'lines are missing')
    bench.report(count / 1e6 / bench.total['wall'], 'M/s')


def run_lines():
    count = bench.param('count', 1000000)
    n = 0
    unfinished = b''
    bench.begin()
    process = subprocess.Popen([bench.child, 'lines', str(count), '40'], stdout=subprocess.PIPE)
    while data := process.stdout.read1(bench.READ_SIZE):
        whole, _, unfinished = (unfinished + data).rpartition(b'\n')
        if whole:
            n += len(whole.decode('utf-8').split('\n'))
    process.wait()
    bench.end()
    bench.check(n == count, 'lines are missing')
    bench.report(count / 1e6 / bench.total['wall'], 'M/s')


def write_all(process, total):
    block = bytes(bench.WRITE_SIZE)
    for _ in range(0, total, bench.WRITE_SIZE):
        process.stdin.write(block)
    process.stdin.close()


def run_stdin():
    total = bench.param('mib', 1024) << 20
    bench.begin()
    process = subprocess.Popen([bench.child, 'sink'], stdin=subprocess.PIPE, bufsize=0)
    write_all(process, total)
    process.wait()
    bench.end()
    bench.report_bytes(total)


def run_cat():
    total = bench.param('mib', 512) << 20
    bench.begin()
    process = subprocess.Popen(['/bin/cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    writer = threading.Thread(target=write_all, args=(process, total))
    writer.start()
    length = read_all(process)
    writer.join()
    process.wait()
    bench.end()
    bench.check(length == total, 'output is missing')
    bench.report_bytes(length)


signal.signal(signal.SIGPIPE, signal.SIG_IGN)
bench.main({
    'start': run_start,
    'start-set': lambda: run_start(cwd='/', start_new_session=True),
    'spawn': run_spawn,
    'flight': run_flight,
    'live': run_live,
    'exec': run_exec,
    'exit': run_exit,
    'memory-child': run_memory,
    'memory-piped': run_memory_piped,
    'output': run_output,
    'line': run_line,
    'lines': run_lines,
    'stdin': run_stdin,
    'cat': run_cat,
})
