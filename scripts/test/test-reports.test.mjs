// Whoever reads only the end of a long log must still find what failed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { closingLines, ofGoogleTest, ofJest, ofPlaywright, ofTap } from '../test-reports.mjs';

const folder = mkdtempSync(join(tmpdir(), 'reports-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {unknown} content */
function report(content) {
  const path = join(folder, 'report.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('GoogleTest: the failed test by name, with what it said', () => {
  const testsuite = [{ name: 'Ends' }, { name: 'Begins', failures: [{ failure: 'queue_test.cpp:7\nExpected equality\n\n  1\n  2' }] }];
  const path = report({ tests: 2, testsuites: [{ name: 'Queue', testsuite }] });
  assert.deepEqual(ofGoogleTest(path, false, 'native'), {
    passed: 1,
    failed: 1,
    failures: [{ name: 'native Queue.Begins', said: 'queue_test.cpp:7\nExpected equality\n  1\n  2' }],
  });
});

test('Jest: a failed test, and a file that did not load', () => {
  const failing = { status: 'failed', fullName: 'loader waits', failureMessages: ['\u001b[31mexpected 3\u001b[39m'] };
  const testResults = [
    { name: 'a.test.ts', status: 'failed', message: 'long', assertionResults: [failing, { status: 'passed' }] },
    { name: 'b.test.ts', status: 'failed', message: 'cannot find module', assertionResults: [] },
  ];
  assert.deepEqual(ofJest(report({ numPassedTests: 1, testResults }), false, 'glue').failures, [
    { name: 'glue loader waits', said: 'expected 3' },
    { name: 'glue b.test.ts', said: 'cannot find module' },
  ]);
});

test('Playwright: specs inside describes, however deep', () => {
  const spec = { ok: false, title: 'shares', tests: [{ results: [{ error: { message: 'no offload' } }] }] };
  const suites = [{ file: 'a.spec.ts', specs: [], suites: [{ file: 'a.spec.ts', specs: [spec, { ok: true }] }] }];
  assert.deepEqual(ofPlaywright(report({ stats: { expected: 4 }, errors: [], suites }), false, 'browser'), {
    passed: 4,
    failed: 1,
    failures: [{ name: 'browser a.spec.ts › shares', said: 'no offload' }],
  });
});

test("TAP as Node's runner of today writes it", () => {
  const path = join(folder, 'one.test.mjs');
  writeFileSync(
    path,
    `import { test } from 'node:test';
     test('good', () => {});
     test('outer', async (t) => { await t.test('inner', () => { throw new Error('as it must'); }); });`,
  );
  // Without this a test runner inside a test runner reports to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout, status } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', path], { encoding: 'utf8', env });
  assert.equal(status, 1);
  const { passed, failures } = ofTap(stdout, false, 'bench');
  assert.equal(passed, 1);
  assert.deepEqual(
    failures.map(({ name }) => name),
    ['bench inner'],
  );
  assert.match(failures[0]?.said ?? '', /as it must/);
});

for (const [what, content] of Object.entries({
  'no report': undefined,
  'a report cut off': '{"tests": 3, "testsu',
  'a report of nothing': {},
})) {
  test(`${what} is a failure`, () => {
    const path = content === undefined ? join(folder, 'none.json') : report(content);
    for (const read of [ofGoogleTest, ofJest, ofPlaywright]) {
      const { passed, failed, failures } = read(path, true, 'glue');
      assert.deepEqual({ passed, failed, names: failures.map(({ name }) => name) }, { passed: 0, failed: 1, names: ['glue'] });
    }
  });
}

test('a crash after the last test is a failure though every test passed', () => {
  const path = report({ tests: 1, testsuites: [{ name: 'Queue', testsuite: [{ name: 'Ends' }] }] });
  assert.equal(ofGoogleTest(path, true, 'native').failed, 0);
  assert.equal(ofGoogleTest(path, false, 'native').failed, 1);
});

test('closing lines carry one mark, by which .ci/run finds them', () => {
  assert.deepEqual(closingLines([{ name: 'native Queue.Begins', said: 'a\nb' }]), [
    'FAILED native Queue.Begins',
    'FAILED     a',
    'FAILED     b',
  ]);
});
