// What a test runner's report says: how many passed, how many failed, and which with what first words. Owns the four formats that our
// runners write; refuses to run or print anything. Invariant: a report that is missing, cut off or says less than the exit code is one failure.
import { readFileSync } from 'node:fs';

/** @typedef {{ name: string, said: string }} Failure `said`: the first lines of the failure's message. */
/** @typedef {{ passed: number, failed: number, failures: Failure[] }} Report */

const kLinesMax = 6;

/** @param {string} text may hold terminal colours */
function firstLines(text) {
  const plain = text.replace(/\u001b\[[0-9;]*m/g, '');
  const lines = plain.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, kLinesMax).join('\n');
}

/** @param {number} passed @param {Failure[]} failures @param {boolean} isGood the exit code's word @param {string} whose @returns {Report} */
function reportOf(passed, failures, isGood, whose) {
  const all = isGood || failures.length > 0 ? failures : [{ name: whose, said: 'ended badly, and its report names no test that failed' }];
  return { passed, failed: all.length, failures: all };
}

/** @param {string} path @param {boolean} isGood @param {string} whose @param {(json: any) => { passed: number, failures: Failure[] }} read */
function fromJson(path, isGood, whose, read) {
  try {
    const { passed, failures } = read(JSON.parse(readFileSync(path, 'utf8')));
    return reportOf(passed, failures, isGood, whose);
  } catch (problem) {
    return reportOf(0, [{ name: whose, said: `left no whole report: ${/** @type {Error} */ (problem).message}` }], false, whose);
  }
}

/** GoogleTest's `--gtest_output=json`. @param {string} path @param {boolean} isGood @param {string} whose */
export function ofGoogleTest(path, isGood, whose) {
  return fromJson(path, isGood, whose, ({ tests, testsuites }) => {
    /** @type {Failure[]} */
    const failures = [];
    for (const suite of testsuites) {
      for (const test of suite.testsuite) {
        const [first] = test.failures ?? [];
        if (first) failures.push({ name: `${whose} ${suite.name}.${test.name}`, said: firstLines(first.failure) });
      }
    }
    return { passed: tests - failures.length, failures };
  });
}

/** Jest's `--json`. @param {string} path @param {boolean} isGood @param {string} whose */
export function ofJest(path, isGood, whose) {
  return fromJson(path, isGood, whose, ({ numPassedTests, testResults }) => {
    /** @type {Failure[]} */
    const failures = [];
    for (const file of testResults) {
      const failed = file.assertionResults.filter((/** @type {any} */ test) => test.status === 'failed');
      for (const test of failed) failures.push({ name: `${whose} ${test.fullName}`, said: firstLines(test.failureMessages.join('\n')) });
      // A file that did not even load has a message and no tests.
      if (file.status === 'failed' && failed.length === 0) failures.push({ name: `${whose} ${file.name}`, said: firstLines(file.message) });
    }
    return { passed: numPassedTests, failures };
  });
}

/** Playwright's json reporter. @param {string} path @param {boolean} isGood @param {string} whose */
export function ofPlaywright(path, isGood, whose) {
  return fromJson(path, isGood, whose, ({ stats, suites, errors }) => {
    /** @type {Failure[]} */
    const failures = errors.map((/** @type {any} */ error) => ({ name: whose, said: firstLines(error.message ?? '') }));
    const walk = (/** @type {any} */ suite) => {
      (suite.suites ?? []).forEach(walk);
      for (const spec of suite.specs ?? []) {
        if (spec.ok) continue;
        const messages = spec.tests.flatMap((/** @type {any} */ test) =>
          test.results.map((/** @type {any} */ result) => result.error?.message ?? ''),
        );
        failures.push({ name: `${whose} ${suite.file} › ${spec.title}`, said: firstLines(messages.join('\n')) });
      }
    };
    suites.forEach(walk);
    return { passed: stats.expected, failures };
  });
}

/** Node's own runner, `--test-reporter=tap`. @param {string} text @param {boolean} isGood @param {string} whose */
export function ofTap(text, isGood, whose) {
  const passed = Number(/^# pass (\d+)$/m.exec(text)?.[1] ?? 0);
  /** @type {Failure[]} */
  const failures = [];
  const lines = text.split('\n');
  lines.forEach((line, at) => {
    const [, indent = '', name = ''] = /^( *)not ok \d+ - (.*)$/.exec(line) ?? [];
    if (name === '') return;
    const details = lines.slice(at + 1, at + 40);
    const end = details.findIndex((detail) => detail === `${indent}  ...`);
    const own = end < 0 ? details : details.slice(0, end);
    // A suite fails with its tests; the tests are named already.
    if (own.some((detail) => detail.includes("failureType: 'subtestsFailed'"))) return;
    const error = own.findIndex((detail) => /^ *error:/.test(detail));
    failures.push({ name: `${whose} ${name}`, said: firstLines(error < 0 ? '' : own.slice(error).join('\n')) });
  });
  return reportOf(passed, failures, isGood, whose);
}

/** The lines to close with: what failed, again, for whoever reads only the end. @param {Failure[]} failures */
export function closingLines(failures) {
  return failures.flatMap(({ name, said }) => [`FAILED ${name}`, ...said.split('\n').map((line) => `FAILED     ${line}`)]);
}
