// What the market's bench calls met and missed. Owns the examples; refuses to simulate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, marketMarkdown, median, rows } from '../market-goals.mjs';

const run = (ours = {}, late = 0) => ({
  ours: {
    of_limit: 0.98,
    copies_of_audience: 0.01,
    waste: 0.001,
    control: 0.01,
    by_deadline: 0.001,
    start_up_p95_ms: 400,
    complaints: 0,
    ...ours,
  },
  'CDN only': { start_up_p95_ms: 390 },
  late_that_cdn_only_had: late,
});
const row = { scenario: 'uplinks-rich', viewers: 1000, goal: 0.97, copies: 0.02, is_rich: true };

test('the median of an even number is the middle of the middle two', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('a row that keeps every promise misses none', () => {
  assert.deepEqual(judge(row, [run(), run(), run()]).missed, []);
});

test('each promise is missed by its own words', () => {
  const cases = [
    [{ of_limit: 0.9699 }, 'ours / limit < 0.97'],
    [{ copies_of_audience: 0.0201 }, 'copies > 0.02 N'],
    [{ waste: 0.021 }, 'waste'],
    [{ control: 0.021 }, 'control'],
    [{ by_deadline: 0.021 }, 'bytes by deadline'],
    [{ start_up_p95_ms: 441 }, 'start-up'],
  ];
  for (const [ours, words] of cases) assert.deepEqual(judge(row, [run(ours)]).missed, [words]);
});

test('one late segment or one broken promise in any seed counts, whatever the medians say', () => {
  assert.deepEqual(judge(row, [run(), run({}, 2), run()]).missed, ['2 segments late']);
  assert.deepEqual(judge(row, [run(), run(), run({ complaints: 1 })]).missed, ['1 broken promises']);
});

test('where uplinks are poor, bytes by deadline are not bounded', () => {
  assert.deepEqual(judge({ ...row, is_rich: undefined }, [run({ by_deadline: 0.3 })]).missed, []);
});

test('every scenario of the issue has a row, and what has a goal runs on every seed', () => {
  assert.ok(new Set(rows.map((one) => one.scenario)).size >= 17);
  for (const one of rows) assert.ok(one.goal === undefined || one.seeds === undefined, one.scenario);
});

test('a record becomes a table of as many rows, and a miss stays visible in it', () => {
  const record = {
    rows: [{ ...row, ...judge(row, [run({ waste: 0.5 })]), ...run({ waste: 0.5 }).ours, runs: 1, offload: 0.9, limit: 0.99 }],
  };
  const lines = marketMarkdown(record).split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[2], /\| waste \|$/);
});
