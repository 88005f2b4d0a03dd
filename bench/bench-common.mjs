/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the programs for Node and Bun share; the same as bench-common.c. */

import {readFileSync, unlinkSync} from 'node:fs';

export const READ_SIZE = 65536;
export const WRITE_SIZE = 65536;
export const WRITES_AHEAD = 16;
export const SMALL = {foo: 1, bar: 2};

/* BENCH_PHRASES. */
const PHRASES = [
    'The quick brown fox jumps over the lazy dog. ',
    'Съешь ещё этих мягких французских булок, да выпей же чаю. ',
    '天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。寒来暑往，秋收冬藏。',
];

const params = new Map(process.argv.slice(3).map(argument => {
    const at = argument.indexOf('=');

    return [argument.slice(0, at), argument.slice(at + 1)];
}));
const samples = [];
const extras = {};
let begun;
let begunCpu;
let wall = 0;
let cpu = 0;

export function param(name, fallback) {
    return params.has(name) ? Number(params.get(name)) : fallback;
}

export const child = params.get('child');

export function check(good, what) {
    if (!good)
        throw new Error(what);
}

let clock = () => Number(process.hrtime.bigint());

/* Bun's hrtime() counts from the start of the program: the children's stamps do not. */
export function setClock(func) {
    clock = func;
}

export function now() {
    return clock();
}

function cpuNow() {
    const usage = process.cpuUsage();

    return (usage.user + usage.system) / 1e6;
}

export function begin() {
    begunCpu = cpuNow();
    begun = now();
}

export function end() {
    const took = now() - begun;

    cpu += cpuNow() - begunCpu;
    wall += took / 1e9;
    samples.push(took);
}

export function sample(nanoseconds) {
    samples.push(nanoseconds);
}

export function median() {
    return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)];
}

export function seconds() {
    return wall;
}

export function cpuSeconds() {
    return cpu;
}

export function touch() {
    const size = param('touch', 0) * 2 ** 20;
    const block = 2 ** 28;

    globalThis.touched = [];
    for (let done = 0; done < size; done += block) {
        const memory = new Uint8Array(Math.min(block, size - done));

        for (let i = 0; i < memory.length; i += 4096)
            memory[i] = 1;
        globalThis.touched.push(memory);
    }
}

function status(name) {
    return Number(readFileSync('/proc/self/status', 'utf8').match(`${name}:\\s*(\\d+)`)[1]);
}

export const rss = () => status('VmRSS');
export const peak = () => status('VmHWM');
export const threads = () => status('Threads');

export function extra(name, value) {
    extras[name] = value;
}

export function report(value, unit) {
    console.log(JSON.stringify({
        case: process.argv[2],
        peer: params.get('peer'),
        value, unit, cpu, wall, ...extras,
    }));
    process.exit(0);
}

export const stampPath = `${params.get('dir') ?? '/tmp'}/stamp-${process.pid}`;

export function readStamp() {
    const stamp = readFileSync(stampPath).readBigInt64LE();

    unlinkSync(stampPath);
    return Number(stamp);
}

/* The text that bench_message() makes. */
export function bigMessage() {
    const size = param('size', 2 ** 20);
    const items = [];
    let length = 1;

    if (param('string', 0)) {
        const phrase = PHRASES[param('script', 0)];

        return phrase.repeat(Math.floor((size - 2) / Buffer.byteLength(phrase)));
    }
    for (let i = 0; length < size - 1; i++) {
        const item = {
            id: i, name: `item ${i}`, size: i * 3 + 0.5, ok: true, tags: ['red', 'green'],
        };

        length += JSON.stringify(item).length + (i > 0 ? 1 : 0);
        items.push(item);
    }
    return items;
}

/* The case `fairness`: a timer of 1 ms; calls func when the time is over. */
export function watchTimer(func) {
    const finish = now() + param('msec', 1000) * 1e6;
    let last = now();

    begin();
    const timer = setInterval(() => {
        const at = now();

        samples.push(at - last - 1e6);
        last = at;
        if (at >= finish) {
            clearInterval(timer);
            func();
        }
    }, 1);
}

export function reportDelays(worstMessage, bytes) {
    const worst = samples.reduce((a, b) => Math.max(a, b), 0);

    end();
    extra('timer_ms', worst / 1e6);
    extra('message_ms', worstMessage / 1e6);
    extra('gb_per_s', bytes / 1e9 / wall);
    report(Math.max(worst, worstMessage) / 1e6, 'ms');
}

export async function main(cases) {
    const run = cases[process.argv[2]];

    if (!run) {
        console.error(`no case “${process.argv[2]}”`);
        process.exit(77);
    }
    await run();
}
