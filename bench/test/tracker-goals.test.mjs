// What the tracker's bench calls met and missed. Owns the examples; refuses to load anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRow, kDeafBytes, rows, trackerMarkdown } from '../tracker-goals.mjs';

const latency = { count: 1000, p50_us: 300, p99_us: 2000, p999_us: 3000, most_us: 4000 };
/** A run in which all went well. */
const good = (changes = {}) => ({
  ...{ clients: 2000, all_ready: true, refused: 0, hung_up: 0, broken: 0, overflowed: 0, again: 0, astray: 0, undelivered: 0, failures: 0 },
  ...{
    bytes_per_connection: 900,
    kernel_bytes_per_connection: 9000,
    messages_per_s: 102_000,
    us_per_message: 6,
    messages_per_busiest_core_s: 100_000,
  },
  ...{
    memory_bytes: 50e6,
    never_welcomed: 0,
    deaf: 100,
    resumed: 2000,
    back_within_10_s: 2000,
    lost_among_the_rest: 0,
    away: latency,
    latency,
  },
  ...{
    lives: 100,
    minutes: 30,
    memory_slope_bytes_per_minute: 10,
    memory_mean_bytes: 20e6,
    descriptors_most: 2010,
    descriptors_least: 2005,
  },
  ...{ viewers: 1e6, cells: 4000, joins: 100, welcomed: 100, worker_skew: 1.1, node_skew: 1.05 },
  ...{ redis_per_s_mean: 2000, redis_per_s_max: 9000, relays: 100, relays_between_workers: 10 },
  ...changes,
});
const row = (name) => rows.find((one) => one.name === name) ?? assert.fail(name);
/** Every run of a row went well but for these. */
const judged = (name, changes = {}) =>
  judgeRow(row(name), Object.fromEntries(Object.keys(row(name).runs).map((run) => [run, [good(changes[run] ?? defaults[name]?.[run])]])));
const defaults = { 'hot-stream': { two: { messages_per_busiest_core_s: 190_000 } } };

test('when all goes well nothing is missed, and every row says what it measured', () => {
  for (const { name } of rows) {
    const verdict = judged(name);
    assert.deepEqual(verdict.missed, [], name);
    assert.ok(verdict.measured.length > 0 && !/NaN|undefined/.test(verdict.measured + verdict.theirs), verdict.measured);
  }
});

test('each goal is missed by its own words', () => {
  const slow = { latency: { ...latency, p99_us: 50_001 } };
  for (const [name, run, changes, words] of [
    ['idle', 'ours', { bytes_per_connection: 2501 }, 'native over 2.5 KB'],
    ['idle', 'webtorrent', { bytes_per_connection: 2501 }, 'WebTorrent over 2.5 KB'],
    ['idle', 'ours', { all_ready: false }, 'not all came in'],
    ['idle-tls', 'ours', { bytes_per_connection: 15_001 }, 'over 15 KB'],
    ['webtorrent', 'ours', { us_per_message: 10.01 }, 'over 10 µs/msg'],
    ['webtorrent', 'ours', slow, 'p99 over 10 ms'],
    ['webtorrent', 'ours', { undelivered: 1 }, 'some lost'],
    ['webtorrent', 'ours', { astray: 1 }, 'some went astray'],
    ['relay', 'full', { messages_per_s: 99_999 }, 'under 50,000 relays/s'],
    ['relay', 'half', slow, 'p99 over 5 ms'],
    ['join-storm', 'ours', slow, 'p99 over 50 ms'],
    ['join-storm', 'ours', { never_welcomed: 1 }, 'errors'],
    ['hot-stream', 'two', { messages_per_busiest_core_s: 169_999 }, 'under 1.7 ×'],
    ['deaf', 'some', { latency: { ...latency, p99_us: 2401 } }, 'p99 + over 20 %'],
    ['deaf', 'some', { memory_bytes: 50e6 + 100 * kDeafBytes + 9e6 }, 'memory'],
    ['drain', 'ours', { resumed: 1979 }, 'under 99 % resumed'],
    ['drain', 'ours', { back_within_10_s: 1979 }, 'under 99 % in 10 s'],
    ['drain', 'ours', { lost_among_the_rest: 1 }, 'relays lost'],
    ['churn', 'ours', { memory_slope_bytes_per_minute: 14_000 }, 'memory grows by over 2 % in 30 minutes'],
    ['churn', 'ours', { descriptors_most: 2046 }, 'descriptors'],
  ])
    assert.deepEqual(judged(name, { [run]: changes }).missed, [words], `${name} ${run}`);
});

test('the opponent may do as badly as it likes', () => {
  assert.deepEqual(judged('webtorrent', { theirs: { undelivered: 1e6, us_per_message: 90 } }).missed, []);
});

test('a record becomes a table of as many rows, and a miss stays visible in it', () => {
  const record = { rows: [{ name: 'idle', what: 'w', goal: 'g', ...judged('idle', { ours: { bytes_per_connection: 9000 } }) }] };
  const lines = trackerMarkdown(record).split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[2], /9\.00 KB.*\| native over 2\.5 KB \|$/);
});

test('a million viewers: the fullest worker, the worst second of Redis and everybody welcomed are goals', () => {
  assert.deepEqual(judged('million').missed, []);
  assert.deepEqual(judged('million', { ours: { worker_skew: 1.31 } }).missed, ['skew over 1.3']);
  assert.deepEqual(judged('million', { ours: { redis_per_s_max: 20_001 } }).missed, ['Redis over 20,000']);
  assert.deepEqual(judged('million', { ours: { welcomed: 99 } }).missed, ['not all were welcomed']);
});
