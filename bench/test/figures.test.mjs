// The arithmetic behind every claim of the browser bench. Owns the examples; refuses to measure anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { targets } from '../browser/cases.mjs';
import { cpuFloorRatio, mean, misses, offload, offloadLimit, percentile, stallsBetween } from '../browser/figures.mjs';

test('every byte leaves the CDN once, so N viewers offload at most 1 − 1/N', () => {
  assert.equal(offloadLimit(4, 2.5e6), 0.75);
  assert.equal(offloadLimit(1, 2.5e6), 0);
  assert.equal(offloadLimit(8, 2.5e6, 100e6), 0.875);
});

test('uplinks under the bit rate bound the offload more than the number of viewers does', () => {
  assert.equal(offloadLimit(8, 2.5e6, 1e6), 0.4);
  assert.equal(offloadLimit(2, 2.5e6, 2e6), 0.5, 'two viewers are the tighter bound here');
});

test('offload is what the origin did not send of what players got', () => {
  assert.equal(offload(25, 100), 0.75);
  assert.equal(offload(150, 100), -0.5, 'more than once each is worse than nothing, and shows');
  assert.equal(offload(0, 0), 0, 'nobody played');
});

test('percentiles are samples, not means', () => {
  assert.equal(percentile([5, 1, 3, 2, 4], 0.5), 3);
  assert.equal(percentile([1, 2, 3, 100], 0.95), 100);
  assert.equal(percentile([7], 0.95), 7);
  assert.ok(Number.isNaN(percentile([], 0.5)));
  assert.equal(mean([1, 2, 6]), 3, 'a mean is one');
});

test('a playhead that stood still all the time is a stall, though it began before the window', () => {
  assert.equal(stallsBetween({ stalls: 1, frozenMs: 2000 }, { stalls: 1, frozenMs: 42_000 }), 1);
  assert.equal(stallsBetween({ stalls: 1, frozenMs: 2000 }, { stalls: 3, frozenMs: 4000 }), 2);
  assert.equal(stallsBetween({ stalls: 1, frozenMs: 2000 }, { stalls: 1, frozenMs: 2250 }), 0, 'one sample is no stall');
});

test('the floor of CPU pays for playback and for a bare channel', () => {
  assert.ok(Math.abs(cpuFloorRatio(0.2, 0.12, 0.75) - 1.45) < 1e-9);
  assert.equal(cpuFloorRatio(0.2, 0.12, 0), 1);
});

const fair = { upBytes: 9, downBytes: 10, uploadedBytes: 8, downloadedBytes: 9 };
const row = {
  contestant: 'ours',
  offload: 0.8,
  limit: 0.833,
  latencyS: { p50: 6.5, p95: 6.9 },
  firstPictureMs: { p50: 400, max: 500 },
  stalls: 0,
  cpuSPerMb: 0.3,
  viewers: [fair],
};
const cdn = { ...row, contestant: 'cdn', offload: 0, latencyS: { p50: 6.3, p95: 6.4 }, cpuSPerMb: 0.2 };
const target = { ...targets, offloadMin: 0.77 };

test('a row that keeps everything misses nothing', () => {
  assert.deepEqual(misses(row, cdn, target), []);
});

test('each target is missed on its own, and is named', () => {
  const missed = (change) => misses({ ...row, ...change }, cdn, target);
  assert.deepEqual(missed({ offload: 0.7699 }), ['offload under 0.77']);
  assert.deepEqual(missed({ stalls: 1 }), ['stalls']);
  assert.deepEqual(missed({ latencyS: { p50: 6.81, p95: 9 } }), ['latency over CDN-only + 0.5 s']);
  assert.deepEqual(missed({ firstPictureMs: { p50: 501, max: 501 } }), ['first picture over CDN-only + 100 ms']);
  assert.deepEqual(missed({ cpuSPerMb: 0.33 }), ['CPU over 1.6 × CDN-only']);
  const onTheWire = [{ ...fair, upBytes: 11 }];
  const byItsOwnCount = [{ ...fair, uploadedBytes: 10 }];
  for (const viewers of [onTheWire, byItsOwnCount, [fair, ...onTheWire]]) {
    assert.deepEqual(missed({ viewers }), ['a viewer uploads more than it downloads']);
  }
});

test('figures that could not be had are missed, not met', () => {
  assert.deepEqual(misses({ ...row, offload: NaN, cpuSPerMb: NaN }, cdn, target).length, 2);
});

test('without a CDN row nothing is compared with it', () => {
  assert.deepEqual(misses({ ...row, cpuSPerMb: 9, latencyS: { p50: 20, p95: 20 } }, undefined, target), []);
});
