// Owns: the page's small nouns that need no browser: ledger, dots, words for numbers.
// Refuses: drawing and players (Playwright's business). Invariant: time is an argument.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { build, stop } from 'esbuild';
import { fileURLToPath } from 'node:url';

const { outputFiles } = await build({
  stdin: {
    contents: `export * from './byte-ledger'; export * from './block-dots'; export * from './format';`,
    resolveDir: fileURLToPath(new URL('../page/', import.meta.url)),
  },
  bundle: true,
  format: 'esm',
  write: false,
});
const { ByteLedger, BlockDots, formatBytes, formatPercent, formatRate, formatSeconds, offloadOf } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);
after(() => stop());

const stats = (bytesFromCdn, bytesFromPeers) => ({ bytesFromCdn, bytesFromPeers, bytesUploaded: 0, bytesWasted: 0 });

test('switching sharing off and on keeps every byte and counts none twice', () => {
  const ledger = new ByteLedger();
  ledger.settle(stats(100, 300));
  ledger.addPlain(50);
  assert.deepEqual(ledger.totals(), { cdn: 150, peers: 300, uploaded: 0, wasted: 0 });
  assert.deepEqual(ledger.totals(stats(10, 40)), { cdn: 160, peers: 340, uploaded: 0, wasted: 0 });
  ledger.settle(stats(10, 40));
  assert.equal(offloadOf(ledger.totals()), 340 / 500);
});

test('before the first byte the offload is nothing, not a division by zero', () => {
  assert.equal(offloadOf(new ByteLedger().totals()), 0);
});

/** Dots on their way as `edge flow` words. */
const moving = (dots, nowMs) => [...dots.moving(nowMs)].map(({ edge, flow }) => `${edge} ${flow}`);

test('a dot is one block: part of a block waits for the rest', () => {
  const dots = new BlockDots();
  dots.feed('ann', 'in', 61_439, 0, 100);
  assert.deepEqual(moving(dots, 50), []);
  dots.feed('ann', 'in', 1, 100, 100);
  assert.deepEqual(moving(dots, 150), ['ann in']);
});

test('dots of one look leave one after another, and arrive', () => {
  const dots = new BlockDots();
  dots.feed('ann', 'out', 4 * 61_440, 0, 400);
  assert.deepEqual(
    [0, 100, 250, 399].map((ms) => moving(dots, ms).length),
    [1, 2, 3, 4],
  );
  assert.deepEqual(moving(dots, 5000), []);
});

test('a peer that left takes its dots along, others keep theirs', () => {
  const dots = new BlockDots();
  dots.feed('ann', 'in', 61_440, 0, 1);
  dots.feed('bob', 'in', 61_440, 0, 1);
  dots.forget('ann');
  assert.deepEqual(moving(dots, 10), ['bob in']);
});

test('a burst after a nap is a bounded number of dots', () => {
  const dots = new BlockDots();
  dots.feed('ann', 'in', 1e9, 0, 1);
  assert.equal(moving(dots, 2).length, 240);
});

test('numbers as people read them', () => {
  assert.deepEqual([0, 999, 61_440, 999_700, 12_345_678, 4e9].map(formatBytes), [
    '0 B',
    '999 B',
    '61.4 kB',
    '1.00 MB',
    '12.3 MB',
    '4.00 GB',
  ]);
  assert.deepEqual([0, 0.004, 0.749].map(formatPercent), ['0 %', '0.4 %', '75 %']);
  assert.deepEqual([653_400, 2_500_000].map(formatRate), ['653 kbit/s', '2.5 Mbit/s']);
  assert.deepEqual([NaN, 0, 6.24].map(formatSeconds), ['–', '–', '6.2 s']);
});
