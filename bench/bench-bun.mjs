/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bun.spawn(). */

import {dlopen} from 'bun:ffi';

import * as bench from './bench-common.mjs';

const INHERIT = {stdio: ['inherit', 'inherit', 'inherit']};
const READ = {stdio: ['ignore', 'pipe', 'inherit']};

async function runStart(options = INHERIT) {
    const count = bench.param('count', 100);

    bench.touch();
    for (let i = 0; i < count; i++) {
        bench.begin();
        const process = Bun.spawn(['/bin/true'], options);
        bench.end();
        await process.exited;
    }
    bench.report(bench.median() / 1e3, 'µs');
}

async function runMany(count, ahead) {
    let left = count;

    async function worker() {
        while (left-- > 0)
            await Bun.spawn(['/bin/true'], INHERIT).exited;
    }

    bench.begin();
    await Promise.all(Array.from({length: Math.min(ahead, count)}, worker));
    bench.end();
}

async function runSpawn() {
    const count = bench.param('count', 200);

    bench.touch();
    await runMany(count, 1);
    bench.report(count / bench.seconds(), '/s');
}

async function runFlight() {
    const count = bench.param('count', 500);

    await runMany(count, bench.param('flight', 64));
    bench.report(count / bench.seconds(), '/s');
}

async function endIdle(idle) {
    idle.forEach(process => process.kill('SIGKILL'));
    await Promise.all(idle.map(process => process.exited));
}

async function runLive() {
    const count = bench.param('count', 100);
    const idle = Array.from({length: bench.param('live', 10)},
        () => Bun.spawn([bench.child, 'idle'], INHERIT));

    await runMany(count, 1);
    await endIdle(idle);
    bench.report(bench.cpuSeconds() * 1e6 / count, 'µs CPU');
}

async function execOnce(size) {
    const process = Bun.spawn([bench.child, 'write', `${size}`, '65536'],
        {stdio: ['ignore', 'pipe', 'pipe']});
    const [output] = await Promise.all([
        new Response(process.stdout).arrayBuffer(),
        new Response(process.stderr).arrayBuffer(),
        process.exited,
    ]);

    bench.check(output.byteLength === size, 'output is missing');
}

async function runExec() {
    const count = bench.param('count', 100);
    const size = bench.param('size', 20);

    await execOnce(size);
    const base = bench.rss();
    bench.begin();
    for (let i = 0; i < count; i++)
        await execOnce(size);
    bench.end();
    bench.extra('memory', (bench.peak() - base) * 1024 / size);
    bench.report(count / bench.seconds(), '/s');
}

async function runExit() {
    const count = bench.param('count', 100);

    for (let i = 0; i < count; i++) {
        await new Promise(resolve => {
            Bun.spawn([bench.child, 'stamp', bench.stampPath, '3'], {
                ...INHERIT,
                onExit() {
                    bench.sample(bench.now() - bench.readStamp());
                    resolve();
                },
            });
        });
    }
    bench.report(bench.median() / 1e3, 'µs');
}

async function runMemory(options) {
    const count = bench.param('count', 500);
    const make = n => Array.from({length: n}, () => Bun.spawn([bench.child, 'idle'], options));
    const idle = make(20);

    await Bun.sleep(200);
    const base = bench.rss();
    idle.push(...make(count));
    await Bun.sleep(200);
    bench.extra('threads', bench.threads());
    const grown = bench.rss() - base;
    await endIdle(idle);
    bench.report(grown / count, 'KiB');
}

async function runOutput() {
    const total = bench.param('mib', 1024) * 2 ** 20;
    let length = 0;

    bench.begin();
    const process = Bun.spawn([bench.child, 'write', `${total}`,
        `${bench.param('chunk', 65536)}`], READ);
    for await (const data of process.stdout)
        length += data.length;
    await process.exited;
    bench.end();
    bench.check(length === total, 'output is missing');
    bench.extra('cpu_per_gb', bench.cpuSeconds() / (length / 1e9));
    bench.report(length / 1e9 / bench.seconds(), 'GB/s');
}

/* Bun has no reader of lines of its own: text is cut as it comes. */
async function runLines(take) {
    const count = bench.param('count', 1000000);
    const decoder = new TextDecoder();
    let unfinished = '';

    bench.begin();
    const process = Bun.spawn([bench.child, 'lines', `${count}`, '40'], READ);
    let n = 0;
    for await (const data of process.stdout) {
        const lines = (unfinished + decoder.decode(data, {stream: true})).split('\n');

        unfinished = lines.pop();
        n += take(lines);
    }
    await process.exited;
    bench.end();
    bench.check(n === count, 'lines are missing');
    bench.report(count / 1e6 / bench.seconds(), 'M/s');
}

let nLines = 0;

function onLine(line) {
    bench.check(line[0] === 'a', 'another line');
    nLines++;
}

function takeEach(lines) {
    const before = nLines;

    lines.forEach(onLine);
    return nLines - before;
}

async function writeAll(process, total) {
    const block = new Uint8Array(bench.WRITE_SIZE);
    let ahead = 0;

    for (let left = total; left > 0; left -= block.length) {
        process.stdin.write(block);
        if (++ahead === bench.WRITES_AHEAD) {
            await process.stdin.flush();
            ahead = 0;
        }
    }
    await process.stdin.end();
}

async function readAll(process) {
    let length = 0;

    for await (const data of process.stdout)
        length += data.length;
    return length;
}

async function runStdin() {
    const total = bench.param('mib', 1024) * 2 ** 20;

    bench.begin();
    const process = Bun.spawn([bench.child, 'sink'], {stdio: ['pipe', 'inherit', 'inherit']});
    await writeAll(process, total);
    await process.exited;
    bench.end();
    bench.extra('cpu_per_gb', bench.cpuSeconds() / (total / 1e9));
    bench.report(total / 1e9 / bench.seconds(), 'GB/s');
}

async function runCat() {
    const total = bench.param('mib', 512) * 2 ** 20;

    bench.begin();
    const process = Bun.spawn(['/bin/cat'], {stdio: ['pipe', 'pipe', 'inherit']});
    const [length] = await Promise.all([readAll(process), writeAll(process, total)]);
    await process.exited;
    bench.end();
    bench.check(length === total, 'output is missing');
    bench.report(total / 1e9 / bench.seconds(), 'GB/s');
}

function startWorker(args, ipc) {
    return Bun.spawn([bench.child, ...args], {...INHERIT, ipc, serialization: 'json'});
}

async function echo(message, count, before) {
    let left = before;
    let resolve;
    const process = startWorker(['echo', '-1'], answer => {
        bench.check(typeof answer === typeof message, 'another answer');
        if (--left > 0)
            process.send(message);
        else
            resolve();
    });

    async function run(n) {
        left = n;
        process.send(message);
        await new Promise(done => {
            resolve = done;
        });
    }

    await run(before);
    bench.begin();
    await run(count);
    bench.end();
    bench.report(count / bench.seconds(), '/s');
}

async function runOneway() {
    const count = bench.param('count', 100000);
    let left = count;

    bench.begin();
    await new Promise(resolve => {
        startWorker(['messages', '-1', `${count}`], message => {
            bench.check(message.foo === 1, 'another message');
            if (--left === 0)
                resolve();
        });
    });
    bench.end();
    bench.report(count / 1e3 / bench.seconds(), 'k/s');
}

async function runSend() {
    const count = bench.param('count', 100000);

    bench.begin();
    await new Promise(resolve => {
        const process = startWorker(['count', '-1', `${count}`], resolve);

        for (let i = 0; i < count; i++)
            process.send(bench.SMALL);
    });
    bench.end();
    bench.report(count / 1e3 / bench.seconds(), 'k/s');
}

async function runFairness() {
    const flood = Bun.spawn([bench.child, 'write', '0', '1048576'], READ);
    let length = 0;
    let worst = 0;
    const ticks = startWorker(['ticks', '-1', '1000'], message => {
        worst = Math.max(worst, bench.now() - message.t);
    });

    bench.watchTimer(() => {
        flood.kill('SIGKILL');
        ticks.kill('SIGKILL');
        bench.reportDelays(worst, length);
    });
    for await (const data of flood.stdout)
        length += data.length;
}

const {symbols} = dlopen('libc.so.6', {clock_gettime: {args: ['i32', 'ptr'], returns: 'i32'}});
const time = new BigInt64Array(2);

bench.setClock(() => {
    symbols.clock_gettime(1, time);
    return Number(time[0]) * 1e9 + Number(time[1]);
});

await bench.main({
    'start': () => runStart(),
    'start-set': () => runStart({...INHERIT, cwd: '/', detached: true}),
    'spawn': runSpawn,
    'flight': runFlight,
    'live': runLive,
    'exec': runExec,
    'exit': runExit,
    'memory-child': () => runMemory(INHERIT),
    'memory-piped': () => runMemory({stdio: ['pipe', 'pipe', 'pipe']}),
    'memory-worker': () => runMemory({...INHERIT, ipc() {}, serialization: 'json'}),
    'output': runOutput,
    'line': () => runLines(takeEach),
    'lines': () => runLines(lines => lines.length),
    'stdin': runStdin,
    'cat': runCat,
    'fairness': runFairness,
    'roundtrip': () => echo(bench.SMALL, bench.param('count', 10000), 10),
    'oneway': runOneway,
    'send': runSend,
    'echo': () => echo(bench.bigMessage(), bench.param('count', 10), 1),
});
