// Owns: the origin over real HTTP with a real encoded loop: ranges, CORS, counting, faults, a packager's folder.
// Refuses: browsers (Playwright's business). Invariant: each server takes a free port and is closed by its test.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startOrigin } from '../origin/origin.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function eventually(check, ms = 3000) {
  for (const endMs = Date.now() + ms; !check() && Date.now() < endMs;) await wait(10);
  assert.ok(check(), String(check));
}

describe('the looped channel', () => {
  let origin, segment, whole;
  const fetchSegment = (headers = {}) => fetch(segment, { headers });

  before(async () => {
    origin = await startOrigin({ recipe: 'test', pages: false });
    const playlist = await (await fetch(origin.url + '/live/main/live.m3u8')).text();
    segment = `${origin.url}/live/main/${/seg-\d+\.m4s/g.exec(playlist)[0]}`;
    whole = Buffer.from(await (await fetchSegment()).arrayBuffer());
  });
  after(() => origin.close());
  beforeEach(() => {
    origin.faults.clear();
    origin.counters.reset();
  });

  test('the multivariant playlist leads to a media playlist, which leads to an fMP4 init segment', async () => {
    assert.match(await (await fetch(origin.streamUrl)).text(), /main\/live\.m3u8/);
    const init = Buffer.from(await (await fetch(origin.url + '/live/main/init.mp4')).arrayBuffer());
    assert.equal(init.toString('latin1', 4, 8), 'ftyp');
    assert.ok(whole.length > 500_000 && whole.length < 800_000, `${whole.length} bytes for 2 s at 2.5 Mbit/s`);
  });

  test('a range is answered with 206, an impossible one with 416, and scripts of other sites may read the headers', async () => {
    const part = await fetchSegment({ range: 'bytes=61440-122879', origin: 'http://elsewhere.example' });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 61440-122879/${whole.length}`);
    assert.equal(part.headers.get('access-control-allow-origin'), 'http://elsewhere.example');
    assert.match(part.headers.get('access-control-expose-headers'), /content-range/i);
    assert.equal(part.headers.get('timing-allow-origin'), '*');
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(61440, 122880)));
    assert.equal((await fetchSegment({ range: `bytes=${whole.length}-` })).status, 416);
  });

  test('a preflight for Range and x-viewer is allowed', async () => {
    const answer = await fetch(segment, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://elsewhere.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'range,x-viewer',
      },
    });
    assert.equal(answer.status, 204);
    assert.match(answer.headers.get('access-control-allow-headers'), /range.*x-viewer/);
  });

  test('a segment that is not live yet is not found, and neither is a file of the machine', async () => {
    assert.equal((await fetch(segment.replace(/seg-\d+/, 'seg-999999'))).status, 404);
    assert.equal((await fetch(origin.url + '/live/main/..%2f..%2frecipes.mjs')).status, 404);
    assert.equal((await fetch(origin.url + '/live/none/live.m3u8')).status, 404);
  });

  test('bytes are counted by viewer and by segment; playlists and init segments are not', async () => {
    await (await fetchSegment({ 'x-viewer': 'ann' })).arrayBuffer();
    await (await fetchSegment({ 'x-viewer': 'bob', range: 'bytes=0-999' })).arrayBuffer();
    await (await fetchSegment()).arrayBuffer();
    await (await fetch(origin.streamUrl)).text();
    await (await fetch(origin.url + '/live/main/init.mp4')).arrayBuffer();
    await eventually(() => origin.counters.segmentBytes === 2 * whole.length + 1000);
    const { viewers, copies, segmentRequests } = origin.counters.snapshot();
    assert.deepEqual(viewers, {
      ann: { bytes: whole.length, requests: 1 },
      bob: { bytes: 1000, requests: 1 },
      anonymous: { bytes: whole.length, requests: 1 },
    });
    assert.equal(segmentRequests, 3);
    assert.deepEqual(Object.values(copies), [(2 * whole.length + 1000) / whole.length]);
  });

  test('an aborted answer counts what was sent, not what was asked for', async () => {
    const fault = origin.faults.add({ match: /\.m4s/, stallAfterBytes: 100_000 });
    const request = get(segment);
    const [answer] = await once(request, 'response');
    let received = 0;
    answer.on('data', (data) => (received += data.length)).on('error', () => {});
    await eventually(() => received === 100_000);
    request.destroy();
    await eventually(() => origin.counters.aborted === 1);
    assert.equal(fault.hits, 1);
    assert.ok(Math.abs(origin.counters.segmentBytes - 100_000) <= 32 * 1024, `${origin.counters.segmentBytes} counted`);
  });

  test('a 503 strikes the viewer it is meant for, for its time, and is counted', async () => {
    const fault = origin.faults.add({ match: /seg-/, viewer: 'ann', status: 503, durationMs: 150 });
    assert.equal((await fetchSegment({ 'x-viewer': 'ann' })).status, 503);
    assert.equal((await fetchSegment({ 'x-viewer': 'bob' })).status, 200);
    assert.equal((await fetch(origin.streamUrl, { headers: { 'x-viewer': 'ann' } })).status, 200);
    await wait(160);
    assert.equal((await fetchSegment({ 'x-viewer': 'ann' })).status, 200);
    assert.equal(fault.hits, 1);
  });

  test('a CDN that ignores Range answers 200 with the whole', async () => {
    origin.faults.add({ ignoreRange: true });
    const answer = await fetchSegment({ range: 'bytes=0-99' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-range'), null);
    assert.equal((await answer.arrayBuffer()).byteLength, whole.length);
  });

  test('delay and pace take the time they say', async () => {
    origin.faults.add({ delayMs: 150 });
    origin.faults.add({ bytesPerSecond: 1_000_000 });
    const start = performance.now();
    await (await fetchSegment({ range: 'bytes=0-199999' })).arrayBuffer();
    const took = performance.now() - start;
    assert.ok(took >= 320 && took < 1500, `${took} ms for 150 ms and 0.2 s`);
  });

  test('a stalled answer goes on when its fault ends', async () => {
    origin.faults.add({ match: /seg-/, stallAfterBytes: 50_000, durationMs: 200 });
    const start = performance.now();
    const body = Buffer.from(await (await fetchSegment()).arrayBuffer());
    assert.ok(performance.now() - start >= 190);
    assert.ok(body.equals(whole));
  });
});

describe('the pages', () => {
  test('carry a policy without eval or inline code, the tracker by the name the visitor used, and take reports', async () => {
    const origin = await startOrigin({ recipe: 'test', tracker: 'ws://127.0.0.1:8000', viewers: 3 });
    try {
      for (const path of ['/', '/viewer.html']) {
        const page = await fetch(origin.url + path);
        const policy = page.headers.get('content-security-policy');
        assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
        assert.doesNotMatch(policy, /'unsafe-(eval|inline)'/);
        assert.doesNotMatch(await page.text(), /<style|style=|<script(?![^>]*src=)/);
      }
      const config = await (await fetch(origin.url.replace('127.0.0.1', 'localhost') + '/demo-config.json')).json();
      assert.deepEqual(config, { tracker: 'ws://localhost:8000', stream: '/live/master.m3u8', viewers: 3 });

      const post = (body) =>
        fetch(origin.url + '/viewer-report', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
      const report = { viewer: 'ann', bytesFromCdn: 100, bytesFromPeers: 300, bytesUploaded: 0, peers: 2, stalls: 0 };
      assert.deepEqual(await (await post(report)).json(), {
        bytesFromCdn: 100,
        bytesFromPeers: 300,
        bytesUploaded: 0,
        stalls: 0,
        viewers: 1,
        offload: 0.75,
      });
      assert.equal((await post({ ...report, viewer: '<b>' })).status, 400);
      assert.equal((await post({ ...report, peers: 'many' })).status, 400);
    } finally {
      await origin.close();
    }
  });
});

describe("a packager's folder", () => {
  let folder;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'source-'))));
  after(() => rm(folder, { recursive: true }));

  test('without a playlist it is refused with a sentence', async () => {
    await assert.rejects(startOrigin({ source: folder, pages: false }), { name: 'Error', message: /has no playlist/ });
    await assert.rejects(startOrigin({ source: join(folder, 'none'), pages: false }), /cannot be read/);
  });

  test('is served as it is: fresh playlists, ranges, counted segments', async () => {
    await writeFile(join(folder, 'live.m3u8'), '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n');
    await writeFile(join(folder, 'chunk-1.m4s'), Buffer.alloc(5000, 7));
    const origin = await startOrigin({ source: folder, pages: false });
    try {
      assert.equal(origin.streamUrl, origin.url + '/source/live.m3u8');
      const first = await fetch(origin.streamUrl);
      assert.equal(first.headers.get('cache-control'), 'no-cache');
      await first.text();
      await writeFile(join(folder, 'live.m3u8'), '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:2\n');
      assert.match(await (await fetch(origin.streamUrl)).text(), /SEQUENCE:2/);
      const part = await fetch(origin.url + '/source/chunk-1.m4s', { headers: { range: 'bytes=0-9' } });
      assert.equal((await part.arrayBuffer()).byteLength, 10);
      await eventually(() => origin.counters.segmentBytes === 10);
    } finally {
      await origin.close();
    }
  });

  test('a port in use is said in a sentence', async () => {
    const origin = await startOrigin({ recipe: 'test', pages: false });
    try {
      const port = Number(new URL(origin.url).port);
      await assert.rejects(
        startOrigin({ recipe: 'test', pages: false, port }),
        new RegExp(`Port ${port} on 127.0.0.1 is in use`),
      );
    } finally {
      await origin.close();
    }
  });
});
