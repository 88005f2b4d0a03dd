# SPDX-License-Identifier: LGPL-2.1-or-later

"""Gio.Subprocess from Python."""

from gi.repository import Gio, GLib

import bench_common as bench

NONE = Gio.SubprocessFlags.STDIN_INHERIT
READ = Gio.SubprocessFlags.STDOUT_PIPE
TRUE = ['/bin/true']

loop = GLib.MainLoop()


def run_start():
    bench.touch()
    for _ in range(bench.param('count', 100)):
        bench.begin()
        process = Gio.Subprocess.new(TRUE, NONE)
        bench.end()
        process.wait()
    bench.report(bench.median() / 1e3, 'µs')


def run_many(count, ahead):
    left_to_start = count
    left_to_end = count

    def start_next():
        nonlocal left_to_start
        left_to_start -= 1
        Gio.Subprocess.new(TRUE, NONE).wait_async(None, on_ended)

    def on_ended(process, result):
        nonlocal left_to_end
        process.wait_finish(result)
        if left_to_start:
            start_next()
        left_to_end -= 1
        if not left_to_end:
            loop.quit()

    bench.begin()
    for _ in range(min(ahead, count)):
        start_next()
    loop.run()
    bench.end()


def run_spawn():
    count = bench.param('count', 200)
    bench.touch()
    run_many(count, 1)
    bench.report_rate(count)


def run_flight():
    count = bench.param('count', 500)
    run_many(count, bench.param('flight', 64))
    bench.report_rate(count)


def exec_once(size):
    def on_done(process, result):
        _, output, _ = process.communicate_finish(result)
        bench.check(output.get_size() == size, 'output is missing')
        loop.quit()

    process = Gio.Subprocess.new([bench.child, 'write', str(size), '65536'],
                                 READ | Gio.SubprocessFlags.STDERR_PIPE)
    process.communicate_async(None, None, on_done)
    loop.run()


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
    def on_ended(_process, _result):
        bench.sample_stamp()
        loop.quit()

    for _ in range(bench.param('count', 100)):
        process = Gio.Subprocess.new([bench.child, 'stamp', bench.STAMP, '3'], NONE)
        process.wait_async(None, on_ended)
        loop.run()
    bench.report(bench.median() / 1e3, 'µs')


def run_output():
    total = bench.param('mib', 512) << 20
    length = 0

    def on_bytes(stream, result):
        nonlocal length
        data = stream.read_bytes_finish(result)
        length += data.get_size()
        if data.get_size():
            stream.read_bytes_async(bench.READ_SIZE, GLib.PRIORITY_DEFAULT, None, on_bytes)
        else:
            loop.quit()

    bench.begin()
    process = Gio.Subprocess.new([bench.child, 'write', str(total),
                                  bench.params.get('chunk', '65536')], READ)
    process.get_stdout_pipe().read_bytes_async(bench.READ_SIZE, GLib.PRIORITY_DEFAULT, None,
                                               on_bytes)
    loop.run()
    process.wait()
    bench.end()
    bench.check(length == total, 'output is missing')
    bench.report_bytes(length)


def run_line():
    count = bench.param('count', 100000)
    n = 0

    def on_line(stream, result):
        nonlocal n
        line, _ = stream.read_line_finish_utf8(result)
        if line is None:
            loop.quit()
            return
        bench.check(line[0] == 'a', 'another line')
        n += 1
        stream.read_line_async(GLib.PRIORITY_DEFAULT, None, on_line)

    bench.begin()
    process = Gio.Subprocess.new([bench.child, 'lines', str(count), '40'], READ)
    stream = Gio.DataInputStream.new(process.get_stdout_pipe())
    stream.read_line_async(GLib.PRIORITY_DEFAULT, None, on_line)
    loop.run()
    process.wait()
    bench.end()
    bench.check(n == count, 'lines are missing')
    bench.report(count / 1e6 / bench.total['wall'], 'M/s')


def run_memory():
    count = bench.param('count', 500)
    idle = [Gio.Subprocess.new([bench.child, 'idle'], NONE) for _ in range(20)]
    base = bench.rss()
    idle += [Gio.Subprocess.new([bench.child, 'idle'], NONE) for _ in range(count)]
    bench.extra('threads', bench.status('Threads'))
    bench.report((bench.rss() - base) / count, 'KiB')
    for process in idle:
        process.force_exit()
        process.wait()


bench.main({
    'start': run_start,
    'spawn': run_spawn,
    'flight': run_flight,
    'exec': run_exec,
    'exit': run_exit,
    'memory-child': run_memory,
    'output': run_output,
    'line': run_line,
})
