// A fetch from question to last byte. The log is the story: h headers, b blocks, d done, f failed.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { HlsConfig, MediaFragment } from 'hls.js';
import { kBlockBytes } from '../../js-glue/block-store.js';
import { CdnFetcher, type FetchOrder } from '../../js-glue/cdn-fetcher.js';
import { settle } from './support/browser.js';

const K = kBlockBytes;
const before = globalThis.fetch;
let log: string[];
let requests: Request[];
let fetcher: CdnFetcher;
let config: Pick<HlsConfig, 'fetchSetup'>;
let acceptsHeaders: boolean;
/** The CDN: a body that the test writes into. */
let body: ReadableStreamDefaultController<Uint8Array>;

function cdn(status: number, headers: Record<string, string> = {}): void {
  globalThis.fetch = async (request) => {
    requests.push(request as Request);
    const { signal } = request as Request;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        body = controller;
        signal.addEventListener('abort', () => {
          try {
            controller.error(signal.reason);
          } catch {
            // closed already
          }
        });
      },
    });
    return new Response(stream, { status, headers });
  };
}

beforeEach(() => {
  log = [];
  requests = [];
  acceptsHeaders = true;
  config = {};
  fetcher = new CdnFetcher(config, {
    answered: () => log.push('a'),
    headers: (_order, bytesTotal, isRanged) => {
      log.push(`h ${bytesTotal}${isRanged ? ' ranged' : ''}`);
      return acceptsHeaders;
    },
    block: (_order, index, block) => log.push(`b${index}:${block.length}`),
    done: (_fetch, surplus) => log.push(`d+${surplus}`),
    failed: (_fetch, status, surplus) => log.push(`f${status}+${surplus}`),
    rangesHidden: () => log.push('hidden'),
  });
});
afterEach(() => {
  fetcher.close();
  globalThis.fetch = before;
});

const frag = (byteRange: number[] = []) => ({ url: 'https://cdn.example/7.m4s', byteRange }) as unknown as MediaFragment;
const order = (change: Partial<FetchOrder> = {}): FetchOrder => ({ fetch: 1, segment: 1, frag: frag(), firstBlock: 0, blockCount: 0, byteEnd: 0, bytesTotal: 0, ...change });

async function send(...sizes: number[]): Promise<void> {
  for (const size of sizes) {
    body.enqueue(new Uint8Array(size));
    await settle();
  }
}
async function end(): Promise<void> {
  body.close();
  await settle();
}
async function start(change: Partial<FetchOrder> = {}): Promise<void> {
  fetcher.start(order(change));
  await settle();
}
const range = (): string | null => requests.at(-1)!.headers.get('range');

test('a whole segment: no Range, each block reported the moment it is whole', async () => {
  cdn(200, { 'content-length': `${K + 5}` });
  await start();
  expect(range()).toBeNull();
  expect(log).toEqual(['a', `h ${K + 5}`]);
  await send(K - 1);
  expect(log).toHaveLength(2);
  await send(1);
  expect(log.at(-1)).toBe(`b0:${K}`);
  await send(5);
  await end();
  expect(log.slice(3)).toEqual(['b1:5', 'd+0']);
});

test('a run of blocks by Range', async () => {
  cdn(206, { 'content-range': `bytes ${2 * K}-${4 * K - 1}/${9 * K}` });
  await start({ firstBlock: 2, blockCount: 2 });
  expect(range()).toBe(`bytes=${2 * K}-${4 * K - 1}`);
  await send(K, K);
  await end();
  expect(log).toEqual(['a', `h ${9 * K} ranged`, `b2:${K}`, `b3:${K}`, 'd+0']);
});

test('a run up to a known last byte', async () => {
  cdn(206, { 'content-range': `bytes ${K}-${K + 9}/${K + 10}` });
  await start({ firstBlock: 1, blockCount: 1, byteEnd: K + 10, bytesTotal: K + 10 });
  expect(range()).toBe(`bytes=${K}-${K + 9}`);
  await send(10);
  await end();
  expect(log.slice(1)).toEqual([`h ${K + 10} ranged`, 'b1:10', 'd+0']);
});

test('a CDN that ignores Range: all it sends is kept', async () => {
  cdn(200, { 'content-length': `${2 * K}` });
  await start({ firstBlock: 1, blockCount: 1 });
  await send(K, K);
  await end();
  expect(log.slice(1)).toEqual([`h ${2 * K}`, `b0:${K}`, `b1:${K}`, 'd+0']);
});

test('a segment that is a slice of a file (EXT-X-BYTERANGE): its place is added', async () => {
  cdn(206, { 'content-range': `bytes 1000-${1000 + K + 4}/999999` });
  await start({ frag: frag([1000, 1000 + K + 5]) });
  expect(range()).toBe(`bytes=1000-${1000 + K + 4}`);
  await send(K + 5);
  await end();
  expect(log.slice(1)).toEqual([`h ${K + 5} ranged`, `b0:${K}`, 'b1:5', 'd+0']);
});

test('a slice from a CDN without ranges: cut out of the file, and the rest is not downloaded', async () => {
  cdn(200, { 'content-length': '999999' });
  await start({ frag: frag([1000, 1010]) });
  await send(1005, 5, 100);
  expect(log.slice(1)).toEqual(['h 10', 'b0:10', 'd+1100']);
  expect(requests[0]!.signal.aborted).toBe(true);
});

test('no Content-Length: the end tells the size, blocks follow', async () => {
  cdn(200);
  await start();
  await send(K, 7);
  expect(log).toEqual(['a']);
  await end();
  expect(log.slice(1)).toEqual([`h ${K + 7}`, `b0:${K}`, 'b1:7', 'd+0']);
});

test('an empty answer of unknown size has failed', async () => {
  cdn(200);
  await start();
  await end();
  expect(log).toEqual(['a', 'f0+0']);
});

test('a whole segment that ends early has failed; what came whole was reported, the rest is surplus', async () => {
  cdn(200, { 'content-length': `${2 * K}` });
  await start();
  await send(K, 9);
  await end();
  expect(log.slice(2)).toEqual([`b0:${K}`, 'f0+9']);
});

test('a connection that breaks has failed', async () => {
  cdn(200, { 'content-length': `${2 * K}` });
  await start();
  await send(K, 3);
  body.error(new TypeError('network'));
  await settle();
  expect(log.slice(2)).toEqual([`b0:${K}`, 'f0+3']);
});

test.each([404, 416, 503])('status %i is reported as it is', async (status) => {
  cdn(status);
  await start({ blockCount: 1 });
  expect(log).toEqual(['a', `f${status}+0`]);
});

test('a 206 of another place is not believed', async () => {
  cdn(206, { 'content-range': `bytes 0-${K - 1}/${9 * K}` });
  await start({ firstBlock: 1, blockCount: 1 });
  expect(log).toEqual(['a', 'f0+0']);
});

test('hidden Content-Range and unknown size: ranges are given up', async () => {
  cdn(206);
  await start({ firstBlock: 1, blockCount: 1 });
  expect(log).toEqual(['a', 'hidden', 'f0+0']);
});

test('a segment that the engine does not want is not downloaded', async () => {
  acceptsHeaders = false;
  cdn(200, { 'content-length': '99999999' });
  await start();
  expect(log).toEqual(['a', 'h 99999999', 'd+0']);
  expect(requests[0]!.signal.aborted).toBe(true);
});

test('after abort() nothing is reported, and the request is', async () => {
  cdn(200, { 'content-length': `${2 * K}` });
  await start();
  await send(K);
  log.length = 0;
  fetcher.abort(1);
  fetcher.abort(1);
  await settle();
  expect(log).toEqual([]);
  expect(requests[0]!.signal.aborted).toBe(true);
});

test('aborted before the answer: silence', async () => {
  cdn(200);
  fetcher.start(order());
  fetcher.close();
  await settle();
  expect(log).toEqual([]);
});

test('a network error has failed with status 0', async () => {
  globalThis.fetch = async () => Promise.reject(new TypeError('offline'));
  await start();
  expect(log).toEqual(['f0+0']);
});

test('a CORS preflight that forbids Range looks like a network error: after three, ranges are given up', async () => {
  globalThis.fetch = async () => Promise.reject(new TypeError('CORS'));
  for (const fetch of [1, 2, 3, 4]) await start({ fetch, blockCount: 1 });
  expect(log.filter((entry) => entry === 'hidden')).toHaveLength(1);
  expect(log.indexOf('hidden')).toBe(2);
});

test('an outage after ranges have worked does not give them up', async () => {
  cdn(206, { 'content-range': `bytes 0-${K - 1}/${9 * K}` });
  await start({ fetch: 1, blockCount: 1 });
  globalThis.fetch = async () => Promise.reject(new TypeError('offline'));
  for (const fetch of [2, 3, 4, 5]) await start({ fetch, blockCount: 1 });
  expect(log).not.toContain('hidden');
});

test("the page's fetchSetup has the last word on URL, headers and credentials", async () => {
  cdn(200, { 'content-length': '1' });
  config.fetchSetup = async (context, init) => {
    expect([context.url, context.rangeStart, context.rangeEnd]).toEqual(['https://cdn.example/7.m4s', K, 2 * K]);
    init.headers.set('authorization', 'me');
    return new Request(`${context.url}?signed`, init);
  };
  await start({ firstBlock: 1, blockCount: 1 });
  const [request] = requests;
  expect([request!.url, request!.headers.get('authorization')]).toEqual(['https://cdn.example/7.m4s?signed', 'me']);
  expect(range()).toBe(`bytes=${K}-${2 * K - 1}`);
});

test('a fetchSetup that throws has failed, and no more', async () => {
  config.fetchSetup = () => {
    throw new Error("the page's");
  };
  await start();
  expect(log).toEqual(['f0+0']);
});
