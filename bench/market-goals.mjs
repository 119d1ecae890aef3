// What the market promises, scenario by scenario, and how a set of runs is held against it.
// Owns goals; refuses to run anything. Invariant: a figure that misses its goal is named, never rounded to a pass.

/** What holds in every scenario. */
export const everywhere = { waste: 0.02, control: 0.02, start_up_ms: 50, by_deadline: 0.02 };

/** `goal`: ours / limit at least; `copies`: of the audience at most; `is_rich`: uplinks carry 1.2 times the stream or more;
 *  `seeds`: fewer than asked for, where no ours / limit is promised. */
export const rows = [
  { scenario: 'uplinks-rich', viewers: 1000, goal: 0.97, copies: 0.02, is_rich: true },
  { scenario: 'uplinks-rich', viewers: 10000, goal: 0.97, is_rich: true },
  { scenario: 'uplinks-equal', viewers: 1000, goal: 0.92 },
  { scenario: 'uplinks-poor', viewers: 1000, goal: 0.95 },
  { scenario: 'uplinks-unequal', viewers: 1000, goal: 0.95 },
  { scenario: 'segments-1s-tight', viewers: 1000, goal: 0.93, is_rich: true },
  { scenario: 'churn', viewers: 1000, goal: 0.93, is_rich: true },
  { scenario: 'nat', viewers: 1000, goal: 0.93, is_rich: true },
  { scenario: 'three-renditions', viewers: 1000, goal: 0.93, is_rich: true },
  { scenario: 'uplinks-rich', viewers: 5, goal: 0.97, is_rich: true },
  { scenario: 'uplinks-rich', viewers: 10, goal: 0.97, is_rich: true },
  { scenario: 'uplinks-rich', viewers: 20, goal: 0.97, is_rich: true },
  { scenario: 'uplinks-rich', viewers: 50, goal: 0.97, is_rich: true },
  { scenario: 'uplinks-rich', viewers: 100, is_rich: true, seeds: 1 },
  { scenario: 'steady', viewers: 1000, seeds: 1 },
  { scenario: 'flash-crowd', viewers: 10000, seeds: 1 },
  { scenario: 'leave-30-percent', viewers: 1000, seeds: 1 },
  { scenario: 'mobile', viewers: 1000, seeds: 1 },
  { scenario: 'free-riders', viewers: 1000, seeds: 1 },
  { scenario: 'liars', viewers: 1000, seeds: 1 },
  { scenario: 'slow-peers', viewers: 1000, seeds: 1 },
  { scenario: 'cdn-slow', viewers: 1000, seeds: 1 },
  { scenario: 'cdn-outage', viewers: 1000, seeds: 1 },
];

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Medians of a row's runs, and the goals that they miss. Stalls and broken promises are not medians: the worst seed counts. */
export function judge(row, runs) {
  const of = (key) => median(runs.map((run) => run.ours[key]));
  const worst = (value) => Math.max(...runs.map(value));
  const of_limit = of('of_limit');
  const late = worst((run) => run.late_that_cdn_only_had);
  const start_up_more_ms = median(runs.map((run) => run.ours.start_up_p95_ms - run['CDN only'].start_up_p95_ms));
  const missed = [];
  const hold = (isMet, words) => isMet || missed.push(words);
  hold(row.goal === undefined || of_limit >= row.goal, `ours / limit < ${row.goal}`);
  hold(row.copies === undefined || of('copies_of_audience') <= row.copies, `copies > ${row.copies} N`);
  hold(of('waste') <= everywhere.waste, 'waste');
  hold(of('control') <= everywhere.control, 'control');
  hold(!row.is_rich || of('by_deadline') <= everywhere.by_deadline, 'bytes by deadline');
  hold(start_up_more_ms <= everywhere.start_up_ms, 'start-up');
  hold(late === 0, `${late} segments late`);
  const complaints = worst((run) => run.ours.complaints);
  hold(complaints === 0, `${complaints} broken promises`);
  return { of_limit, late, start_up_more_ms, missed };
}

/** The record as Markdown, for docs/performance.md. */
export function marketMarkdown(record) {
  const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '');
  const percent = (value) => `${number(100 * value, value < 0.001 ? 2 : 1)} %`;
  const lines = record.rows.map((row) => {
    const goal = row.goal === undefined ? '' : `≥ ${row.goal}`;
    const cells = [row.scenario, row.viewers, row.runs, number(row.offload, 4), number(row.limit, 4), number(row.of_limit, 3), goal];
    cells.push(percent(row.copies_of_audience), percent(row.by_deadline), percent(row.waste), percent(row.control), row.late);
    cells.push(
      `${row.start_up_more_ms < 0 ? '−' : '+'}${Math.abs(row.start_up_more_ms).toFixed(0)} ms`,
      number(row.events_per_viewer_second, 0),
    );
    return `| ${cells.join(' | ')} | ${row.missed.join('; ')} |`;
  });
  return [
    '| scenario | viewers | seeds | offload | limit | ours / limit | goal | copies / N | by deadline | waste | control | late | start-up p95 | events | missed |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}
