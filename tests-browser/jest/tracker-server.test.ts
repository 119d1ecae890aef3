// The tracker's binary from outside: real WebSockets, real frames, real exits. The logic has its own tests (tracker_hub_test.cpp).
// Owns one tracker for all; refuses to know its insides. Needs build/tracker/tracker, or BAZAAR_TRACKER.
import { decode, encode } from '@msgpack/msgpack';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import WebSocket from 'ws';

const binary = process.env.BAZAAR_TRACKER ?? 'build/tracker/tracker';
const swarm = new Uint8Array(16).fill(7);
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
  constructor(readonly socket = new WebSocket(url, 'hls-bazaar.v1')) {
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
  async join(): Promise<number> {
    await this.open();
    this.socket.send(encode([1, 1, swarm, 12]));
    await this.until(() => this.frames.length > 0);
    return this.frames[0]![1] as number;
  }
}

test('two viewers are introduced, and a signal is relayed under the sender’s id', async () => {
  const a = new Client();
  const b = new Client();
  const idA = await a.join();
  const idB = await b.join();
  expect(b.frames[0]).toEqual([17, idB, 2, [idA]]);
  b.socket.send(encode([2, idA, 0, new Uint8Array([1, 2, 3])]));
  await a.until(() => a.frames.some(([type]) => type === 19));
  expect(a.frames.find(([type]) => type === 19)).toEqual([19, idB, 0, Buffer.from([1, 2, 3])]);
  a.socket.close();
  b.socket.close();
});

test.each([
  ['garbage', Buffer.from('garbage'), 4000],
  ['a text frame', 'text', 4000],
  ['a frame over 16 KiB', Buffer.alloc(20_000), 4001],
  ['an unknown type', Buffer.from(encode([99])), 4002],
  ['a signal before JOIN', Buffer.from(encode([2, 5, 0, new Uint8Array(1)])), 4004],
])('%s is answered by an error, then closed with its code', async (_name, frame, code) => {
  const client = await new Client().open();
  client.socket.send(frame);
  await client.until(() => client.closeCode !== undefined);
  expect(client.frames).toHaveLength(1);
  expect(client.frames[0]!.slice(0, 2)).toEqual([21, code]);
  expect(client.closeCode).toBe(code);
});

test('a frame over 16 KiB that comes in fragments is refused as well', async () => {
  const client = await new Client().open();
  for (let i = 0; i < 5; ++i) client.socket.send(Buffer.alloc(4_000), { fin: i === 4, binary: true });
  await client.until(() => client.closeCode !== undefined);
  expect(client.closeCode).toBe(4001);
});

test('a frame in fragments is put together', async () => {
  const client = await new Client().open();
  const join = Buffer.from(encode([1, 1, swarm, 0]));
  client.socket.send(join.subarray(0, 5), { fin: false, binary: true });
  client.socket.send(join.subarray(5), { fin: true, binary: true });
  await client.until(() => client.frames.length > 0);
  expect(client.frames[0]![0]).toBe(17);
  client.socket.close();
});

test('without the subprotocol nobody gets in', async () => {
  const client = new Client(new WebSocket(url));
  await client.until(() => client.closeCode !== undefined);
  expect(client.frames).toEqual([]);
});

test('a viewer that does not read is closed, and the others go on', async () => {
  const reader = new Client();
  const idReader = await reader.join();
  const { hostname, port } = new URL(url);
  const slow = connect(Number(port), hostname);
  await once(slow, 'connect');
  slow.write(
    `GET / HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: hls-bazaar.v1\r\n\r\n',
  );
  await once(slow, 'data');
  // JOIN, masked with zeros, and then never a read: its WELCOME tells the reader who it is by the next PEERS.
  const join = Buffer.from(encode([1, 1, swarm, 0]));
  slow.write(Buffer.concat([Buffer.from([0x82, 0x80 | join.length, 0, 0, 0, 0]), join]));
  slow.pause();
  reader.socket.send(encode([3, 64]));
  let target: number | undefined;
  await reader.until(() => {
    for (const frame of reader.frames) {
      if (frame[0] === 18 && (frame[2] as number[]).length > 0) target = (frame[2] as number[])[0];
    }
    if (target === undefined && reader.frames.at(-1)?.[0] === 18) reader.socket.send(encode([3, 64]));
    return target !== undefined;
  });
  let ended = false;
  slow.on('close', () => (ended = true));
  slow.on('error', () => (ended = true));
  const blob = new Uint8Array(16_000);
  // As fast as the rate limit allows; the kernel's own buffers fill first.
  for (let i = 0; i < 2_000 && reader.closeCode === undefined && !reader.frames.some(([type]) => type === 20); ++i) {
    reader.socket.send(encode([2, target, 0, blob]));
    await new Promise((resolve) => setTimeout(resolve, 11));
    if (ended) break;
  }
  expect(reader.closeCode).toBeUndefined();
  const health = (await (await fetch(`${url.replace('ws:', 'http:')}/healthz`)).json()) as { relayed: number };
  expect(health.relayed).toBeGreaterThan(100);
  reader.socket.send(encode([2, idReader, 0, blob]));
  await reader.until(() => reader.frames.some(([type]) => type === 20));
  slow.destroy();
  reader.socket.close();
}, 60_000);

test('five hundred viewers that come at once are all welcomed', async () => {
  const clients = Array.from({ length: 500 }, () => new Client());
  const ids = await Promise.all(clients.map((client) => client.join()));
  expect(new Set(ids).size).toBe(500);
  for (const client of clients) client.socket.terminate();
}, 30_000);

test('/healthz counts, and every other path says what this is', async () => {
  const http = url.replace('ws:', 'http:');
  expect((await (await fetch(`${http}/healthz`)).json()) as object).toMatchObject({ status: 'ok' });
  const other = await fetch(`${http}/nothing`);
  expect(other.status).toBe(404);
  expect(await other.text()).toContain('tracker');
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
