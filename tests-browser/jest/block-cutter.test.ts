// Streams become blocks. Pictures: one letter a block as it is emitted, `+n` for surplus bytes.
import { expect, test } from '@jest/globals';
import { BlockCutter } from '../../js-glue/block-cutter.js';
import { kBlockBytes } from '../../js-glue/block-store.js';

const K = kBlockBytes;

/** Feeds chunks of these sizes, bytes counting up, and draws what came out. */
function cut(options: { first?: number; total: number; skip?: number }, chunks: number[]): string {
  const out: string[] = [];
  let next = 0;
  const cutter = new BlockCutter(options.first ?? 0, options.total, options.skip ?? 0, (index, block) => {
    const isInOrder = block.every((byte, i) => byte === ((options.skip ?? 0) + (index - (options.first ?? 0)) * K + i) % 251);
    out.push(`${index}:${block.length}${isInOrder ? '' : '!'}`);
  });
  for (const size of chunks) cutter.push(Uint8Array.from({ length: size }, () => next++ % 251));
  const size = cutter.finish();
  return `${out.join(' ')} | ${size} +${cutter.surplusBytes}${cutter.isComplete ? ' complete' : ''}`;
}

test.each([
  ['one chunk a block', { total: 2 * K }, [K, K], `0:${K} 1:${K} | ${2 * K} +0 complete`],
  ['everything at once, with a short last block', { total: 2 * K + 7 }, [2 * K + 7], `0:${K} 1:${K} 2:7 | ${2 * K + 7} +0 complete`],
  ['crumbs', { total: K + 3 }, [1, K - 2, 3, 1], `0:${K} 1:3 | ${K + 3} +0 complete`],
  ['a run from the middle', { first: 3, total: 9 * K }, [K + 10, K - 10], `3:${K} 4:${K} | ${5 * K} +0`],
  ['an answer that ends inside a block', { total: 2 * K }, [K + 5], `0:${K} | ${K + 5} +5`],
  ['an answer longer than the segment', { total: 10 }, [25], '0:10 | 10 +15 complete'],
  ['an answer that begins before the segment', { total: 10, skip: 30 }, [20, 25], '0:10 | 10 +35 complete'],
  ['a size that only the end tells', { total: Infinity }, [K, 5], `0:${K} 1:5 | ${K + 5} +0`],
  ['nothing at all', { total: Infinity }, [], ' | 0 +0'],
])('%s', (_name, options, chunks, picture) => {
  expect(cut(options, chunks)).toBe(picture);
});
