// The boundary of docs/boundary.md against the real WASM: what JavaScript tells, what the engine answers.
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { decode, encode } from '@msgpack/msgpack';
import { Core, Option, type CoreModule } from '../../js-glue/core.js';
import { block, candidate, description, goAway, hello, kSwarm, lineOf, refusal, relayed, status, trackerHello, welcome } from './support/messages.js';
import { sdpOf } from './support/browser.js';
import { loadWasm } from './support/wasm.js';

const names = ['', 'SEND', 'SEND_BLOCK', 'KEEP_BLOCK', 'FETCH', 'ABORT_FETCH', 'DROP_SEGMENT', 'SEGMENT_READY', 'SEGMENT_FAILED'];
names.push('CONNECT', 'SIGNAL', 'CLOSE_PEER', 'SEND_TRACKER', 'ROLE', 'PEER_OPEN', 'NOTICE', 'DROP_BLOCK', 'RECONNECT');

let module: CoreModule;
let core: Core;
let actions: { name: string; fields: number[]; message: Uint8Array | null }[];
let traps: unknown[];

beforeAll(async () => {
  module = await loadWasm();
});

beforeEach(() => {
  actions = [];
  traps = [];
  core = new Core(
    module,
    1,
    (record) => {
      const [type, ...fields] = [...record] as [number, ...number[]];
      const name = names[type]!;
      const message = name === 'SEND' ? core.copyOutbox(fields[1]!, fields[2]!) : name === 'SEND_TRACKER' ? core.copyOutbox(fields[0]!, fields[1]!) : null;
      actions.push({ name, fields, message });
    },
    (cause) => traps.push(cause),
  );
  core.tell((engine) => {
    core.writeInbox(kSwarm);
    engine.set_swarm();
    engine.playhead(0, 10_000, 1); // without a picture nobody is met yet
  });
  core.tellTrackerOpened(new TextEncoder().encode('a token'));
  core.tellTrackerMessage(trackerHello());
});

afterEach(() => core.close());

const taken = (name: string) => actions.filter((action) => action.name === name);

/** A peer that has said HELLO; returns its handle. */
function meet(): number {
  core.tellTrackerMessage(welcome(1, [2]));
  const peer = taken('CONNECT')[0]!.fields[0]!;
  core.tell((engine) => engine.link_opened(peer));
  core.tellPeerMessage(peer, hello(2));
  return peer;
}

test('a tracker that said HELLO is joined with our swarm and token, in MessagePack that others can read', () => {
  const token = new TextEncoder().encode('a token');
  expect(decode(taken('SEND_TRACKER')[0]!.message!)).toEqual([1, 2, kSwarm, 12, token, new Uint8Array(), [0, 0, 0, 12, 0]]);
});

test('on the next connection the place is asked back with the token of WELCOME, and region and rendition are told', () => {
  core.tellTrackerMessage(welcome(1, [], new Uint8Array([1, 2, 3])));
  core.tell((engine) => {
    engine.tracker_closed();
    expect(engine.configure(Option.region, 0xffffffff)).toBe(true);
    expect(engine.configure(Option.region, 2 ** 32)).toBe(false);
    engine.rendition_active(0x7fffffff, 1);
  });
  core.tellTrackerOpened(new Uint8Array());
  core.tellTrackerMessage(trackerHello(60_000));
  const join = decode(taken('SEND_TRACKER')[1]!.message!) as unknown[];
  expect(join.slice(4)).toEqual([new Uint8Array(), new Uint8Array([1, 2, 3]), [0x80000000, 0xffffffff, 0, 12, 0]]);
});

test('a tracker that goes away is left within its time, and a refusal tells how long to stay away', () => {
  core.tellTrackerMessage(welcome(1));
  core.tellTrackerMessage(goAway(10_000));
  expect(taken('RECONNECT')[0]!.fields[0]).toBeLessThan(10_000);
  core.tellTrackerMessage(refusal(4006, 1500));
  expect(taken('NOTICE')[0]!.fields.slice(0, 3)).toEqual([1, 4006, 1500]);
});

test('a member of the swarm is dialled, greeted, and open once it greets back', () => {
  const peer = meet();
  const greeting = decode(taken('SEND')[0]!.message!) as unknown[];
  expect(greeting.slice(0, 3)).toEqual([0, 1, kSwarm]);
  expect(taken('PEER_OPEN')[0]!.fields.slice(0, 2)).toEqual([peer, 2]);
  expect(core.peer(0)![3]).toBe(2);
  expect(core.peer(1)).toBeNull();
});

test('the six bytes c9 ff ff ff ff 01 close the peer as a violation and do not trap', () => {
  const peer = meet();
  core.tellPeerMessage(peer, new Uint8Array([0xc9, 0xff, 0xff, 0xff, 0xff, 0x01]));
  expect(traps).toEqual([]);
  expect(taken('CLOSE_PEER')[0]!.fields.slice(0, 2)).toEqual([peer, 2]);
  // And the engine lives on: it answers the next tell.
  core.tell((engine) => engine.tracker_closed());
  core.tellTrackerOpened(new Uint8Array());
  core.tellTrackerMessage(trackerHello());
  expect(taken('SEND_TRACKER').length).toBeGreaterThan(1);
});

test.each([
  ['nothing', []],
  ['one byte', [0xc1]],
  ['a truncated array', [0x94, 0x02]],
  ['arrays in arrays', Array(64).fill(0x91)],
  ['an array that claims 4 billion elements', [0xdd, 0xff, 0xff, 0xff, 0xff]],
  ['a bin that claims 4 GB', [0x93, 0x03, 0x01, 0xc6, 0xff, 0xff, 0xff, 0xff]],
  ['a map', [0x81, 0x00, 0x00]],
])('%s from a peer closes it and does not trap', (_name, bytes) => {
  const peer = meet();
  core.tellPeerMessage(peer, new Uint8Array(bytes));
  expect(traps).toEqual([]);
  expect(taken('CLOSE_PEER').map(({ fields }) => fields[0])).toEqual([peer]);
});

test('a message longer than 64 KiB closes the peer, though the engine sees only its head', () => {
  const peer = meet();
  core.tellPeerMessage(peer, new Uint8Array(64 * 1024 + 1).fill(0x90));
  expect(taken('CLOSE_PEER')[0]!.fields.slice(0, 2)).toEqual([peer, 2]);
});

test('an offer through the tracker names its blob in the frame, and the blob becomes SDP', () => {
  core.tellTrackerMessage(welcome(1, []));
  const blob = encode(description(0, candidate('7')));
  const frame = relayed(9, 0, blob);
  core.tellTrackerMessage(frame);
  const [, kind, , offset, length, remote] = taken('SIGNAL')[0]!.fields as [number, number, number, number, number, number];
  expect([kind, remote]).toEqual([0, 9]);
  expect(frame.subarray(offset, offset + length)).toEqual(blob);
  const lines = core.decodeSignal(0, blob).split('\r\n');
  expect(lines).toEqual(expect.arrayContaining(sdpOf('offer').split('\r\n').filter((line) => line.startsWith('a='))));
  expect(lines).toContain(`a=${lineOf('7')}`);
});

test.each([
  ['nothing', 0, new Uint8Array()],
  ['a bye', 3, new Uint8Array()],
  ['no kind', 4, encode(description(0))],
  ['an offer with the part of an answer', 0, encode(description(1))],
  ['SDP', 0, new TextEncoder().encode(sdpOf('offer'))],
  ['a name of the world', 2, encode([[...candidate('1').slice(0, 4), 'evil.example', ...candidate('1').slice(5)]])],
  ['a blob longer than the inbox', 2, new Uint8Array(100_000).fill(0x90)],
])('%s is not decoded, and does not trap', (_name, kind, blob) => {
  expect(core.decodeSignal(kind, blob)).toBe('');
  expect(traps).toEqual([]);
});

test('a signal is framed with header and blob; for a stale peer, or text that is none, there is none', () => {
  const peer = meet();
  expect(decode(core.encodeSignal(peer, 0, sdpOf('offer'))!)).toEqual([2, 2, 0, encode(description(0))]);
  expect(decode(core.encodeSignal(peer, 2, `${lineOf('1')}\n${lineOf('2')}`)!)).toEqual([2, 2, 2, encode([candidate('1'), candidate('2')])]);
  expect(core.encodeSignal(peer, 0, 'nonsense')).toBeNull();
  expect(core.encodeSignal(peer + 1000, 0, sdpOf('offer'))).toBeNull();
});

test('a wanted segment without neighbours is fetched whole and is ready when its blocks are in', () => {
  core.tell((engine) => {
    engine.rendition_active(1, 1);
    const segment = engine.segment_seen(0xdeadbeef, 0xffffffff, 1, 0, 2000);
    expect(segment).toBeGreaterThan(0);
    engine.segment_wanted(segment);
  });
  const [fetch, segment, first, count] = taken('FETCH')[0]!.fields as [number, number, number, number];
  expect([first, count]).toEqual([0, 0]);
  core.tell((engine) => engine.cdn_headers(fetch, 61440 + 5, 0));
  expect([core.blockStatus(segment, 0), core.blockStatus(segment, 2)]).toEqual([1, -1]);
  core.tell((engine) => engine.cdn_block(fetch, 1));
  expect(taken('SEGMENT_READY')).toEqual([]);
  core.tell((engine) => engine.cdn_block(fetch, 0));
  core.tell((engine) => engine.cdn_done(fetch, 0));
  expect(taken('SEGMENT_READY')[0]!.fields[0]).toBe(segment);
  expect([...core.states(segment)]).toEqual([2 | (1 << 2), 2 | (1 << 2)]);
  expect(core.segmentBytes(segment)).toBe(61445);
});

test('a block that a peer holds is asked for, kept where the record says, and counted', () => {
  const peer = meet();
  let segment = 0;
  core.tell((engine) => {
    engine.rendition_active(1, 1);
    segment = engine.segment_seen(5, 6, 1, 10_000, 2000);
    engine.playhead(2_000, 9_000, 1);
  });
  core.tellPeerMessage(peer, status(5, 6, 100, [3]));
  const request = taken('SEND').map(({ message }) => decode(message!, { useBigInt64: true }) as unknown[]).find(([type]) => Number(type) === 2)!;
  expect(request[2]).toBe((5n << 32n) | 6n);
  expect(core.blockStatus(segment, 0)).toBe(1);

  const payload = new Uint8Array(100).fill(0xab);
  const message = block(Number(request[1]), payload);
  core.tellPeerMessage(peer, message);
  const [, offset, length, kept, index, from, verify] = taken('KEEP_BLOCK')[0]!.fields as number[];
  expect([kept, index, from, verify]).toEqual([segment, 0, peer, 0]);
  expect(message.subarray(offset!, offset! + length!)).toEqual(payload);
  expect(core.stats()[2]).toBe(100);
});

test('options outside their range are refused', () => {
  core.tell((engine) => {
    expect(engine.configure(Option.peersMax, 12)).toBe(true);
    expect(engine.configure(Option.peersMax, 1e9)).toBe(false);
    expect(engine.configure(Option.storeBytesMax, Number.NaN)).toBe(false);
    expect(engine.configure(99, 1)).toBe(false);
  });
  expect(traps).toEqual([]);
});
