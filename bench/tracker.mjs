// `npm run bench:tracker`: the tracker under load beside its opponent, profile after profile, each figure with its goal.
// Owns the order of runs and the record; refuses to load (bench/tracker/ does) and to judge (bench/tracker-goals.mjs does). Invariant: exit
// code 1 when a goal is missed, and the table says which; rows that were not run stay in the record as they are.
//   node bench/tracker.mjs [--profiles a,b] [--seconds 10] [--minutes 30] [--quick] [--json FILE] [--tracker PATH] [--load PATH]
import { access, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { judgeRow, rows } from './tracker-goals.mjs';
import { load, startOpponent, startRedis, startTracker, stop, stopAll } from './tracker/servers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const kGraceS = 60;
/** The model of a million viewers takes one to two minutes of a processor. */
const kModelMaxS = 900;

/** @param {string} text */
function positive(text) {
  if (!(Number(text) > 0)) throw new InvalidArgumentError('Give a number above 0.');
  return Number(text);
}

const options = new Command('npm run bench:tracker --')
  .description('The tracker under load, on loopback only. Server and load share this machine: compare rows with one another.')
  .option('--profiles <names>', `only these of ${rows.map((row) => row.name).join(', ')}`)
  .option('--seconds <n>', 'of measuring in each run', positive, 10)
  .option('--minutes <n>', 'of churn', positive, 30)
  .option('--quick', 'a look: 3 seconds, one run where others take medians, a minute of churn, nothing recorded')
  .option('--json <file>', 'the record to bring up to date (default: the committed one, unless --quick is given)')
  .option('--tracker <path>', 'the server', `${root}build/tracker/tracker`)
  .option('--load <path>', 'the generator', `${root}build/bench/tracker/tracker_load`)
  .option('--model <path>', 'the model of a large cluster', `${root}build/bench/tracker/million/tracker_million`)
  .parse()
  .opts();

for (const program of [options.tracker, options.load, options.model]) {
  await access(program).catch(() => {
    console.error(`${program} is not built: run "npm run build" first.`);
    process.exit(2);
  });
}
const names = options.profiles?.split(',');
for (const name of names ?? []) {
  if (rows.some((row) => row.name === name)) continue;
  console.error(`There is no profile ${name}: choose from ${rows.map((row) => row.name).join(', ')}.`);
  process.exit(2);
}
process.on('exit', stopAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** A node of its own, or two that share a Redis, so that viewers of the first have somewhere to go. */
async function serversFor(run) {
  if (run.server === 'theirs') return [await startOpponent()];
  if (!run.isPair) return [await startTracker(options.tracker, run)];
  const redis = await startRedis();
  const args = [
    ...run.args,
    '--backplane',
    redis.url,
    '--resume-secret',
    Buffer.from('of the bench, and nobody else').toString('base64url'),
  ];
  const first = await startTracker(options.tracker, { args });
  return [first, await startTracker(options.tracker, { args }), redis];
}

/** @param {import('./tracker-goals.mjs').Run} run */
async function perform(run) {
  if (run.server === 'none') return load(options.model, options.quick ? ['--viewers', '50000'] : [], kModelMaxS);
  const servers = await serversFor(run);
  try {
    const settings = { seconds: options.quick ? 3 : options.seconds, ...run.load };
    if (run.profile === 'churn') settings.seconds = 60 * (options.quick ? 1 : options.minutes);
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name.replaceAll('_', '-')}`, String(value)]);
    const next = run.isPair ? ['--next', servers[1].url] : [];
    const result = await load(
      options.load,
      [run.profile, '--target', servers[0].url, '--pid', String(servers[0].pid), ...next, ...flags],
      settings.seconds + kGraceS,
    );
    return run.profile === 'churn' ? { ...result, minutes: settings.seconds / 60 } : result;
  } finally {
    for (const server of servers) await stop(server);
  }
}

/** All runs of a row. Those that are repeated take turns, so that a slow minute of the machine falls on each alike. */
async function resultsOf(row) {
  const results = Object.fromEntries(Object.keys(row.runs).map((name) => [name, []]));
  const most = Math.max(...Object.values(row.runs).map((run) => (options.quick ? 1 : (run.repeats ?? 1))));
  for (let turn = 0; turn < most; ++turn) {
    for (const [name, run] of Object.entries(row.runs)) {
      if (turn >= (options.quick ? 1 : (run.repeats ?? 1))) continue;
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${row.name}: ${name} ${turn + 1}`);
      results[name].push(await perform(run));
    }
  }
  return results;
}

const table = new Table({
  head: ['profile', 'goal', 'ours', 'bittorrent-tracker', ''],
  style: { head: [], border: [] },
  colWidths: [24, 24, 56, 40, 20],
  wordWrap: true,
});
const file = options.json ?? (options.quick ? undefined : `${root}bench/results/tracker.json`);

/** Brings the record up to date. Rows that were not run stay as they are, in the order of the goals. @param {{ name: string }[]} record */
async function write(record) {
  if (!file) return;
  const before = await readFile(file, 'utf8').then(JSON.parse, () => ({ rows: [] }));
  const place = (row) => rows.findIndex((one) => one.name === row.name);
  const kept = before.rows.filter((row) => place(row) >= 0 && !record.some((one) => one.name === row.name));
  const all = [...kept, ...record].sort((a, b) => place(a) - place(b));
  const machine = `${os.cpus().length} cores (${os.cpus()[0]?.model.trim()})`;
  const date = new Date().toISOString().slice(0, 10);
  await writeFile(file, `${JSON.stringify({ command: 'npm run bench:tracker', date, machine, rows: all }, null, 2)}\n`);
}

const record = [];
for (const row of rows.filter((one) => !names || names.includes(one.name))) {
  const results = await resultsOf(row).catch((error) => console.error(`${row.name} did not run: ${error.message}`));
  if (!results) {
    process.exitCode = 1;
    continue;
  }
  const verdict = judgeRow(row, results);
  table.push([
    row.what,
    row.goal,
    verdict.measured,
    verdict.theirs,
    verdict.missed.length === 0 ? 'met' : `MISSED: ${verdict.missed.join('; ')}`,
  ]);
  record.push({ name: row.name, what: row.what, goal: row.goal, ...verdict, results });
  await write(record);
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
console.log(table.toString());
const missed = record.filter((row) => row.missed.length > 0).length;
console.log(missed === 0 ? 'every goal is met' : `${missed} of ${record.length} rows miss a goal`);
process.exit(missed === 0 ? process.exitCode : 1);
