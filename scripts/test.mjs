// Every test there is, in order of speed, with one closing count. Owns the list of runners; refuses to be one.
// Invariant: a runner that fails does not stop the next, and any failure makes the whole fail.
//   node scripts/test.mjs [native|sanitize|coverage|glue|demo|bench|size|browser …]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPreset } from './setup/build.mjs';
import { Stop } from './setup/stop.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, 'build/test-results');
mkdirSync(results, { recursive: true });

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env */
function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } }).status === 0;
}

/** Tests and failures in a GoogleTest JSON report. @param {string} preset */
function native(preset) {
  buildPreset(root, preset);
  const folder = preset === 'native' ? 'build' : `build/${preset}`;
  const report = join(results, `${preset}.json`);
  rmSync(report, { force: true });
  const isGood = run(join(root, folder, 'tests-native/native_tests'), [`--gtest_output=json:${report}`, '--gtest_brief=1'], {
    UBSAN_OPTIONS: 'print_stacktrace=1',
  });
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { tests, failures } = JSON.parse(readFileSync(report, 'utf8'));
  return { passed: tests - failures, failed: failures + (isGood || failures > 0 ? 0 : 1) };
}

function coverage() {
  const counts = native('coverage');
  run('gcovr', [
    '--root',
    '.',
    '--filter',
    'wasm/core/',
    '--filter',
    'tracker/',
    '--object-directory',
    'build/coverage',
    '--exclude-throw-branches',
    'build/coverage',
  ]);
  return counts;
}

/** @param {string} report of Jest */
function glue(report = join(results, 'glue.json')) {
  rmSync(report, { force: true });
  const isGood = run(process.execPath, [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    '--config',
    'tests-browser/jest/jest.config.mjs',
    '--coverage',
    '--json',
    `--outputFile=${report}`,
  ]);
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  return { passed: numPassedTests, failed: isGood ? 0 : Math.max(numFailedTests, numFailedTestSuites, 1) };
}

/** Plain scripts' own tests, by Node's runner. @param {string} folder */
function scripted(folder) {
  const done = spawnSync(process.execPath, ['--test', '--test-reporter=tap', folder], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const count = (/** @type {string} */ word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(done.stdout)?.[1] ?? 0);
  if (done.status !== 0) console.error(done.stdout + done.stderr);
  return { passed: count('pass'), failed: done.status === 0 ? 0 : Math.max(count('fail'), 1) };
}

function browser(report = join(results, 'browser.json')) {
  rmSync(report, { force: true });
  const isGood = run('npx', ['playwright', 'test', '--config', 'tests-browser/playwright/playwright.config.ts', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: report,
  });
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { stats } = JSON.parse(readFileSync(report, 'utf8'));
  return { passed: stats.expected, failed: isGood ? 0 : Math.max(stats.unexpected + stats.flaky, 1) };
}

const demo = () => scripted('web-demo/test/');
const bench = () => scripted('bench/test/');
const size = () => (run(process.execPath, ['scripts/size.mjs']) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

const runners = { native: () => native('native'), sanitize: () => native('sanitize'), coverage, glue, demo, bench, size, browser };
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!(name in runners)) {
    console.error(`there is no test runner "${name}": ${Object.keys(runners).join(', ')}`);
    process.exit(2);
  }
}

let passed = 0;
let failed = 0;
for (const [name, runner] of Object.entries(runners)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n=== ${name}`);
  const began = Date.now();
  let counts = { passed: 0, failed: 1 };
  try {
    counts = runner();
  } catch (problem) {
    if (!(problem instanceof Stop)) throw problem;
    console.error(problem.message);
  }
  passed += counts.passed;
  failed += counts.failed;
  console.log(`=== ${name}: ${counts.passed} passed, ${counts.failed} failed, ${Math.round((Date.now() - began) / 1000)} s`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
