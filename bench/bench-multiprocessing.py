# SPDX-License-Identifier: LGPL-2.1-or-later

"""The messages of Python's multiprocessing: its Connection over a socket pair, with its own
encoding. The other end is the same small C program that every peer talks to."""

import pickle
import socket
import struct
import subprocess
import threading
from multiprocessing.connection import Connection

import bench_common as bench


def start_worker(*args):
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([bench.child, args[0], str(theirs.fileno()), *args[1:]],
                               pass_fds=[theirs.fileno()])
    theirs.close()
    return process, Connection(ours.detach())


def echo_once(connection, message):
    # send() blocks until the other side has taken all; a message larger than what the kernel
    # holds needs a second thread.
    sender = threading.Thread(target=connection.send, args=(message,))
    sender.start()
    answer = connection.recv()
    sender.join()
    bench.check(len(answer) == len(message), 'another answer')


def run_roundtrip():
    count = bench.param('count', 10000)
    process, connection = start_worker('echo')
    bench.begin()
    for _ in range(count):
        connection.send(bench.SMALL)
        bench.check(connection.recv()['foo'] == 1, 'another answer')
    bench.end()
    connection.close()
    process.wait()
    bench.report_rate(count)


def run_echo():
    count = bench.param('count', 10)
    message = bench.big_message()
    process, connection = start_worker('echo')
    echo_once(connection, message)
    bench.begin()
    for _ in range(count):
        echo_once(connection, message)
    bench.end()
    connection.close()
    process.wait()
    bench.report_rate(count)


def run_oneway():
    count = bench.param('count', 100000)
    data = pickle.dumps(bench.SMALL)
    data = struct.pack('!i', len(data)) + data
    bench.begin()
    process, connection = start_worker('repeat', str(count), data.hex())
    for _ in range(count):
        bench.check(connection.recv()['foo'] == 1, 'another message')
    bench.end()
    connection.close()
    process.wait()
    bench.report(count / 1e3 / bench.total['wall'], 'k/s')


def run_memory():
    count = bench.param('count', 200)
    workers = [start_worker('idle') for _ in range(20)]
    base = bench.rss()
    workers += [start_worker('idle') for _ in range(count)]
    bench.extra('threads', bench.status('Threads'))
    bench.report((bench.rss() - base) / count, 'KiB')
    for process, _ in workers:
        process.kill()
        process.wait()


bench.main({
    'roundtrip': run_roundtrip,
    'echo': run_echo,
    'oneway': run_oneway,
    'memory-worker': run_memory,
})
