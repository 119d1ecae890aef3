// Every test there is, in order of speed, with one closing count. Owns the list of runners; refuses to be one.
// Invariant: a runner that fails does not stop the next, and any failure makes the whole fail.
//   node scripts/test.mjs [native|sanitize|scripts|glue|demo|bench|size|browser …]
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPreset } from './setup/build.mjs';
import { Stop } from './setup/stop.mjs';
import { closingLines, ofGoogleTest, ofJest, ofPlaywright, ofTap } from './test-reports.mjs';

/** @typedef {import('./test-reports.mjs').Report} Report */

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, 'build/test-results');
mkdirSync(results, { recursive: true });

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env */
function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } }).status === 0;
}

/** @param {Report[]} reports @returns {Report} */
function together(reports) {
  return {
    passed: reports.reduce((sum, { passed }) => sum + passed, 0),
    failed: reports.reduce((sum, { failed }) => sum + failed, 0),
    failures: reports.flatMap(({ failures }) => failures),
  };
}

/** A check that is not made of tests. @param {boolean} isGood @param {string} whose @param {string} said @returns {Report} */
const oneCheck = (isGood, whose, said) =>
  isGood ? { passed: 1, failed: 0, failures: [] } : { passed: 0, failed: 1, failures: [{ name: whose, said }] };

/** @param {string} preset of CMakePresets.json */
function native(preset) {
  buildPreset(root, preset);
  const folder = preset === 'native' ? 'build' : `build/${preset}`;
  const reports = ['native_tests', 'tracker_tests'].map((executable) => {
    const report = join(results, `${preset}-${executable}.json`);
    rmSync(report, { force: true });
    const isGood = run(join(root, folder, 'tests-native', executable), [`--gtest_output=json:${report}`, '--gtest_brief=1'], {
      UBSAN_OPTIONS: 'print_stacktrace=1',
    });
    return ofGoogleTest(report, isGood, `${preset} ${executable}`);
  });
  return together(reports);
}

/** One build for both: what finds bad memory also counts the lines that ran. */
function sanitize() {
  const tests = native('sanitize');
  const build = 'build/sanitize';
  const args = ['--root', '.', '--filter', 'wasm/core/', '--filter', 'tracker/', '--object-directory', build, '--exclude-throw-branches'];
  // clang's counters, so clang's reader. Threads count without a lock: now and then a line's count is torn, and that line is left out.
  const isGood = run('gcovr', [...args, '--gcov-executable', 'llvm-cov-14 gcov', '--gcov-ignore-parse-errors', '--delete', build]);
  return together([tests, oneCheck(isGood, 'coverage', 'gcovr could not read what the tests covered: its words are above')]);
}

/** @param {string} report of Jest */
function glue(report = join(results, 'glue.json')) {
  rmSync(report, { force: true });
  const config = ['--config', 'tests-browser/jest/jest.config.mjs', '--coverage', '--json', `--outputFile=${report}`];
  const isGood = run(process.execPath, ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', ...config]);
  return ofJest(report, isGood, 'glue');
}

/** Plain scripts' own tests, by Node's runner. @param {string} folder */
function scripted(folder) {
  const done = spawnSync(process.execPath, ['--test', '--test-reporter=tap', folder], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (done.status !== 0) console.error(done.stdout + done.stderr);
  return ofTap(done.stdout, done.status === 0, folder);
}

function browser(report = join(results, 'browser.json')) {
  rmSync(report, { force: true });
  const isGood = run('npx', ['playwright', 'test', '--config', 'tests-browser/playwright/playwright.config.ts', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: report,
  });
  return ofPlaywright(report, isGood, 'browser');
}

const scripts = () => scripted('scripts/test/');
const demo = () => scripted('web-demo/test/');
const bench = () => scripted('bench/test/');
const size = () => oneCheck(run(process.execPath, ['scripts/size.mjs']), 'size', 'the download is over its budget: see above');

const runners = { native: () => native('native'), sanitize, scripts, glue, demo, bench, size, browser };
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!(name in runners)) {
    console.error(`there is no test runner "${name}": ${Object.keys(runners).join(', ')}`);
    process.exit(2);
  }
}

/** @type {Report[]} */
const reports = [];
for (const [name, runner] of Object.entries(runners)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n=== ${name}`);
  const began = Date.now();
  /** @type {Report} */
  let report;
  try {
    report = runner();
  } catch (problem) {
    if (!(problem instanceof Stop)) throw problem;
    console.error(problem.message);
    report = oneCheck(false, name, problem.message);
  }
  reports.push(report);
  console.log(`=== ${name}: ${report.passed} passed, ${report.failed} failed, ${Math.round((Date.now() - began) / 1000)} s`);
}
const all = together(reports);
console.log(['', ...closingLines(all.failures), `${all.passed} passed, ${all.failed} failed`].join('\n'));
process.exit(all.failed === 0 ? 0 : 1);
