// The tracker's socket: what it reports, when it comes back after a fall, and which token it brings.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Settings } from '../../js-glue/options.js';
import { TrackerSocket, welcomedAs } from '../../js-glue/tracker-socket.js';
import { fakeBrowser, FakeSocket, settle } from './support/browser.js';
import { welcome } from './support/messages.js';

type Given = Partial<Pick<Settings, 'token' | 'joinWindowMs'>>;

let restore: () => void;
let log: string[];
let socket: TrackerSocket;
let roll: number;

function make(given: Given = {}): TrackerSocket {
  const report = {
    opened: (token: Uint8Array) => log.push(`opened ${new TextDecoder().decode(token)}`.trim()),
    message: (frame: Uint8Array) => log.push(`message ${frame[1]}`),
    closed: (code: number, isFinal: boolean) => log.push(`closed ${code}${isFinal ? ' for good' : ''}`),
    noToken: (cause: unknown) => log.push(`no token: ${(cause as Error).message}`),
  };
  return (socket = new TrackerSocket({ tracker: 'wss://t.example', joinWindowMs: 0, ...given }, report, () => roll));
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
  restore = fakeBrowser();
  log = [];
  roll = 0.999; // nearly the whole ceiling
  make();
});
afterEach(() => {
  socket.close();
  restore();
  jest.useRealTimers();
});

const last = (): FakeSocket => FakeSocket.all.at(-1)!;

/** Milliseconds until the next socket is made. */
function waitForNext(): number {
  const before = FakeSocket.all.length;
  let ms = 0;
  for (; FakeSocket.all.length === before && ms < 60_000; ms += 10) jest.advanceTimersByTime(10);
  return ms;
}
const seconds = (): number => Math.round(waitForNext() / 1000);

test('it speaks the subprotocol, in binary, and reports frames as they come', () => {
  socket.open();
  socket.open(); // twice is once
  expect(FakeSocket.all).toHaveLength(1);
  expect([last().url, last().protocol, last().binaryType]).toEqual(['wss://t.example', 'hls-bazaar.v2', 'arraybuffer']);
  last().opens();
  last().says(welcome(77, [5]));
  last().onmessage!({ data: 'text is ignored' });
  expect(log).toEqual(['opened', 'message 17']);
  expect([socket.state, socket.id]).toEqual(['joined', 77]);
});

test('falls are answered later and later, to a ceiling of 15 s', () => {
  socket.open();
  const waits: number[] = [];
  for (let i = 0; i < 7; ++i) {
    last().falls();
    waits.push(seconds());
  }
  expect(waits).toEqual([1, 2, 4, 8, 15, 15, 15]);
});

test('the luckiest waits 0.2 s', () => {
  roll = 0;
  socket.open();
  for (let i = 0; i < 3; ++i) {
    last().falls();
    expect(waitForNext()).toBe(200);
  }
});

test('a tracker that accepts, welcomes and hangs up at once is not asked every second', () => {
  socket.open();
  const waits: number[] = [];
  for (let i = 0; i < 4; ++i) {
    last().opens();
    last().says(welcome(1));
    last().falls();
    waits.push(seconds());
  }
  expect(waits).toEqual([1, 2, 4, 8]);
});

test('after a connection that was welcomed and stayed, the count starts anew', () => {
  socket.open();
  for (let i = 0; i < 4; ++i) {
    last().falls();
    waitForNext();
  }
  last().opens();
  last().says(welcome(1));
  jest.advanceTimersByTime(10_000);
  last().falls();
  expect(seconds()).toBe(1);
});

test('a connection that stayed without a welcome earns nothing', () => {
  socket.open();
  last().falls();
  waitForNext();
  last().opens();
  jest.advanceTimersByTime(10_000);
  last().falls();
  expect(seconds()).toBe(2);
});

test('a tracker that wants to be left alone is, once', () => {
  socket.open();
  socket.stayAway(5_000);
  last().falls(4006);
  expect(seconds()).toBe(6);
  last().falls();
  expect(seconds()).toBe(2);
});

test.each([4003, 4011])('after code %i the tracker is not asked again', (code) => {
  socket.open();
  last().falls(code);
  expect([log, socket.state]).toEqual([[`closed ${code} for good`], 'closed']);
  jest.advanceTimersByTime(120_000);
  expect(FakeSocket.all).toHaveLength(1);
});

test.each([4000, 4006, 4007, 4008, 4009, 4012, 1006])('after code %i it is', (code) => {
  socket.open();
  last().falls(code);
  expect(waitForNext()).toBeLessThan(1100);
});

test('a token is handed over with each connection', () => {
  make({ token: 'abc' }).open();
  last().opens();
  last().falls();
  waitForNext();
  last().opens();
  expect(log).toEqual(['opened abc', 'closed 1006', 'opened abc']);
});

test('a function is asked for a token before each connection, and may take its time', async () => {
  let count = 0;
  make({ token: () => Promise.resolve(`token ${++count}`) }).open();
  expect([FakeSocket.all.length, socket.state]).toEqual([0, 'connecting']);
  await settle();
  last().opens();
  last().falls();
  jest.advanceTimersByTime(1000);
  await settle();
  last().opens();
  expect(log).toEqual(['opened token 1', 'closed 1006', 'opened token 2']);
});

test.each([
  ['throws', () => {
    throw new Error('signed out');
  }, 'signed out'],
  ['rejects', () => Promise.reject(new Error('signed out')), 'signed out'],
  ['gives a number', () => 7 as never, 'hls-bazaar: not a token'],
  ['gives too much', () => 'x'.repeat(1025), 'hls-bazaar: not a token'],
])('a token function that %s is told and asked again, with no connection in between', async (_name, token, problem) => {
  make({ token }).open();
  await settle();
  expect(log).toEqual([`no token: ${problem}`, 'closed 0']);
  jest.advanceTimersByTime(1000);
  await settle();
  expect(log).toHaveLength(4);
  expect(FakeSocket.all).toEqual([]);
});

test('a token that comes after close() opens nothing', async () => {
  let give!: (token: string) => void;
  make({ token: () => new Promise((resolve) => (give = resolve)) }).open();
  await settle();
  socket.close();
  give('late');
  await settle();
  expect([FakeSocket.all.length, log, jest.getTimerCount()]).toEqual([0, [], 0]);
});

test('a refused token is renewed once; refused again, that is final', async () => {
  make({ token: () => 'stale' }).open();
  await settle();
  last().falls(4010);
  jest.advanceTimersByTime(1000);
  await settle();
  expect(FakeSocket.all).toHaveLength(2);
  last().falls(4010);
  expect([log, socket.state]).toEqual([['closed 4010', 'closed 4010 for good'], 'closed']);
});

test('a token that was welcomed meanwhile may be renewed once more', async () => {
  make({ token: () => 'short-lived' }).open();
  for (let i = 0; i < 3; ++i) {
    await settle();
    last().opens();
    last().says(welcome(1));
    last().falls(4010);
    jest.advanceTimersByTime(10_000);
  }
  await settle();
  expect(FakeSocket.all).toHaveLength(4);
});

test.each([[{ token: 'fixed' }], [{}]])('with %p a refused token is final at once', (given: Given) => {
  make(given).open();
  last().falls(4010);
  expect(log).toEqual(['closed 4010 for good']);
});

test('the first connection is spread over the window, later ones are not', () => {
  make({ joinWindowMs: 20_000 }).open();
  expect([FakeSocket.all.length, socket.state]).toEqual([0, 'connecting']);
  expect(seconds()).toBe(20);
  last().falls();
  expect(seconds()).toBe(1);
});

test('told to move, it stays until then, and connects anew at once', () => {
  socket.open();
  last().opens();
  last().says(welcome(1));
  const before = last();
  socket.reconnect(3_000);
  jest.advanceTimersByTime(2_999);
  expect([FakeSocket.all.length, before.readyState]).toEqual([1, 1]);
  jest.advanceTimersByTime(1);
  expect([FakeSocket.all.length, before.readyState, before.sent.length]).toEqual([2, 3, 0]); // no LEAVE: the place is kept
  last().opens();
  expect(log).toEqual(['opened', 'message 17', 'closed 1001', 'opened']);
});

test('told to move, but fallen before: one new connection, not two', () => {
  socket.open();
  last().opens();
  socket.reconnect(3_000);
  last().falls(1006);
  socket.reconnect(3_000); // without a connection there is nothing to leave
  jest.advanceTimersByTime(10_000);
  expect(FakeSocket.all).toHaveLength(2);
});

test('a CSP that makes the constructor throw counts as a fall', () => {
  Reflect.set(globalThis, 'WebSocket', function () {
    throw new DOMException('blocked', 'SecurityError');
  });
  expect(() => socket.open()).not.toThrow();
  expect([log, socket.state]).toEqual([['closed 0'], 'waiting']);
});

test('what is sent while closed is dropped, and after close() nothing happens', () => {
  socket.open();
  socket.send(new Uint8Array([1]));
  const { onclose } = last();
  last().opens();
  socket.send(new Uint8Array([2]));
  expect(last().sent).toEqual([new Uint8Array([2])]);
  socket.close();
  expect(last().sent).toHaveLength(1);
  expect(last().readyState).toBe(3);
  expect(last().onclose).toBeNull();
  expect(onclose).not.toBeNull();
  jest.advanceTimersByTime(120_000);
  expect(FakeSocket.all).toHaveLength(1);
  expect(jest.getTimerCount()).toBe(0);
});

test('who closes after a welcome says LEAVE, so that no place is kept', () => {
  socket.open();
  last().opens();
  last().says(welcome(1));
  socket.close();
  expect(last().sent).toEqual([new Uint8Array([0x91, 4])]);
});

test.each([1, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295])('WELCOME with id %i is understood', (id) => {
  expect(welcomedAs(welcome(id))).toBe(id);
});

test('other frames, and damaged ones, are no welcome', () => {
  expect(welcomedAs(new Uint8Array())).toBe(0);
  expect(welcomedAs(new Uint8Array([0x97, 17]))).toBe(0);
  expect(welcomedAs(new Uint8Array([0x97, 17, 0xce, 1, 2]))).toBe(0);
  expect(welcomedAs(new Uint8Array([0x97, 17, 0xc0]))).toBe(0);
  expect(welcomedAs(new Uint8Array([0x94, 17, 1, 0, 0]))).toBe(0);
  expect(welcomedAs(new Uint8Array([0x93, 18, 1, 0x90]))).toBe(0);
});
