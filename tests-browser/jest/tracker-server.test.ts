// The tracker's binary from outside: real WebSockets, real frames, real exits. The logic has its own tests (tests-native/tracker).
// Owns one tracker for all; refuses to know its insides. Needs build/tracker/tracker, or BAZAAR_TRACKER.
import { decode, encode } from '@msgpack/msgpack';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import WebSocket from 'ws';

const binary = process.env.BAZAAR_TRACKER ?? 'build/tracker/tracker';
const stream = new Uint8Array(16).fill(7);
const kNone = new Uint8Array();
const join = (want: number): Uint8Array => encode([1, 2, stream, want, kNone, kNone, [0, 0, 0, 12, 0]]);
/** A candidate, as a signal carries it. */
const candidates = (): Uint8Array => encode([['1', 1, 0, 2122, 'x.local', 50_000, 0, 0, kNone, 0]]);
let child: ChildProcess;
let url: string;

async function start(...args: string[]): Promise<{ child: ChildProcess; line: string }> {
  const started = spawn(binary, ['--log-level', 'off', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [line] = (await once(createInterface({ input: started.stdout! }), 'line')) as [string];
  return { child: started, line };
}

beforeAll(async () => {
  const started = await start('--port', '0');
  child = started.child;
  url = /ws:\S+/.exec(started.line)![0];
});
afterAll(() => {
  child.kill('SIGKILL');
});

/** A connection that remembers every frame and its end. */
class Client {
  readonly frames: unknown[][] = [];
  closeCode: number | undefined;
  #waiting: (() => void)[] = [];
  constructor(readonly socket = new WebSocket(url, 'hls-bazaar.v2')) {
    socket.on('message', (data: Buffer) => {
      this.frames.push(decode(data) as unknown[]);
      this.#wake();
    });
    socket.on('close', (code) => {
      this.closeCode = code;
      this.#wake();
    });
    socket.on('error', () => this.#wake());
  }
  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  async open(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open');
    return this;
  }
  of(type: number): unknown[][] {
    return this.frames.filter((frame) => frame[0] === type);
  }
  async join(): Promise<number> {
    await this.open();
    this.socket.send(join(12));
    await this.until(() => this.of(17).length > 0);
    return this.of(17)[0]![1] as number;
  }
}

test('two viewers are introduced, and a signal is relayed under the sender’s id', async () => {
  const a = new Client();
  const b = new Client();
  const idA = await a.join();
  const idB = await b.join();
  expect(b.frames[0]).toEqual([16, expect.any(Number)]);
  expect(b.of(17)[0]!.slice(0, 4)).toEqual([17, idB, 2, [idA]]);
  b.socket.send(encode([2, idA, 2, candidates()]));
  await a.until(() => a.of(19).length > 0);
  expect(a.of(19)[0]).toEqual([19, idB, 2, Buffer.from(candidates())]);
  a.socket.close();
  b.socket.close();
});

test.each([
  ['garbage', Buffer.from('garbage'), 4000],
  ['a text frame', 'text', 4000],
  ['an unknown type', Buffer.from(encode([99])), 4002],
  ['a signal before JOIN', Buffer.from(encode([2, 5, 2, candidates()])), 4004],
])('%s is answered by an error, then closed with its code', async (_name, frame, code) => {
  const client = await new Client().open();
  client.socket.send(frame);
  await client.until(() => client.closeCode !== undefined);
  expect(client.frames.map(([type]) => type)).toEqual([16, 21]);
  expect(client.frames[1]![1]).toBe(code);
  expect(client.closeCode).toBe(code);
});

test.each([['at once', [20_000]], ['in fragments', Array(5).fill(4_000)]])('a frame over 16 KiB that comes %s is refused with its code', async (_name, parts: number[]) => {
  const client = await new Client().open();
  parts.forEach((bytes, i) => client.socket.send(Buffer.alloc(bytes), { fin: i === parts.length - 1, binary: true }));
  await client.until(() => client.closeCode !== undefined);
  expect(client.closeCode).toBe(4001);
});

test('a frame in fragments is put together', async () => {
  const client = await new Client().open();
  const whole = Buffer.from(join(0));
  client.socket.send(whole.subarray(0, 5), { fin: false, binary: true });
  client.socket.send(whole.subarray(5), { fin: true, binary: true });
  await client.until(() => client.of(17).length > 0);
  client.socket.close();
});

test('with another subprotocol nobody gets in', async () => {
  const client = new Client(new WebSocket(url, 'hls-bazaar.v1'));
  await client.until(() => client.closeCode !== undefined);
  expect(client.frames).toEqual([]);
});

test('five hundred viewers that come at once are all welcomed', async () => {
  const clients = Array.from({ length: 500 }, () => new Client());
  const ids = await Promise.all(clients.map((client) => client.join()));
  expect(new Set(ids).size).toBe(500);
  for (const client of clients) client.socket.terminate();
}, 30_000);

test('/healthz answers, and no other path is there', async () => {
  const http = url.replace('ws:', 'http:');
  expect((await fetch(`${http}/healthz`)).status).toBe(200);
  expect((await fetch(`${http}/nothing`)).status).toBe(404);
});

test('a port in use, or an address of another machine: a sentence, and exit code 1', async () => {
  for (const args of [['--port', new URL(url).port], ['--port', '0', '--host', '203.0.113.7']]) {
    const second = spawn(binary, ['--log-level', 'off', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    second.stderr.on('data', (data) => (said += data));
    const [code] = (await once(second, 'exit')) as [number];
    expect(code).toBe(1);
    expect(said).toMatch(/cannot listen .* Choose another/);
  }
});

test('SIGTERM ends it with exit code 0', async () => {
  const { child: other } = await start('--port', '0');
  other.kill('SIGTERM');
  const [code] = (await once(other, 'exit')) as [number];
  expect(code).toBe(0);
});
