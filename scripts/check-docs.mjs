// What documents claim, held against the checkout: files exist, commands exist, pictures are light, the benchmark's table is the
// committed record; and the lock file does not say where packages came from.
// Owns these checks; refuses to judge prose. Invariant: exits 1 with a line a problem, and changes nothing without `--write`.
//   node scripts/check-docs.mjs [--write]     --write renews the tables and the picture of docs/performance.md. Run with `npm run lint`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserMarkdown, sweepPoints } from '../bench/browser/markdown.mjs';
import { sweepPlot } from '../bench/browser/plot.mjs';
import { marketMarkdown } from '../bench/market-goals.mjs';
import { trackerMarkdown } from '../bench/tracker-goals.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const kPictureBytesMax = 300 * 1024;
/** What a build makes, which need not be there. */
const made = new Set(['build', 'dist', 'node_modules']);
const problems = [];
/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8');

const documents = ['', 'docs', 'docs/decisions', 'web-demo'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

/** `path/to/file.ext` or `dir/` in backticks, [text](path) links and pictures. @param {string} text */
function* pathsIn(text) {
  for (const [, path = ''] of text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g))
    if (path.includes('/') || isSource(path)) yield { path, isLink: false };
  for (const [, path = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) yield { path, isLink: true };
  for (const [, path = ''] of text.matchAll(/\bsrc(?:set)?="(?!https?:)([^"]+)"/g)) yield { path, isLink: true };
}

const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).stdout.split('\n');
const top = new Set(readdirSync(root));
const isSource = (/** @type {string} */ path) => /\.(cpp|hpp|ts|mjs|md|html|css|png)$/.test(path);
/** A document may name a file by the end of its path, `engine.hpp`. @param {string} path */
const isTail = (path) => files.some((file) => file === path || file.endsWith(`/${path}`));

function checkPaths(document, text) {
  const here = dirname(join(root, document));
  for (const { path, isLink } of pathsIn(text)) {
    const first = path.split('/')[0] ?? '';
    if (made.has(first)) continue;
    const found = [join(root, path), join(here, path)].find((place) => existsSync(place));
    // Backticks hold other things with a slash too (media types, refs): those that look like ours must be ours.
    if (!found && (isLink || top.has(first) || (isSource(path) && !isTail(path))))
      problems.push(`${document} names ${path}, which does not exist`);
    if (found?.endsWith('.png') && statSync(found).size > kPictureBytesMax) problems.push(`${path} is over ${kPictureBytesMax / 1024} KiB`);
  }
}

const { scripts } = JSON.parse(read('package.json'));
const runners = /const runners = \{(.*?)\};/s.exec(read('scripts/test.mjs'))?.[1] ?? '';

function checkCommands(document, text) {
  for (const [, name = ''] of text.matchAll(/\bnpm run ([\w:-]+)/g)) {
    if (!(name in scripts)) problems.push(`${document} names \`npm run ${name}\`, which package.json does not have`);
  }
  for (const [, name = ''] of text.matchAll(/`npm test (\w+)`/g)) {
    if (!new RegExp(`\\b${name}\\b`).test(runners))
      problems.push(`${document} names \`npm test ${name}\`, which scripts/test.mjs does not run`);
  }
  for (const [path] of text.matchAll(/(?<![\w.])\/(?:home|root|work|tmp)\/[\w./-]*/g)) {
    problems.push(`${document} names ${path}, a path of somebody's machine`);
  }
}

/** The two tables of a benchmark's record, as Markdown. */
function benchTables(record) {
  const time = (ns) => (ns === undefined ? '' : ns < 1000 ? `${Math.round(ns)} ns` : `${(ns / 1000).toFixed(2)} µs`);
  const words = (name) => name.replaceAll('_', ' ');
  const core = Object.keys(record.wasm).map((name) => {
    const goal = record.goals_in_wasm[name];
    return `| ${words(name)} | ${time(record.native[name])} | ${time(record.wasm[name])} | ${goal ? `< ${time(goal)}` : ''} |`;
  });
  const others = ['@msgpack/msgpack', 'msgpackr'];
  const codecs = Object.entries(record.codecs).map(
    ([name, row]) =>
      `| ${name} | ${time(record.native[name.replace(' ', '_')])} | ${['ours', ...others].map((who) => time(row[who])).join(' | ')} |`,
  );
  return [
    '| core (12 peers, 200 blocks in a step) | native | WASM | goal in WASM |',
    '|---|---|---|---|',
    ...core,
    '',
    `| codec | native | ours in WASM | ${others.join(' | ')} |`,
    '|---|---|---|---|---|',
    ...codecs,
  ].join('\n');
}

/** What stands between two marks of a document is made from a record. @param {string} document @param {string} mark @param {string} made @param {string} from */
function checkMade(document, mark, made, from) {
  const text = read(document);
  const now = text.replace(new RegExp(`(<!-- ${mark} -->\\n)[\\s\\S]*?(<!-- end -->)`), (_, begin, end) => `${begin}${made}\n${end}`);
  if (!text.includes(`<!-- ${mark} -->`)) problems.push(`${document} has no place for ${from}: <!-- ${mark} -->`);
  else checkFile(document, now, from);
}

/** @param {string} path @param {string} content @param {string} from */
function checkFile(path, content, from) {
  if (existsSync(join(root, path)) && read(path) === content) return;
  if (process.argv.includes('--write')) writeFileSync(join(root, path), content);
  else problems.push(`${path} is not ${from}: run \`node scripts/check-docs.mjs --write\``);
}

function checkBench() {
  const document = 'docs/performance.md';
  if (!existsSync(join(root, document))) return;
  checkMade(document, 'bench', benchTables(JSON.parse(read('bench/results/latest.json'))), 'bench/results/latest.json');
  const market = 'bench/results/market.json';
  if (existsSync(join(root, market))) checkMade(document, 'bench:market', marketMarkdown(JSON.parse(read(market))), market);
  const tracker = 'bench/results/tracker.json';
  if (existsSync(join(root, tracker))) checkMade(document, 'bench:tracker', trackerMarkdown(JSON.parse(read(tracker))), tracker);
  const browser = 'bench/results/browser.json';
  if (!existsSync(join(root, browser))) return;
  const record = JSON.parse(read(browser));
  checkMade(document, 'bench:browser', browserMarkdown(record), browser);
  if (record.sweep) checkFile('docs/images/browser-sweep.svg', sweepPlot(sweepPoints(record.sweep)), browser);
}

checkBench();
for (const document of documents) {
  const text = read(document);
  checkPaths(document, text);
  checkCommands(document, text);
}
if (/"resolved"\s*:/.test(read('package-lock.json'))) {
  problems.push(
    'package-lock.json records download addresses: remove the "resolved" fields (npm install --omit-lockfile-registry-resolved)',
  );
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${documents.length} documents name only files and commands that exist`);
