/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Node's child_process. */

import {execFile, spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

import * as bench from './bench-common.mjs';

const INHERIT = {stdio: 'inherit'};

function ended(process) {
    return new Promise((resolve, reject) => {
        process.on('exit', resolve);
        process.on('error', reject);
    });
}

function closed(process) {
    return new Promise((resolve, reject) => {
        process.on('close', resolve);
        process.on('error', reject);
    });
}

async function runStart(options = INHERIT) {
    const count = bench.param('count', 100);

    bench.touch();
    for (let i = 0; i < count; i++) {
        bench.begin();
        const process = spawn('/bin/true', [], options);
        bench.end();
        await ended(process);
    }
    bench.report(bench.median() / 1e3, 'µs');
}

/* spawn: one after another; flight: `ahead` at a time. */
async function runMany(count, ahead) {
    let left = count;

    async function worker() {
        while (left-- > 0)
            await ended(spawn('/bin/true', [], INHERIT));
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

function startIdle(count, options = INHERIT) {
    return Array.from({length: count}, () => spawn(bench.child, ['idle'], options));
}

async function endIdle(idle) {
    const ends = idle.map(ended);

    idle.forEach(process => process.kill('SIGKILL'));
    await Promise.all(ends);
}

async function runLive() {
    const count = bench.param('count', 100);
    const idle = startIdle(bench.param('live', 10));

    await runMany(count, 1);
    await endIdle(idle);
    bench.report(bench.cpuSeconds() * 1e6 / count, 'µs CPU');
}

function execOnce(size) {
    return new Promise((resolve, reject) => {
        execFile(bench.child, ['write', `${size}`, '65536'],
            {encoding: 'buffer', maxBuffer: Infinity}, (error, stdout) => {
                if (error || stdout.length !== size)
                    reject(error ?? new Error('output is missing'));
                else
                    resolve();
            });
    });
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
            spawn(bench.child, ['stamp', bench.stampPath, '3'], INHERIT).on('exit', () => {
                bench.sample(bench.now() - bench.readStamp());
                resolve();
            });
        });
    }
    bench.report(bench.median() / 1e3, 'µs');
}

async function runMemory(args, options) {
    const count = bench.param('count', 500);
    const make = n => Array.from({length: n}, () => spawn(bench.child, args, options));
    const idle = make(20);

    await new Promise(resolve => setTimeout(resolve, 200));
    const base = bench.rss();
    idle.push(...make(count));
    await new Promise(resolve => setTimeout(resolve, 200));
    bench.extra('threads', bench.threads());
    const grown = bench.rss() - base;
    await endIdle(idle);
    bench.report(grown / count, 'KiB');
}

async function runOutput() {
    const total = bench.param('mib', 1024) * 2 ** 20;
    let length = 0;

    bench.begin();
    const process = spawn(bench.child, ['write', `${total}`, `${bench.param('chunk', 65536)}`],
        {stdio: ['ignore', 'pipe', 'inherit']});
    process.stdout.on('data', data => {
        length += data.length;
    });
    await closed(process);
    bench.end();
    bench.check(length === total, 'output is missing');
    bench.extra('cpu_per_gb', bench.cpuSeconds() / (length / 1e9));
    bench.report(length / 1e9 / bench.seconds(), 'GB/s');
}

async function runLines(read) {
    const count = bench.param('count', 1000000);

    bench.begin();
    const process = spawn(bench.child, ['lines', `${count}`, '40'],
        {stdio: ['ignore', 'pipe', 'inherit']});
    const n = await read(process);
    bench.end();
    bench.check(n === count, 'lines are missing');
    bench.report(count / 1e6 / bench.seconds(), 'M/s');
}

async function readEach(process) {
    const reader = createInterface({input: process.stdout});
    let n = 0;

    reader.on('line', line => {
        bench.check(line[0] === 'a', 'another line');
        n++;
    });
    await new Promise(resolve => reader.on('close', resolve));
    return n;
}

async function readBatches(process) {
    let unfinished = '';
    let n = 0;

    process.stdout.setEncoding('utf8');
    process.stdout.on('data', text => {
        const lines = (unfinished + text).split('\n');

        unfinished = lines.pop();
        n += lines.length;
    });
    await closed(process);
    return n;
}

function writeAll(process, total) {
    const block = Buffer.alloc(bench.WRITE_SIZE);
    let left = total;

    function more() {
        while (left > 0) {
            left -= block.length;
            if (!process.stdin.write(block)) {
                process.stdin.once('drain', more);
                return;
            }
        }
        process.stdin.end();
    }

    more();
}

async function runWrite(process, total) {
    let length = 0;

    process.stdout?.on('data', data => {
        length += data.length;
    });
    writeAll(process, total);
    await closed(process);
    bench.end();
    bench.check(!process.stdout || length === total, 'output is missing');
    bench.extra('cpu_per_gb', bench.cpuSeconds() / (total / 1e9));
    bench.report(total / 1e9 / bench.seconds(), 'GB/s');
}

async function runStdin() {
    bench.begin();
    await runWrite(spawn(bench.child, ['sink'], {stdio: ['pipe', 'inherit', 'inherit']}),
        bench.param('mib', 1024) * 2 ** 20);
}

async function runCat() {
    bench.begin();
    await runWrite(spawn('/bin/cat', [], {stdio: ['pipe', 'pipe', 'inherit']}),
        bench.param('mib', 512) * 2 ** 20);
}

function startWorker(...args) {
    return spawn(bench.child, args, {stdio: ['inherit', 'inherit', 'inherit', 'ipc']});
}

async function echo(message, count, before) {
    const process = startWorker('echo', '-1');
    let left = before;
    let resolve;

    async function run(n) {
        left = n;
        process.send(message);
        await new Promise(done => {
            resolve = done;
        });
    }

    process.on('message', answer => {
        bench.check(typeof answer === typeof message, 'another answer');
        if (--left > 0)
            process.send(message);
        else
            resolve();
    });
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
    const process = startWorker('messages', '-1', `${count}`);
    await new Promise(resolve => {
        process.on('message', message => {
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
    const process = startWorker('count', '-1', `${count}`);
    let left = count;

    function more() {
        while (left > 0) {
            left--;
            if (!process.send(bench.SMALL, more))
                return;
        }
    }

    bench.begin();
    const answer = new Promise(resolve => process.on('message', resolve));
    more();
    await answer;
    bench.end();
    bench.report(count / 1e3 / bench.seconds(), 'k/s');
}

function runFairness() {
    const options = {stdio: ['ignore', 'pipe', 'inherit']};
    const flood = spawn(bench.child, ['write', '0', '1048576'], options);
    const ticks = startWorker('ticks', '-1', '1000');
    let length = 0;
    let worst = 0;

    flood.stdout.on('data', data => {
        length += data.length;
    });
    ticks.on('message', message => {
        worst = Math.max(worst, bench.now() - message.t);
    });
    bench.watchTimer(() => {
        flood.kill('SIGKILL');
        ticks.kill('SIGKILL');
        bench.reportDelays(worst, length);
    });
}

await bench.main({
    'start': () => runStart(),
    'start-set': () => runStart({...INHERIT, cwd: '/', detached: true}),
    'start-async': () => runStart(),
    'spawn': runSpawn,
    'flight': runFlight,
    'live': runLive,
    'exec': runExec,
    'exit': runExit,
    'memory-child': () => runMemory(['idle'], INHERIT),
    'memory-piped': () => runMemory(['idle'], {stdio: 'pipe'}),
    'memory-worker': () => runMemory(['idle'], {stdio: ['inherit', 'inherit', 'inherit', 'ipc']}),
    'output': runOutput,
    'line': () => runLines(readEach),
    'lines': () => runLines(readBatches),
    'stdin': runStdin,
    'cat': runCat,
    'fairness': runFairness,
    'roundtrip': () => echo(bench.SMALL, bench.param('count', 10000), 10),
    'oneway': runOneway,
    'send': runSend,
    'echo': () => echo(bench.bigMessage(), bench.param('count', 10), 1),
});
