// `npm run bench:market`: what the scheduler reaches in the simulator beside what is possible, medians over seeds, each figure with its goal.
// Owns the goals and the order of runs; refuses to simulate. Invariant: exit code 1 when a goal is missed, and the table says which.
//   node bench/market.mjs [--scenarios a,b] [--viewers N] [--seeds 5] [--json FILE] [--simulator PATH] [--jobs 2]
import { spawn } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { judge, median, rows } from './market-goals.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} text */
function whole(text) {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(text);
}

const options = new Command('npm run bench:market --')
  .description('The market at its limit: every scenario that has a goal, in virtual time.')
  .option('--scenarios <names>', 'only these, separated by commas')
  .option('--viewers <n>', 'instead of the number that a goal names (a quick look: goals hold for theirs)', whole)
  .option('--most <n>', 'only rows of at most so many viewers', whole, 1_000_000)
  .option('--least <n>', 'only rows of at least so many viewers', whole, 1)
  .option('--seeds <n>', 'medians of so many seeds', whole, 5)
  .option('--jobs <n>', 'simulations at once', whole, Math.max(1, os.cpus().length))
  .option('--json <file>', 'the record to bring up to date (default: the committed one, unless --viewers is given)')
  .option('--simulator <path>', 'the program', `${root}build/simulator/simulator`)
  .parse()
  .opts();

await access(options.simulator).catch(() => {
  console.error(`${options.simulator} is not built: run "npm run build" first.`);
  process.exit(2);
});

/** One simulation's JSON. @param {string} scenario @param {number} viewers @param {number} seed */
async function simulate(scenario, viewers, seed) {
  const args = ['run', scenario, '--viewers', String(viewers), '--seed', String(seed), '--json', '--no-coin', '--threads', '1'];
  const child = spawn(options.simulator, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  if (text === '') throw new Error(`simulator ${args.join(' ')} said nothing`);
  return JSON.parse(text);
}

const names = options.scenarios?.split(',');
const wanted = rows
  .filter((row) => (!names || names.includes(row.scenario)) && row.viewers >= options.least && row.viewers <= options.most)
  .map((row) => ({ ...row, viewers: options.viewers ?? row.viewers }));
const jobs = wanted.flatMap((row) =>
  Array.from({ length: Math.min(options.seeds, row.seeds ?? options.seeds) }, (_, i) => ({ row, seed: i + 1 })),
);
const results = new Map(wanted.map((row) => [row, []]));
const total = jobs.length;
await Promise.all(
  Array.from({ length: Math.min(options.jobs, total) }, async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const { row, seed } = job;
      results.get(row)?.push(await simulate(row.scenario, row.viewers, seed));
      if (process.stderr.isTTY) process.stderr.write(`\r${total - jobs.length} of ${total} simulations `);
    }
  }),
);
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');

const table = new Table({
  head: [
    'scenario',
    'viewers',
    'offload',
    'limit',
    'ours / limit',
    'goal',
    'copies / N',
    'deadline',
    'waste',
    'control',
    'late',
    'start p95',
    'events',
    'missed',
  ],
  style: { head: [], border: [] },
});
const record = [];
for (const [row, runs] of results) {
  const verdict = judge(row, runs);
  const of = (key) => median(runs.map((run) => run.ours[key]));
  table.push([
    row.scenario,
    row.viewers,
    of('offload').toFixed(4),
    of('limit').toFixed(4),
    verdict.of_limit.toFixed(4),
    row.goal === undefined ? '' : `≥ ${row.goal}`,
    of('copies_of_audience').toFixed(4),
    of('by_deadline').toFixed(4),
    of('waste').toFixed(4),
    of('control').toFixed(4),
    verdict.late,
    `${verdict.start_up_more_ms >= 0 ? '+' : ''}${verdict.start_up_more_ms.toFixed(0)} ms`,
    of('events_per_viewer_second').toFixed(0),
    verdict.missed.join('; '),
  ]);
  record.push({
    ...row,
    ...verdict,
    runs: runs.length,
    ...Object.fromEntries(
      Object.keys(runs[0].ours)
        .filter((key) => typeof runs[0].ours[key] === 'number')
        .map((key) => [key, of(key)]),
    ),
  });
}
console.log(table.toString());
const file = options.json ?? (options.viewers === undefined ? `${root}bench/results/market.json` : undefined);
if (file) {
  // Rows that were not run this time stay as they are, in the order of the goals.
  const before = await readFile(file, 'utf8').then(JSON.parse, () => ({ rows: [] }));
  const isSame = (one, other) => one.scenario === other.scenario && one.viewers === other.viewers;
  const kept = before.rows.filter((row) => !record.some((one) => isSame(one, row)));
  const place = (row) => rows.findIndex((one) => isSame(one, row));
  const all = [...kept, ...record].sort((a, b) => place(a) - place(b));
  await writeFile(
    file,
    `${JSON.stringify({ command: 'npm run bench:market', date: new Date().toISOString().slice(0, 10), rows: all }, null, 2)}\n`,
  );
}
const missed = record.filter((row) => row.missed.length > 0).length;
console.log(missed === 0 ? 'every goal is met' : `${missed} of ${record.length} rows miss a goal`);
process.exit(missed === 0 ? 0 : 1);
