// How the bench's record reads in the document and in the picture. Owns a small record; refuses real figures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserMarkdown, sweepPoints } from '../browser/markdown.mjs';
import { sweepPlot, ticksFor } from '../browser/plot.mjs';

const viewer = { upBytes: 8e6, downBytes: 10e6 };
const row = (contestant, change = {}) => ({
  contestant, offload: 0.74, limit: 0.75, latencyS: { p50: 6.5, p95: 6.9 },
  firstPictureMs: { p50: 401, max: 502 }, stalls: 0, cpuSPerMb: 0.3, viewers: [viewer, viewer], ...change,
}); // prettier-ignore
const cdn = row('cdn', { offload: 0, cpuSPerMb: 0.2, latencyS: { p50: 6.25, p95: 6.4 } });
const kase = (viewers, segmentS) => ({ name: 'x', viewers, segmentS, uplinkBps: 4e6 });
const stamp = { date: '2030-01-02', machine: { cpu: 'a CPU', cores: 2 }, seconds: 40, warmUpS: 20 };
const record = {
  cases: {
    ...stamp,
    floor: [{ uplinkBps: 4e6, bytesPerS: 312_500, cpuSPerMb: 0.1 }],
    results: [{ case: kase(4, 2), rows: [cdn, row('ours', { misses: ['stalls'] })] }],
  },
  sweep: {
    ...stamp,
    results: [
      { case: kase(2, 2), rows: [cdn, row('ours', { offload: 0.49, limit: 0.5 })] },
      { case: kase(4, 2), rows: [row('ours')] },
    ],
  },
};

test('a missed target stands in the document, in the row that missed it', () => {
  const line = browserMarkdown(record).split('\n').find((text) => text.startsWith('| hls-bazaar')); // prettier-ignore
  assert.match(line, /MISSED: stalls/);
  assert.match(line, /\| 0\.740 \| 0\.987 \| 6\.5 \/ 6\.9 s \| 401 \/ 502 ms \| 0 \| 8\/10 8\/10 \| 0\.30 \| 1\.50 × \|/);
});

test('the floor of CPU stands beside what ours costs', () => {
  assert.match(browserMarkdown(record), /the floor is 1\.37 × CDN-only; ours is 1\.50 ×/);
});

test('a newcomer with ours stands under the one with the CDN alone', () => {
  const results = ['cdn', 'ours'].map((contestant, i) => ({
    contestant, times: 20, firstPictureMs: { p50: 300 + i, mean: 320, p95: 400 }, latencyS: { p50: 6.125 }, stalls: i,
  })); // prettier-ignore
  const [alone, ours] = browserMarkdown({ newcomers: { ...stamp, results } })
    .split('\n')
    .slice(-2);
  assert.match(alone, /^- .*CDN only, 20 times: first picture p50 \/ mean \/ p95 300 \/ 320 \/ 400 ms, latency p50 6\.13 s, stalls 0$/);
  assert.match(ours, /^- .*hls-bazaar, .* 301 \/ 320 \/ 400 ms, .*, stalls 1$/);
});

test('a sweep compares each point with the CDN at its own segment length', () => {
  const points = sweepPoints(record.sweep);
  assert.deepEqual(points.map((p) => p.viewers), [2, 4]); // prettier-ignore
  for (const point of points) {
    assert.ok(Math.abs(point.overCdnS - 0.25) < 1e-9);
    assert.ok(Math.abs(point.cpuRatio - 1.5) < 1e-9);
  }
});

test('half a record makes half a document', () => {
  assert.doesNotMatch(browserMarkdown({ cases: record.cases }), /sweep/);
  assert.doesNotMatch(browserMarkdown({ sweep: record.sweep }), /targets/);
});

test('the picture has a line and a shape for each segment length, a limit, and inks for dark readers', () => {
  const svg = sweepPlot(
    [1, 2, 4].flatMap((segmentS) => [2, 4].map((viewers) => ({ viewers, segmentS, offload: 0.4, limit: 0.5, cpuRatio: 1.5 }))),
  );
  for (const length of [1, 2, 4]) assert.match(svg, new RegExp(`${length} s segments`));
  assert.match(svg, /prefers-color-scheme:dark/);
  assert.match(svg, /class="limit"/);
  assert.doesNotMatch(svg, /NaN|undefined|script/);
});

test('ticks hold every value and stay few', () => {
  assert.deepEqual(ticksFor([0.5, 0.7], 0.5), [0.5, 1]);
  const many = ticksFor([1, 20], 0.25);
  assert.ok(many.length <= 6 && many[0] <= 1 && many.at(-1) >= 20);
});
