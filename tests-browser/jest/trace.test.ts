// The recorder: what it writes down of the real engine is what docs/boundary.md shows, without media and without addresses.
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { encode } from '@msgpack/msgpack';
import { readFileSync } from 'node:fs';
import { Core, type CoreModule, type Engine } from '../../js-glue/core.js';
import { traced } from '../../js-glue/trace.js';
import { version } from '../../js-glue/version.js';
import { block, candidate, hello, kSwarm, relayed, trackerHello, welcome } from './support/messages.js';
import { loadWasm } from './support/wasm.js';

interface Line {
  call: string;
  args?: number[];
  in?: string;
  out?: string;
  is?: number | boolean;
  actions?: number[][];
}

let module: CoreModule;
let lines: string[];
const write = (line: string): void => void lines.push(line);
const said = (call: string): Line[] => lines.map((line) => JSON.parse(line) as Line).filter((line) => line.call === call);
const bytesOf = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64');

beforeAll(async () => {
  module = await loadWasm();
});
beforeEach(() => {
  lines = [];
});
afterEach(() => void jest.useRealTimers());

const kToken = new TextEncoder().encode('a secret of the page');

function open(): Core {
  const core = new Core(traced(module, write), 7, () => {}, (cause) => write(`${cause}`));
  core.tell((engine) => {
    core.writeInbox(kSwarm);
    engine.set_swarm();
    engine.playhead(0, 10_000, 1);
  });
  core.tellTrackerOpened(kToken);
  return core;
}

test('the trace in docs/boundary.md is what the recorder writes, letter by letter', () => {
  const stated = /```jsonl\n([\s\S]*?)```/.exec(readFileSync('docs/boundary.md', 'utf8'))![1]!.trim().split('\n');
  const header = JSON.parse(stated[0]!) as { library: string; seed: number };
  expect(header.library).toBe(version);
  const engine = new (traced(module, write).Engine)(header.seed);
  for (const line of stated.slice(1)) {
    const { call, args = [], in: bytes } = JSON.parse(line) as Line;
    module.HEAPU8.set(bytesOf(bytes), engine.inbox());
    (engine[call as keyof Engine] as (...args: number[]) => unknown)(...args);
  }
  engine.delete();
  expect(lines).toEqual(stated);
});

test('each turn is there in order: the time, what was told, the step with its actions and their bytes', () => {
  const core = open();
  core.tellTrackerMessage(trackerHello());
  core.close();
  expect(JSON.parse(lines[0]!)).toEqual({ trace: 1, library: version, seed: 7 });
  const calls = ['at', 'set_swarm', 'playhead', 'step', 'at', 'tracker_opened', 'step', 'at', 'tracker_message', 'step'];
  expect(lines.slice(1).map((line) => (JSON.parse(line) as Line).call)).toEqual(calls);
  expect([...bytesOf(said('set_swarm')[0]!.in)]).toEqual([...kSwarm]);
  const { actions, out } = said('step')[2]!;
  expect(actions!.map(([type]) => type)).toEqual([12]);
  expect(bytesOf(out).length).toBe(actions![0]![2]);
});

test('of the page’s token only the length is kept, coming in and going out', () => {
  const core = open();
  core.tellTrackerMessage(trackerHello());
  core.close();
  const [{ args, in: given }] = said('tracker_opened') as [Line];
  expect([args, [...bytesOf(given)]]).toEqual([[kToken.length], Array(kToken.length).fill(0)]);
  const join = bytesOf(said('step')[2]!.out);
  expect(join.toString('latin1')).not.toContain('secret');
  expect(join.includes(Buffer.concat([Buffer.from([0xc4, kToken.length]), Buffer.alloc(kToken.length)]))).toBe(true);
});

test('of a block the first 64 bytes are kept and its true length, nothing of the picture', () => {
  const core = open();
  core.tellTrackerMessage(welcome(1, [2]));
  const [[, peer]] = said('step').flatMap(({ actions }) => actions!.filter(([type]) => type === 9)) as [number[]];
  core.tell((engine) => engine.link_opened(peer!));
  core.tellPeerMessage(peer!, hello(2));
  const message = block(1, new Uint8Array(50_000).fill(0x41));
  core.tellPeerMessage(peer!, message);
  core.close();
  const [greeting, heard] = said('peer_message') as [Line, Line];
  expect(bytesOf(greeting.in)).toEqual(Buffer.from(hello(2)));
  expect([bytesOf(heard.in).length, heard.args!.slice(2)]).toEqual([64, [64, message.length]]);
});

test('of what browsers signal to each other no address is kept', () => {
  const core = open();
  core.tellTrackerMessage(welcome(1, []));
  const short = encode([candidate('1', [203, 0, 113, 7])]);
  const long = encode(Array(20).fill(candidate('1', [203, 0, 113, 7])));
  for (const [from, blob] of [[1, short], [200, short], [60_000, long], [0xffffffff, long]] as const) {
    const frame = relayed(from, 2, blob);
    core.tellTrackerMessage(frame);
    const heard = said('tracker_message').at(-1)!;
    expect([heard.args![1], bytesOf(heard.in).length]).toEqual([frame.length, frame.length - blob.length]);
  }
  core.close();
  const address = Buffer.from([203, 0, 113, 7]).toString('latin1');
  expect(lines.map((line) => bytesOf((JSON.parse(line) as Line).in).toString('latin1')).join()).not.toContain(address);
});

test('numbers that JSON has no word for are written as words', () => {
  const engine = new (traced(module, write).Engine)(1);
  engine.at(0);
  engine.playhead(Number.NaN, Number.NEGATIVE_INFINITY, 1);
  engine.step();
  engine.delete();
  expect(lines.slice(2)).toEqual(['{"call":"playhead","args":["NaN","-Infinity",1]}', '{"call":"step","actions":[],"next":"Infinity"}']);
});

test('questions leave no line, and answers come through as they are', () => {
  const engine = new (traced(module, write).Engine)(1);
  expect([engine.block_status(5, 0), engine.segment_bytes(5), engine.write_states(5), engine.next_deadline()]).toEqual([-1, 0, 0, 0]);
  expect([engine.configure(99, 1), engine.configure(1, 3), engine.encode_signal(5, 0, 10)]).toEqual([false, true, 0]);
  engine.delete();
  expect(lines.slice(1)).toEqual([
    '{"call":"configure","args":[99,1],"is":false}',
    '{"call":"configure","args":[1,3],"is":true}',
    '{"call":"encode_signal","args":[5,0,10],"is":0}',
  ]);
});

test('a call that traps is the last line, and traps on', () => {
  const engine = new (traced(module, write).Engine)(1);
  engine.delete();
  expect(() => engine.link_opened(1)).toThrow(TypeError);
  expect(lines.at(-1)).toBe('{"call":"link_opened","args":[1],"trap":"TypeError: link_opened of a deleted object"}');
});

test('a page whose function throws has its own error, and the session lives', () => {
  jest.useFakeTimers();
  const engine = new (traced(module, () => {
    throw new Error("the page's bug");
  }).Engine)(1);
  expect(() => engine.at(1)).not.toThrow();
  engine.delete();
  expect(() => jest.runAllTimers()).toThrow("the page's bug");
});
