# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python's asyncio."""

import asyncio
import json

import bench_common as bench

PIPE = asyncio.subprocess.PIPE
DEVNULL = asyncio.subprocess.DEVNULL


def start(*argv, **options):
    return asyncio.create_subprocess_exec(*argv, **options)


async def run_many(count, ahead):
    left = count

    async def worker():
        nonlocal left
        while left > 0:
            left -= 1
            process = await start('/bin/true')
            await process.wait()

    bench.begin()
    await asyncio.gather(*(worker() for _ in range(min(ahead, count))))
    bench.end()


async def run_spawn():
    count = bench.param('count', 200)
    bench.touch()
    await run_many(count, 1)
    bench.report_rate(count)


async def run_flight():
    count = bench.param('count', 500)
    await run_many(count, bench.param('flight', 64))
    bench.report_rate(count)


async def run_exit():
    for _ in range(bench.param('count', 100)):
        process = await start(bench.child, 'stamp', bench.STAMP, '3')
        await process.wait()
        bench.sample_stamp()
    bench.report(bench.median() / 1e3, 'µs')


async def read_all(stream):
    length = 0
    while data := await stream.read(bench.READ_SIZE):
        length += len(data)
    return length


async def run_output():
    total = bench.param('mib', 256) << 20
    bench.begin()
    process = await start(bench.child, 'write', str(total), bench.params.get('chunk', '65536'),
                          stdin=DEVNULL, stdout=PIPE)
    length = await read_all(process.stdout)
    await process.wait()
    bench.end()
    bench.check(length == total, 'output is missing')
    bench.report_bytes(length)


async def run_line():
    count = bench.param('count', 100000)
    n = 0
    bench.begin()
    process = await start(bench.child, 'lines', str(count), '40', stdin=DEVNULL, stdout=PIPE)
    async for line in process.stdout:
        bench.check(line.decode('utf-8')[0] == 'a', 'another line')
        n += 1
    await process.wait()
    bench.end()
    bench.check(n == count, 'lines are missing')
    bench.report(count / 1e6 / bench.total['wall'], 'M/s')


async def write_all(stream, total):
    block = bytes(bench.WRITE_SIZE)
    for _ in range(0, total, bench.WRITE_SIZE):
        stream.write(block)
        await stream.drain()
    stream.close()


async def run_stdin():
    total = bench.param('mib', 256) << 20
    bench.begin()
    process = await start(bench.child, 'sink', stdin=PIPE)
    await write_all(process.stdin, total)
    await process.wait()
    bench.end()
    bench.report_bytes(total)


async def run_cat():
    total = bench.param('mib', 256) << 20
    bench.begin()
    process = await start('/bin/cat', stdin=PIPE, stdout=PIPE)
    _, length = await asyncio.gather(write_all(process.stdin, total), read_all(process.stdout))
    await process.wait()
    bench.end()
    bench.check(length == total, 'output is missing')
    bench.report_bytes(length)


async def watch_timer():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    finish = bench.now() + bench.param('msec', 1000) * 1000000
    last = bench.now()

    def on_timer():
        nonlocal last
        at = bench.now()
        bench.samples.append(at - last - 1000000)
        last = at
        if at >= finish:
            done.set_result(None)
        else:
            loop.call_later(0.001, on_timer)

    loop.call_later(0.001, on_timer)
    await done


async def run_fairness():
    options = {'stdin': DEVNULL, 'stdout': PIPE}
    flood = await start(bench.child, 'write', '0', '1048576', **options)
    ticks = await start(bench.child, 'ticks', '1', '1000', **options)
    length = 0
    worst = 0

    async def read_flood():
        nonlocal length
        while data := await flood.stdout.read(bench.READ_SIZE):
            length += len(data)

    async def read_ticks():
        nonlocal worst
        async for line in ticks.stdout:
            worst = max(worst, bench.now() - json.loads(line)['t'])

    readers = [asyncio.create_task(read_flood()), asyncio.create_task(read_ticks())]
    bench.begin()
    await watch_timer()
    bench.report_delays(worst, length)
    flood.kill()
    ticks.kill()
    await asyncio.gather(*readers, flood.wait(), ticks.wait())


bench.main({name: lambda run=run: asyncio.run(run()) for name, run in {
    'spawn': run_spawn,
    'flight': run_flight,
    'exit': run_exit,
    'output': run_output,
    'line': run_line,
    'stdin': run_stdin,
    'cat': run_cat,
    'fairness': run_fairness,
}.items()})
