// One connection: how it comes up, what it says, and that nothing is left of it.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { kLowWaterBytes, PeerLink, SignalKind } from '../../js-glue/peer-link.js';
import { fakeBrowser, FakeChannel, FakeConnection, sdpOf, settle } from './support/browser.js';

let restore: () => void;
let log: string[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
  restore = fakeBrowser();
  log = [];
});
afterEach(() => {
  restore();
  jest.useRealTimers();
});

const named = (text: string): string => ['offer', 'answer'].find((type) => text === sdpOf(type)) ?? text;
const link = (): PeerLink =>
  new PeerLink([{ urls: 'stun:s' }], {
    signal: (kind, text) => log.push(`signal ${kind} ${named(text)}`),
    opened: () => log.push('opened'),
    message: (message) => log.push(`message ${message.length}`),
    writable: () => log.push('writable'),
    closed: () => log.push('closed'),
  });
const last = (): FakeConnection => FakeConnection.all.at(-1)!;

async function offered(): Promise<[PeerLink, FakeConnection, FakeChannel]> {
  const peer = link();
  peer.offer();
  await settle();
  return [peer, last(), last().channels[0]!];
}

test('a call: an unordered channel, the offer, then candidates in one signal', async () => {
  const peer = link();
  peer.offer();
  last().finds('one'); // before the offer is out: must not overtake it
  await settle();
  last().finds('two');
  expect(log).toEqual(['signal 0 offer']);
  jest.advanceTimersByTime(50);
  expect(log[1]).toBe('signal 2 one\ntwo');
  expect(last().config.iceServers).toEqual([{ urls: 'stun:s' }]);
  const [channel] = last().channels;
  expect([channel!.label, channel!.options, channel!.binaryType]).toEqual(['hls-bazaar', { ordered: false }, 'arraybuffer']);
});

test('more candidates than one signal holds travel in two, and a flood is cut', async () => {
  const [, connection] = await offered();
  for (let i = 0; i < 100; ++i) connection.finds(`${i}`);
  jest.advanceTimersByTime(50);
  const counts = log.slice(1).map((line) => line.split('\n').length);
  expect(counts).toEqual([15, 15, 15, 15, 4]);
  expect(log[2]!.startsWith('signal 2 15\n16')).toBe(true);
});

test('an answer: the offer is taken, candidates that came too early are kept for it', async () => {
  const peer = link();
  peer.signalled(SignalKind.candidates, 'early\nbad\nlate\n');
  await settle();
  expect(last().candidates).toEqual([]);
  peer.signalled(SignalKind.offer, 'v=0 theirs');
  await settle();
  expect(log).toEqual(['signal 1 answer']);
  const place = { sdpMid: '0', sdpMLineIndex: 0 };
  expect(last().candidates).toEqual([{ candidate: 'early', ...place }, { candidate: 'late', ...place }]);
});

test('the caller’s channel is used, a second or foreign one is closed', async () => {
  link();
  const foreign = new FakeChannel('chat');
  const channel = new FakeChannel('hls-bazaar');
  const second = new FakeChannel('hls-bazaar');
  last().ondatachannel!({ channel: foreign });
  last().ondatachannel!({ channel });
  last().ondatachannel!({ channel: second });
  channel.opens();
  expect(log).toEqual(['opened']);
  expect([foreign.readyState, second.readyState]).toEqual(['closed', 'closed']);
});

test('messages are bytes; text shows as an empty message', async () => {
  const [, , channel] = await offered();
  channel.opens();
  channel.onmessage!({ data: new Uint8Array([1, 2, 3]).buffer });
  channel.onmessage!({ data: 'hello' });
  expect(log.slice(1)).toEqual(['opened', 'message 3', 'message 0']);
});

test('a full channel reports room when it drains; a short block never filled it and reports at once', async () => {
  const [peer, , channel] = await offered();
  channel.opens();
  log.length = 0;
  peer.send(new Uint8Array(60_000), true);
  expect(log).toEqual([]);
  channel.drains();
  expect(log).toEqual(['writable']);
  peer.send(new Uint8Array(100), true);
  expect(log).toEqual(['writable', 'writable']);
  peer.send(new Uint8Array(100), false);
  expect(log).toHaveLength(2);
  expect(channel.bufferedAmountLowThreshold).toBe(kLowWaterBytes);
});

test.each([
  ['an offer that is no SDP', SignalKind.offer, 'nonsense'],
  ['an offer that the core refused', SignalKind.offer, ''],
  ['candidates that the core refused', SignalKind.candidates, ''],
])('%s ends the link, once, without an exception', async (_name, kind, text) => {
  const peer = link();
  expect(() => peer.signalled(kind, text)).not.toThrow();
  expect(log).toEqual([]);
  await settle();
  peer.signalled(kind, text);
  await settle();
  expect(log).toEqual(['closed']);
  expect(FakeConnection.open()).toEqual([]);
});

test.each(['failed', 'closed'])('a connection that becomes %s is reported once and released', async (state) => {
  const [, connection, channel] = await offered();
  log.length = 0;
  const { onclose } = channel;
  connection.becomes(state);
  onclose!();
  expect(log).toEqual(['closed']);
  expect(FakeConnection.open()).toEqual([]);
});

test('a browser that refuses connections reports a close, later', async () => {
  Reflect.set(globalThis, 'RTCPeerConnection', function () {
    throw new DOMException('too many', 'UnknownError');
  });
  const peer = link();
  peer.offer();
  expect(log).toEqual([]);
  await settle();
  expect(log).toEqual(['closed']);
});

test('a send that throws ends the link', async () => {
  const [peer, , channel] = await offered();
  channel.opens();
  channel.send = () => {
    throw new DOMException('full', 'OperationError');
  };
  log.length = 0;
  expect(() => peer.send(new Uint8Array(1), false)).not.toThrow();
  await settle();
  expect(log).toEqual(['closed']);
});

test('close() releases connection, channel and timer, and nothing is reported after it', async () => {
  const [peer, connection, channel] = await offered();
  connection.finds('one');
  const { onopen, onmessage } = channel;
  peer.close();
  peer.close();
  log.length = 0;
  expect([connection.connectionState, connection.onicecandidate, connection.ondatachannel]).toEqual(['closed', null, null]);
  expect([channel.onopen, channel.onmessage, channel.onclose, channel.onbufferedamountlow]).toEqual([null, null, null, null]);
  expect(jest.getTimerCount()).toBe(0);
  peer.send(new Uint8Array(1), false);
  peer.signalled(SignalKind.answer, 'v=0');
  await settle();
  expect(log).toEqual([]);
  expect([onopen, onmessage]).not.toContain(null);
});

test('closed while the offer is being made: no offer goes out', async () => {
  const peer = link();
  peer.offer();
  peer.close();
  await settle();
  jest.runAllTimers();
  expect(log).toEqual([]);
});
