// hls.js's loader contract: one final callback a load, honest statistics, and the stock loader under everything.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { FragmentLoaderContext } from 'hls.js';
import { isMarketable } from '../../js-glue/marketable.js';
import { segmentLoaderFor, type Customer, type MarketLoad, type Progress } from '../../js-glue/segment-loader.js';
import type { FragLoader } from '../../js-glue/stock-loader.js';
import { settle } from './support/browser.js';
import { makeCallbacks, makeContext, makeFrag, makeLoadConfig, makePlayer, StockLoader } from './support/fake-hls.js';

let log: string[];
let progress: Progress;
let waiting: Set<Customer>;
let outside: number;
let isKnown: boolean;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'], now: 1_000_000 });
  log = [];
  outside = 0;
  isKnown = true;
  waiting = new Set();
  progress = { loaded: 0, total: 0, chunks: 0, activeMs: 0, firstByteMs: 0 };
});
afterEach(() => void jest.useRealTimers());

function make(): FragLoader {
  const { config } = makePlayer();
  const market: MarketLoad = {
    want: (customer) => void waiting.add(customer),
    unwant: (customer) => void waiting.delete(customer),
    progress: () => progress,
  };
  const Loader = segmentLoaderFor({
    open: () => (isKnown ? market : null),
    stock: () => StockLoader as never,
    loadedOutside: (bytes) => void (outside += bytes),
  });
  return new Loader(config);
}

function load(config = makeLoadConfig()): { loader: FragLoader; callbacks: ReturnType<typeof makeCallbacks> } {
  const loader = make();
  const callbacks = makeCallbacks(log);
  loader.load(makeContext(makeFrag(7)), config, callbacks);
  return { loader, callbacks };
}

const data = (bytes = 100): ArrayBuffer => new ArrayBuffer(bytes);
const customer = (): Customer => [...waiting][0]!;
const stock = (): StockLoader => StockLoader.all[0]!;

test('a segment of the market: one success, later than the engine’s turn, with size and code', async () => {
  const { callbacks } = load();
  const given = data();
  customer().ready(given);
  expect(log).toEqual([]); // hls.js acts inside its callback: never within ours
  await settle();
  expect(log).toEqual(['success 100 100/100']);
  expect(callbacks.data[0]).toBe(given);
  expect(waiting.size).toBe(0);
});

test('ready twice, failed after ready: still one success', async () => {
  load();
  const first = customer();
  first.ready(data());
  first.ready(data());
  first.failed();
  await settle();
  first.ready(data());
  first.failed();
  await settle();
  expect(log).toEqual(['success 100 100/100']);
  expect(StockLoader.all).toEqual([]);
});

test('with progressive parsing the data comes through onProgress, then success', async () => {
  const loader = make();
  const callbacks = makeCallbacks(log);
  callbacks.onProgress = (_stats, _context, chunk) => log.push(`progress ${(chunk as ArrayBuffer).byteLength}`);
  loader.load(makeContext(makeFrag(7)), makeLoadConfig(), callbacks);
  customer().ready(data());
  await settle();
  expect(log).toEqual(['progress 100', 'success 100 100/100']);
});

test('abort while waiting: aborted, onAbort, and the market is told', () => {
  const { loader } = load();
  loader.abort();
  loader.abort();
  expect(log).toEqual(['abort']);
  expect([loader.stats.aborted, waiting.size]).toEqual([true, 0]);
});

test('abort between ready and delivery: onAbort and no success', async () => {
  const { loader } = load();
  customer().ready(data());
  loader.abort();
  await settle();
  expect(log).toEqual(['abort']);
});

test('abort after success: nothing, for the load is over', async () => {
  const { loader } = load();
  customer().ready(data());
  await settle();
  loader.abort();
  expect(log).toEqual(['success 100 100/100']);
});

test('destroy after success leaves the statistics alone: an aborted load would not be sampled', async () => {
  const { loader } = load();
  customer().ready(data());
  await settle();
  loader.destroy();
  expect(loader.stats.aborted).toBe(false);
  expect(loader.context).toBeNull();
});

test('destroy while waiting: aborted, and silent for ever', async () => {
  const { loader } = load();
  const waiter = customer();
  loader.destroy();
  waiter.ready(data());
  waiter.failed();
  await settle();
  jest.runAllTimers();
  expect([log, loader.stats.aborted, waiting.size, StockLoader.all.length]).toEqual([[], true, 0, 0]);
});

test('a loader is used once, as hls.js’s own', () => {
  const { loader } = load();
  expect(() => loader.load(makeContext(makeFrag(8)), makeLoadConfig(), makeCallbacks(log))).toThrow('once');
});

test('what the market does not know goes to the stock loader with the statistics that hls.js holds', () => {
  isKnown = false;
  const { loader } = load();
  expect(stock().stats).toBe(loader.stats);
  stock().succeeds(data(55));
  expect(log).toEqual(['success 55 55/55']);
  expect([loader.stats.loaded, outside]).toEqual([55, 55]);
});

test.each([
  ['error', () => stock().fails(404), 'error 404'],
  ['timeout', () => stock().timesOut(), 'timeout'],
  ['abort', () => stock().abort(), 'abort'],
])('a stock %s is passed on once', (_name, happen, expected) => {
  isKnown = false;
  load();
  const { callbacks } = stock();
  happen();
  callbacks!.onSuccess({ url: '', data: data(), code: 200 }, stock().stats, makeContext(makeFrag(7)), null);
  happen();
  expect([log, outside]).toEqual([[expected], 0]);
});

test('the market failed: the stock loader takes over the same load, its clock fresh', () => {
  const { loader } = load();
  const held = loader.stats; // hls.js keeps this reference
  progress = { loaded: 40, total: 100, chunks: 2, activeMs: 30, firstByteMs: 5 };
  jest.advanceTimersByTime(1000);
  customer().refresh();
  customer().failed();
  expect(StockLoader.all).toHaveLength(1);
  expect([held.loaded, held.loading.start]).toEqual([0, performance.now()]);
  stock().succeeds(data(100));
  expect(log).toEqual(['success 100 100/100']);
  expect(held.loaded).toBe(100);
});

test('a loader of the page’s own that keeps its own statistics is copied into what hls.js holds', () => {
  isKnown = false;
  const { loader } = load();
  const theirs = { ...stock().stats, loaded: 9, total: 9, loading: { start: 1, first: 2, end: 3 } };
  stock().callbacks!.onSuccess({ url: '', data: data(9), code: 200 }, theirs, makeContext(makeFrag(7)), null);
  expect([loader.stats.loaded, loader.stats.loading]).toEqual([9, { start: 1, first: 2, end: 3 }]);
});

test('abort and destroy reach a stock load', () => {
  isKnown = false;
  const { loader } = load();
  loader.abort();
  loader.destroy();
  expect([log, stock().isDestroyed]).toEqual([['abort'], true]);
});

test('no first byte in time: the stock loader, with a full time to first byte and the rest of the load time', () => {
  load();
  jest.advanceTimersByTime(9_999);
  expect(StockLoader.all).toHaveLength(0);
  jest.advanceTimersByTime(1);
  expect(stock().config!.loadPolicy).toMatchObject({ maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 110_000 });
});

test('bytes came in time, the whole did not: the stock loader at half of the load time', () => {
  load();
  progress.loaded = 1;
  jest.advanceTimersByTime(59_999);
  expect(StockLoader.all).toHaveLength(0);
  jest.advanceTimersByTime(1);
  expect(stock().config!.loadPolicy.maxLoadTimeMs).toBe(60_000);
});

test('no limit is due after the end', async () => {
  load();
  customer().ready(data());
  await settle();
  expect(jest.getTimerCount()).toBe(0);
});

test('statistics: 3 s of waiting for the market read as nothing, the transfers as they were', async () => {
  const { loader } = load();
  jest.advanceTimersByTime(3000);
  customer().refresh();
  expect(performance.now() - loader.stats.loading.start).toBe(0); // the abandon rule sees no slow link
  progress = { loaded: 100, total: 100, chunks: 1, activeMs: 80, firstByteMs: 20 };
  customer().ready(data());
  await settle();
  const { start, first, end } = loader.stats.loading;
  expect([end - start, first - start, end]).toEqual([80, 20, performance.now()]);
});

test('statistics: a segment out of memory replays the transfers that brought it, not the copy', async () => {
  progress = { loaded: 100, total: 100, chunks: 1, activeMs: 400, firstByteMs: 0 };
  const { loader } = load();
  customer().ready(data());
  await settle();
  expect(loader.stats.loading.end - loader.stats.loading.start).toBe(400);
});

test('statistics: a transfer that brings nothing reads as a dead link', () => {
  const { loader } = load();
  jest.advanceTimersByTime(2500);
  progress.activeMs = 2500;
  customer().refresh();
  expect([performance.now() - loader.stats.loading.start, loader.stats.loaded, loader.stats.loading.first]).toEqual([2500, 0, 0]);
});

test('statistics: order holds whatever the transfers say', async () => {
  progress = { loaded: 100, total: 100, chunks: 1, activeMs: 0, firstByteMs: 50 };
  const { loader } = load();
  customer().ready(data());
  await settle();
  const { start, first, end } = loader.stats.loading;
  expect(start).toBeLessThan(end);
  expect(first).toBeGreaterThanOrEqual(start);
  expect(first).toBeLessThanOrEqual(end);
});

test.each<[string, Partial<FragmentLoaderContext>, object, boolean]>([
  ['a media segment', {}, {}, true],
  ['a segment with its own byte range', {}, { byteRange: [10, 20] }, true],
  ['an init segment', {}, { sn: 'initSegment' }, false],
  ['a low-latency part', { part: {} as never }, {}, false],
  ['a subtitle', {}, { type: 'subtitle' }, false],
  ['a bandwidth test', {}, { bitrateTest: true }, false],
  ['a load with an adjusted IV', { resetIV: true }, {}, false],
  ['a load of another range than the segment’s', { rangeStart: 0, rangeEnd: 64 }, { byteRange: [10, 20] }, false],
  ['text', { responseType: 'text' }, {}, false],
])('%s: %p %p is marketable: %p', (_name, change, fragChange, expected) => {
  expect(isMarketable(makeContext(makeFrag(7, fragChange as never), change))).toBe(expected);
});
