// The README speaks the truth: its player code runs, and its tables are those of the source.
// Owns the reading of README.md; refuses to repeat it. Invariant: the code block is run as it stands, against the library that
// `package.json` exports, in `dist/`, with the real WASM found where that file looks for it; only hls.js and the page are played.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { makeError, type ErrorCode } from '../../js-glue/errors.js';
import { readOptions, type P2POptions } from '../../js-glue/options.js';
import { makeStats, readCounters } from '../../js-glue/snapshot.js';
import { fakeBrowser, FakeSocket } from './support/browser.js';
import { makeDetails, makePlayer, type FakePlayer } from './support/fake-hls.js';

const root = new URL('../../', import.meta.url);
const text = (path: string): string => readFileSync(fileURLToPath(new URL(path, root)), 'utf8');
const readme = text('README.md');
const manifest = JSON.parse(text('package.json')) as { exports: Record<string, { import: string; types: string } | string>; scripts: Record<string, string> };

const library = manifest.exports['.'] as { import: string; types: string };

/** The cells of the table whose first heading is this. */
function table(heading: string): string[][] {
  const lines = readme.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (first < 0) throw new Error(`the README has no table "${heading}"`);
  const after = lines.slice(first + 2);
  const end = after.findIndex((line) => !line.startsWith('|'));
  return after.slice(0, end).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()));
}
const names = (cell: string): string[] => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!);
/** The member names of an interface as the source declares it. */
function members(path: string, declaration: string): string[] {
  const source = text(path);
  const from = source.indexOf(declaration);
  if (from < 0) throw new Error(`${path} has no "${declaration}"`);
  const body = source.slice(from, source.indexOf('\n}', from));
  return [...body.matchAll(/^ {2}'?([\w-]+)'?\??: /gm)].map(([, name]) => name!);
}

const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
const imports = code.split('\n').filter((line) => line.startsWith('import '));
const body = code.split('\n').filter((line) => !line.startsWith('import ')).join('\n');

let restore: () => void;
let calls: string[];
let fetched: string[];
let printed: string[];
let player: FakePlayer;
const realFetch = globalThis.fetch;
const realTimeout = globalThis.setTimeout;
const until = async (isSo: () => boolean): Promise<void> => {
  for (let i = 0; i < 2000 && !isSo(); ++i) await new Promise((resolve) => realTimeout(resolve, 1));
  if (!isSo()) throw new Error(`never so: ${isSo}`);
};

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'setImmediate', 'nextTick'] });
  restore = fakeBrowser();
  [calls, fetched, printed] = [[], [], []];
  // The files as a web server would give them.
  globalThis.fetch = async (input) => {
    fetched.push(fileURLToPath(String(input)).slice(fileURLToPath(root).length));
    return new Response(readFileSync(fileURLToPath(String(input))));
  };
});
afterEach(() => {
  globalThis.fetch = realFetch;
  restore();
  jest.useRealTimers();
});

test('the player code imports what exists, by the names that package.json exports', async () => {
  expect(imports).toEqual(["import Hls from 'hls.js'", "import { attach } from 'hls-bazaar'"]);
  expect(text(library.types)).toContain('attach');
  expect(code.trim().split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(10);
});

test('the player code runs: attached before the source, statistics with figures in them, and gone without a trace', async () => {
  const { attach } = (await import(pathToFileURL(fileURLToPath(new URL(library.import, root))).href)) as { attach: unknown };
  const video = {};
  const stop: { onclick?: () => void } = {};
  class Hls {
    constructor() {
      player = makePlayer();
      const methods = {
        loadSource(url: string) {
          calls.push(`loadSource ${player.config.fLoader ? 'attached' : 'bare'}`);
          Object.assign(this, { url });
          player.levels.push({ details: makeDetails(1, 3) });
          player.emit('hlsManifestLoading', { url });
        },
        attachMedia: (media: unknown) => void calls.push(`attachMedia ${media === video ? 'video' : 'something else'}`),
      };
      return Object.assign(player.hls, { url: null }, methods) as never;
    }
  }
  const page = { querySelector: (selector: string) => ({ video, '#stop': stop })[selector] ?? null };
  const say = (...words: unknown[]): void => void printed.push(words.join(' '));
  new Function('Hls', 'attach', 'document', 'console', body)(Hls, attach, page, { log: say, warn: say });

  expect(calls).toEqual(['loadSource attached', 'attachMedia video']);
  player.emit('hlsFragBuffered');
  await until(() => FakeSocket.all.length > 0);
  expect(fetched).toEqual([manifest.exports['./hls-bazaar.wasm']].map((path) => String(path).slice(2)));
  expect(FakeSocket.all.map(({ url }) => url)).toEqual([/tracker: '(.*?)'/.exec(code)![1]!].map((url) => expect.stringContaining(url)));
  jest.advanceTimersByTime(1000);
  expect(printed).toEqual(['0 peers, 0 % from them']);

  stop.onclick!();
  expect(player.config.fLoader).toBeUndefined();
  expect((player.hls as unknown as { listenerCount(): number }).listenerCount()).toBe(0);
  expect(FakeSocket.all.every(({ readyState }) => readyState === 3)).toBe(true);
  jest.advanceTimersByTime(10_000);
  expect([printed.length, FakeSocket.all.length, jest.getTimerCount()]).toEqual([1, 1, 0]);
});

test('the options table names every option and no other, with the defaults that attach uses', () => {
  const rows = table('option');
  expect(rows.map(([name]) => names(name!)[0])).toEqual(members('js-glue/options.ts', 'export interface P2POptions'));
  const settings = readOptions({ tracker: 'wss://tracker.example.org' });
  const stated = rows.flatMap(([name, , , value]) => (/^`/.test(value!) ? [[names(name!)[0]!, value!.slice(1, -1)]] : []));
  expect(stated).toEqual(stated.map(([name]) => [name, String(settings[name as keyof P2POptions])]));
  expect(stated.map(([name]) => name)).toEqual(['joinWindowMs', 'maxPeers', 'upload', 'memoryMaxBytes', 'cdnRanges', 'p2p']);
});

test('the statistics table names every figure and no other', () => {
  const stated = table('in `stats`').flatMap(([cell]) => names(cell!));
  expect(stated.sort()).toEqual(Object.keys(makeStats(readCounters([]), null, 'idle')).sort());
});

test('the events table names every event and what it carries', () => {
  const rows = table('event');
  expect(rows.map(([name]) => names(name!)[0])).toEqual(members('js-glue/attach.ts', 'export interface P2PEvents'));
  const carried = Object.fromEntries(rows.map(([name, what]) => [names(name!)[0], names(what!)]));
  expect(carried.error).toEqual(members('js-glue/errors.ts', 'export interface P2PError'));
  for (const field of members('js-glue/performer.ts', 'export interface RoleEvent')) expect(carried.role).toContain(field);
});

test('the errors table is the catalogue, word for word', () => {
  const rows = table('code');
  expect(rows.map(([name]) => names(name!)[0])).toEqual(members('js-glue/errors.ts', 'const catalogue ='));
  for (const [name, message, advice] of rows) expect(makeError(names(name!)[0] as ErrorCode)).toMatchObject({ message, advice });
});

test('every command that the README gives exists', () => {
  const given = [...readme.matchAll(/npm (?:run )?(start|test|[a-z:]+)\b/g)].map(([line, name]) => [line, name!] as const);
  expect(given.length).toBeGreaterThan(6);
  const isGood = ([line, name]: readonly [string, string]): boolean =>
    name in manifest.scripts && (line.startsWith('npm run ') || name === 'start' || name === 'test');
  expect(given.filter((command) => !isGood(command))).toEqual([]);
});
