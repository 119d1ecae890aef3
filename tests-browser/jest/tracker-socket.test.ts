// The tracker's socket: what it reports, and when it comes back after a fall.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { TrackerSocket, welcomedAs } from '../../js-glue/tracker-socket.js';
import { fakeBrowser, FakeSocket } from './support/browser.js';
import { welcome } from './support/messages.js';

let restore: () => void;
let log: string[];
let socket: TrackerSocket;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
  restore = fakeBrowser();
  log = [];
  const report = {
    opened: () => log.push('opened'),
    message: (frame: Uint8Array) => log.push(`message ${frame[1]}`),
    closed: (code: number, isFinal: boolean) => log.push(`closed ${code}${isFinal ? ' for good' : ''}`),
  };
  socket = new TrackerSocket('wss://t.example', report, () => 0.999); // nearly the whole ceiling
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

test('it speaks the subprotocol, in binary, and reports frames as they come', () => {
  socket.open();
  socket.open(); // twice is once
  expect(FakeSocket.all).toHaveLength(1);
  expect([last().url, last().protocol, last().binaryType]).toEqual(['wss://t.example', 'hls-bazaar.v1', 'arraybuffer']);
  last().opens();
  last().says(welcome(77, [5]));
  last().onmessage!({ data: 'text is ignored' });
  expect(log).toEqual(['opened', 'message 17']);
  expect([socket.state, socket.id]).toEqual(['joined', 77]);
});

test('falls are answered later and later, to a ceiling of 30 s', () => {
  socket.open();
  const waits: number[] = [];
  for (let i = 0; i < 7; ++i) {
    last().falls();
    waits.push(Math.round(waitForNext() / 1000));
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
});

test('a tracker that accepts, welcomes and hangs up at once is not asked every second', () => {
  socket.open();
  const waits: number[] = [];
  for (let i = 0; i < 4; ++i) {
    last().opens();
    last().says(welcome(1));
    last().falls();
    waits.push(Math.round(waitForNext() / 1000));
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
  expect(Math.round(waitForNext() / 1000)).toBe(1);
});

test('a tracker of another version is not asked again', () => {
  socket.open();
  last().falls(4003);
  expect(log).toEqual(['closed 4003 for good']);
  jest.advanceTimersByTime(120_000);
  expect(FakeSocket.all).toHaveLength(1);
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
  expect(last().readyState).toBe(3);
  expect(last().onclose).toBeNull();
  expect(onclose).not.toBeNull();
  jest.advanceTimersByTime(120_000);
  expect(FakeSocket.all).toHaveLength(1);
  expect(jest.getTimerCount()).toBe(0);
});

test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295].slice(1))('WELCOME with id %i is understood', (id) => {
  expect(welcomedAs(welcome(id))).toBe(id);
});

test('other frames, and damaged ones, are no welcome', () => {
  expect(welcomedAs(new Uint8Array())).toBe(0);
  expect(welcomedAs(new Uint8Array([0x94, 17]))).toBe(0);
  expect(welcomedAs(new Uint8Array([0x94, 17, 0xce, 1, 2]))).toBe(0);
  expect(welcomedAs(new Uint8Array([0x94, 17, 0xc0]))).toBe(0);
  expect(welcomedAs(new Uint8Array([0x93, 18, 1, 0x90]))).toBe(0);
});
