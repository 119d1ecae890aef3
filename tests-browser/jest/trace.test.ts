// The recorder: what it writes down of the real engine is what docs/boundary.md shows, without media and without addresses.
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Core, type CoreModule, type Engine } from '../../js-glue/core.js';
import { traced } from '../../js-glue/trace.js';
import { version } from '../../js-glue/version.js';
import { block, hello, kSwarm, relayed, welcome } from './support/messages.js';
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

function open(): Core {
  const core = new Core(traced(module, write), 7, () => {}, (cause) => write(`${cause}`));
  core.tell((engine) => {
    core.writeInbox(kSwarm);
    engine.set_swarm();
    engine.tracker_opened();
  });
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
  core.close();
  expect(JSON.parse(lines[0]!)).toEqual({ trace: 1, library: version, seed: 7 });
  expect(lines.slice(1).map((line) => (JSON.parse(line) as Line).call)).toEqual(['at', 'set_swarm', 'tracker_opened', 'step']);
  expect([...bytesOf(said('set_swarm')[0]!.in)]).toEqual([...kSwarm]);
  const [{ actions, out }] = said('step') as [Line];
  expect(actions!.map(([type]) => type)).toEqual([12]);
  expect(bytesOf(out).length).toBe(actions![0]![2]);
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
  const frame = relayed(0xffffffff, 2, '[{"candidate":"candidate:1 1 udp 2122 192.0.2.1 50000 typ host","sdpMid":"0"}]');
  core.tellTrackerMessage(frame);
  core.close();
  const heard = said('tracker_message')[1]!;
  expect([heard.args![1], bytesOf(heard.in).length]).toEqual([frame.length, 32]);
  expect(lines.map((line) => bytesOf((JSON.parse(line) as Line).in).toString('latin1')).join()).not.toContain('192.0');
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
