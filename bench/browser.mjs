#!/usr/bin/env node
// `npm run bench:browser`: real Chromiums in network namespaces, ours beside p2p-media-loader and the bare CDN, on one stream.
// Owns options, order, the record and the exit code; refuses to measure (bench/browser/ does). Invariant: however this ends, no
// namespace, bridge or process of it is left; what a killed run left is removed before the next begins.
import { Command, InvalidArgumentError, Option } from 'commander';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cases, contestants, sweep, targets } from './browser/cases.mjs';
import { cpuFloorRatio, misses } from './browser/figures.mjs';
import { floorOf, measureFloor } from './browser/floor.mjs';
import { buildPages } from './browser/hub.mjs';
import { measure } from './browser/measurement.mjs';
import { measureNewcomers } from './browser/newcomer.mjs';
import { openHub, removeAll } from './browser/network.mjs';
import { checkMachine, holdMachine } from './browser/machine.mjs';
import { Stop } from './browser/stop.mjs';
import { caseTable } from './browser/table.mjs';
import { inTurn } from './browser/turn.mjs';
import { caseTitle, floorLines, newcomerLines } from './browser/words.mjs';
import { DemoError } from '../web-demo/origin/demo-error.mjs';

const kRecord = fileURLToPath(new URL('results/browser.json', import.meta.url));
const kFloorSeconds = 8;

const namesOf = (/** @type {{ name: string }[]} */ known) => known.map(({ name }) => name).join(', ');
const among = (/** @type {{ name: string }[]} */ known) => (/** @type {string} */ text) => {
  const names = text === 'none' ? [] : text.split(',');
  const wrong = names.find((name) => !known.some((one) => one.name === name));
  if (wrong !== undefined) throw new InvalidArgumentError(`There is ${namesOf(known)}; "none" for none.`);
  return known.filter(({ name }) => names.includes(name));
};
const whole = (/** @type {number} */ least, /** @type {number} */ most) => (/** @type {string} */ text) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  return value;
};
const seconds = whole(4, 600);

const options = new Command('npm run bench:browser --')
  .description('Viewers in real browsers with real uplinks: hls-bazaar, p2p-media-loader and the CDN alone, side by side.')
  .addOption(new Option('--cases <names>', `of ${namesOf(cases)}; none`).argParser(among(cases)).default(cases, 'all'))
  .addOption(new Option('--contestants <names>', `of ${namesOf(contestants)}`).argParser(among(contestants)).default(contestants, 'all'))
  .option('--sweep', 'also segment lengths of 1, 2, 4 s with 2, 4, 6, 8 viewers, ours and the CDN alone')
  .option(
    '--newcomers <times>',
    'also one page opened so often beside two who trade, ours and the CDN alone: its first picture',
    whole(1, 1000),
  )
  .option('--seconds <n>', 'length of the measured window', seconds, 40)
  .option('--warm-up <n>', 'seconds from the last first picture to the window', seconds, 20)
  .option('--json <file>', 'where the figures go; a full run writes bench/results/browser.json')
  .option('--lock <file>', 'hold this file with flock during each case: for machines that several people measure on')
  .option('--quick', 'four viewers, CDN and ours, short windows: does it work at all')
  .parse()
  .opts();
if (options.quick) {
  options.cases = cases.filter(({ name }) => name === '4');
  options.contestants = contestants.filter(({ name }) => ['cdn', 'ours'].includes(name));
  options.seconds = 12;
  options.warmUp = 8;
}

const say = (/** @type {string} */ line) => console.error(line);

async function runCase(kase, who, window, pages) {
  const rows = [];
  for (const contestant of who) {
    say(`${caseTitle(kase)}: ${contestant.title} …`);
    const row = await measure(kase, contestant, { ...window, pages, say });
    for (const complaint of row.complaints) say(complaint);
    say(
      `  offload ${row.offload.toFixed(3)}, latency ${row.latencyS.p50.toFixed(2)} s, stalls ${row.stalls}, CPU ${row.cpuSPerMb.toFixed(3)} s/MB`,
    );
    rows.push(row);
  }
  const cdn = rows.find(({ contestant }) => contestant === 'cdn');
  const ours = rows.find(({ contestant }) => contestant === 'ours');
  if (ours) ours.misses = misses(ours, cdn, { ...targets, offloadMin: kase.offloadMin });
  return { case: kase, rows };
}

/** Ours with ever more viewers; the CDN alone once, because its viewers know nothing of each other. */
async function runSweep(row, window, pages) {
  const by = (/** @type {string} */ wanted) => contestants.filter(({ name }) => name === wanted);
  const results = [];
  for (const kase of row) {
    const result = await runCase(kase, kase === row[0] ? [...by('cdn'), ...by('ours')] : by('ours'), window, pages);
    console.log(`\n${caseTable(result)}\n`);
    results.push(result);
  }
  return results;
}

function floorSentence(floor, results) {
  return results.flatMap(({ case: kase, rows }) => {
    const channel = floorOf(floor, kase.uplinkBps);
    const [cdn, ours] = ['cdn', 'ours'].map((name) => rows.find(({ contestant }) => contestant === name));
    if (!channel || !cdn || !ours) return [];
    const ratio = cpuFloorRatio(cdn.cpuSPerMb, channel.cpuSPerMb, ours.offload);
    return [
      `${caseTitle(kase)}: the floor of CPU is ${ratio.toFixed(2)} × CDN-only, ours is ${(ours.cpuSPerMb / cdn.cpuSPerMb).toFixed(2)} ×`,
    ];
  });
}

const stamp = () => ({
  date: new Date().toISOString().slice(0, 10),
  machine: { cpu: os.cpus()[0]?.model, cores: os.cpus().length, system: `${os.type()} ${os.release()}`, load: os.loadavg()[0] },
  seconds: options.seconds,
  warmUpS: options.warmUp,
});

function readRecord(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

async function main() {
  checkMachine();
  holdMachine();
  removeAll();
  process.on('exit', removeAll);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => process.exit(1));
  // Chromium's profiles and the like: of this run only, whatever becomes of it.
  const scratch = join(os.tmpdir(), 'hls-bazaar-bench');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  process.env.TMPDIR = scratch;
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

  openHub();
  const pages = await buildPages();
  const window = { warmUpS: options.warmUp, seconds: options.seconds };
  const record = { command: 'npm run bench:browser', targets };
  const results = [];
  if (options.cases.length > 0) {
    say('a bare data channel …');
    const floor = await inTurn(options.lock, () =>
      measureFloor({ uplinksBps: options.cases.map(({ uplinkBps }) => uplinkBps), seconds: kFloorSeconds, pages, say }),
    );
    for (const kase of options.cases) {
      const result = await inTurn(options.lock, () => runCase(kase, options.contestants, window, pages));
      console.log(`\n${caseTable(result)}\n`);
      results.push(result);
    }
    for (const line of [...floorLines(floor), ...floorSentence(floor, results)]) console.log(line);
    record.cases = { ...stamp(), floor, results };
  }
  const swept = [];
  if (options.sweep) {
    for (const segmentS of new Set(sweep.map((kase) => kase.segmentS))) {
      const row = sweep.filter((kase) => kase.segmentS === segmentS);
      swept.push(...(await inTurn(options.lock, () => runSweep(row, window, pages))));
    }
    record.sweep = { ...stamp(), results: swept };
  }
  if (options.newcomers) {
    say(`newcomers, ${options.newcomers} times each …`);
    const newcomers = await inTurn(options.lock, () => measureNewcomers({ times: options.newcomers, pages, say }));
    for (const line of newcomerLines(newcomers)) console.log(line);
    record.newcomers = { ...stamp(), results: newcomers };
  }

  const isFull = !options.quick && options.contestants.length === contestants.length && [0, cases.length].includes(options.cases.length);
  const file = options.json ?? (isFull ? kRecord : undefined);
  if (file) writeFileSync(file, `${JSON.stringify({ ...(file === kRecord ? readRecord(file) : {}), ...record }, rounded, 2)}\n`);
  return [...results, ...swept].some(({ rows }) => rows.some((row) => row.misses?.length > 0)) ? 1 : 0;
}

/** JSON keeps three digits after the point: enough to recompute, and a diff that can be read. */
const rounded = (_key, value) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);

try {
  process.exit(await main());
} catch (problem) {
  if (problem instanceof Stop || problem instanceof DemoError) console.error(problem.message);
  else console.error(problem);
  process.exit(2);
}
