// From playlists to the engine's window. Pictures: `n` a segment told, `-n` told gone, `+r`/`-r` a rendition taken up or left.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { LevelDetails } from 'hls.js';
import type { Core, Tell } from '../../js-glue/core.js';
import { PlaylistObserver, tradeWindow } from '../../js-glue/playlist-observer.js';
import { SegmentIndex } from '../../js-glue/segment-index.js';
import { hash32 } from '../../js-glue/segment-key.js';
import { makeDetails, makeFrag, makePlayer, type FakePlayer } from './support/fake-hls.js';

let player: FakePlayer;
let observer: PlaylistObserver;
let index: SegmentIndex;
let log: string[];
let failures: unknown[];
let isFull: boolean;

beforeEach(() => {
  player = makePlayer();
  log = [];
  failures = [];
  isFull = false;
  seen = [];
  jest.spyOn(crypto.subtle, 'digest').mockImplementation((...args) => {
    const digest = sha(...args);
    hashing.push(digest);
    return digest;
  });
});
afterEach(() => {
  observer.close();
  jest.restoreAllMocks();
});

/** Renditions go by hashes of their paths: here by the order in which they were seen. */
let seen: number[] = [];
const named = (rendition: number): string => {
  if (!seen.includes(rendition)) seen.push(rendition);
  return `r${seen.indexOf(rendition) + 1}`;
};

/** The engine's side of four calls, handles counted up from 100 by start time. */
const engine = {
  segment_seen: (_hi: number, _lo: number, _rendition: number, startMs: number) => {
    log.push(`${startMs / 2000}`);
    return isFull ? 0 : 100 + startMs / 2000;
  },
  segment_gone: (handle: number) => log.push(`-${handle - 100}`),
  rendition_active: (rendition: number, isActive: number) => log.push(`${isActive ? '+' : '-'}${named(rendition)}`),
};

function observe(hook?: () => string): void {
  index = new SegmentIndex(hook);
  const core = { tell: (tell: Tell) => tell(engine as never) } as unknown as Core;
  observer = new PlaylistObserver(player.hls, core, index, (why) => log.push(why ?? 'ok'), (cause) => failures.push(cause));
}

/** SHA-256 is done by threads, which take as long as they like. */
const sha = crypto.subtle.digest.bind(crypto.subtle);
const hashing: Promise<unknown>[] = [];
const hashed = async (): Promise<void> => {
  await Promise.all(hashing.splice(0));
  await new Promise((resolve) => setImmediate(resolve)); // what follows a hash is microtasks
};
const picture = (): string => log.splice(0).join(' ');
const updated = (details: LevelDetails, level = 0): void => player.emit('hlsLevelUpdated', { level, details });

test('a live playlist is told once hashed, then only what changes', async () => {
  observe();
  updated(makeDetails(1, 3));
  expect(picture()).toBe('ok +r1');
  await hashed();
  expect(picture()).toBe('1 2 3');
  updated(makeDetails(2, 4));
  await hashed();
  expect(picture()).toBe('ok 2 3 -1 4'); // times again for the known, gone, new
});

test('a playlist that was there before us is taken up', async () => {
  player.levels.push({ details: makeDetails(1, 2) });
  observe();
  await hashed();
  expect(picture()).toBe('ok +r1 1 2');
});

test('gone before its hash was done: never told', async () => {
  observe();
  updated(makeDetails(1, 2));
  updated(makeDetails(2, 3));
  await hashed();
  expect(picture().split(' ').filter((word) => word === '1')).toEqual([]);
});

test('a full window is asked again with the next playlist', async () => {
  observe();
  isFull = true;
  updated(makeDetails(1, 1));
  await hashed();
  expect(index.find(makeFrag(1))).toBeUndefined();
  isFull = false;
  updated(makeDetails(1, 1));
  await hashed();
  expect(index.find(makeFrag(1))?.handle).toBe(101);
});

test('what the engine dropped is forgotten and may be seen again', async () => {
  observe();
  updated(makeDetails(1, 1));
  await hashed();
  index.drop(101);
  index.drop(101);
  expect([index.get(101), index.find(makeFrag(1))]).toEqual([undefined, undefined]);
});

test('a level switch leaves the old rendition and its segments', async () => {
  observe();
  updated(makeDetails(1, 1));
  await hashed();
  picture();
  player.levels[1] = {};
  player.emit('hlsLevelSwitching', { level: 1 });
  expect(picture()).toBe('-r1 -1');
  Reflect.set(player.hls, 'loadLevel', 1);
  updated(makeDetails(1, 1, { url: 'https://cdn.example/live/v1.m3u8', fragments: [makeFrag(1, { baseurl: 'https://cdn.example/live/v1.m3u8' } as never)] }), 1);
  await hashed();
  expect(picture()).toBe('ok +r2 1');
  expect(named(observer.mainRendition)).toBe('r2');
});

test('a rendition has the same number for every viewer, whatever they saw before', async () => {
  observe();
  updated(makeDetails(1, 1));
  expect(observer.mainRendition).toBe(hash32('/live/v0.m3u8') >>> 1);
  await hashed();
});

test('a level that the player does not follow is not told', async () => {
  observe();
  updated(makeDetails(1, 3), 2);
  await hashed();
  expect(picture()).toBe('');
});

test('audio is a rendition of its own', async () => {
  Reflect.set(player.hls, 'audioTrack', 0);
  observe();
  updated(makeDetails(1, 1));
  await hashed();
  player.emit('hlsAudioTrackUpdated', { id: 0, details: makeDetails(5, 5, { url: 'https://cdn.example/a.m3u8' }) });
  player.emit('hlsAudioTrackUpdated', { id: 3, details: makeDetails(9, 9, { url: 'https://cdn.example/b.m3u8' }) });
  await hashed();
  expect(picture()).toBe('ok +r1 1 ok +r2 5');
});

test.each([
  ['vod', { live: false }],
  ['low-latency', { partList: [{}] }],
])('%s is left to hls.js, and said', async (why, change) => {
  observe();
  updated(makeDetails(1, 3, change));
  await hashed();
  expect(picture()).toBe(why);
});

test('parts without low-latency mode are an ordinary playlist', () => {
  Reflect.set(player.config, 'lowLatencyMode', false);
  observe();
  updated(makeDetails(1, 1, { partList: [{}] }));
  expect(picture()).toBe('ok +r1');
});

test('a stream that ends leaves its rendition', async () => {
  observe();
  updated(makeDetails(1, 1));
  await hashed();
  picture();
  updated(makeDetails(1, 2, { live: false }));
  expect(picture()).toBe('vod -r1 -1');
});

test("an exception out of the page's hook does not reach hls.js", () => {
  observe(() => {
    throw new Error("the page's");
  });
  expect(() => updated(makeDetails(1, 1))).not.toThrow();
  expect(failures).toHaveLength(1);
});

test('after close() nothing is told', async () => {
  observe();
  observer.close();
  updated(makeDetails(1, 1));
  await hashed();
  expect(picture()).toBe('');
});

test('the window begins 10 s behind the playhead and holds 64 segments at most', () => {
  const sns = (details: LevelDetails, at: number): number[] => tradeWindow(details, at).map(({ sn }) => sn);
  expect(sns(makeDetails(1, 12), 20)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  const long = sns(makeDetails(1, 1000), 200);
  expect([long.length, long[0], long.at(-1)]).toEqual([64, 95, 158]);
  expect(sns(makeDetails(1, 3), 900)).toEqual([]);
});

test('gaps and what is not http are no segments to trade', () => {
  const fragments = [makeFrag(1, { gap: true }), makeFrag(2, { url: 'data:video/mp4;base64,AA' } as never), makeFrag(3)];
  expect(tradeWindow(makeDetails(1, 3, { fragments }), 0).map(({ sn }) => sn)).toEqual([3]);
});
