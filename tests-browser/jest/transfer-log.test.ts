// Active time, the truth behind bandwidth. Pictures: a line a transfer, a column 10 ms, `-` asked, `=` bytes coming.
import { expect, test } from '@jest/globals';
import { TransferLog, unionMs } from '../../js-glue/transfer-log.js';

/** Replays CDN fetches of one segment, each bringing `bytes`. */
function replay(lines: string[], bytes = 1000): TransferLog {
  const log = new TransferLog();
  lines.forEach((line, id) => {
    const from = line.search(/[-=]/) * 10;
    const first = line.indexOf('=') * 10;
    log.fetchBegan(id, 1, from);
    log.fetchAnswered(id, first);
    log.fetchBrought(id, bytes);
    log.fetchEnded(id, line.length * 10);
  });
  return log;
}

test.each([
  ['one transfer', ['--====='], { activeMs: 70, firstByteMs: 20 }],
  ['two at once count once', ['--=====', ' -====='], { activeMs: 70, firstByteMs: 20 }],
  ['waiting between them does not count', ['-==', '             -=='], { activeMs: 60, firstByteMs: 10 }],
  ['one inside another', ['-=========', '   -=='], { activeMs: 100, firstByteMs: 10 }],
])('%s', (_name, lines, expected) => {
  expect(replay(lines).activity(1, 1000)).toEqual(expected);
});

test('a fetch under way counts until now, so that a dead link reads as dead', () => {
  const log = new TransferLog();
  log.fetchBegan(1, 1, 100);
  expect(log.activity(1, 3100)).toEqual({ activeMs: 3000, firstByteMs: 0 });
});

test('a fetch that brought nothing counts for nothing once it ended', () => {
  const log = new TransferLog();
  log.fetchBegan(1, 1, 100);
  log.fetchEnded(1, 900);
  expect(log.activity(1, 1000).activeMs).toBe(0);
});

test('a block from a peer counts from the ask to its arrival', () => {
  const log = new TransferLog();
  log.peerAsked(1, 0, 100);
  expect(log.activity(1, 150, () => true).activeMs).toBe(50);
  expect(log.activity(1, 150, () => false).activeMs).toBe(0); // rejected or timed out meanwhile
  log.peerAnswered(1, 0, 1000, 180);
  log.peerAnswered(1, 0, 1000, 990); // late, twice: nothing was open
  expect(log.activity(1, 1000)).toEqual({ activeMs: 80, firstByteMs: 0 });
});

test('a slow peer counts no longer than the CDN would have taken, which was there to be asked', () => {
  const log = replay(['-=========='], 10_000); // 100 bytes a ms
  log.peerAsked(2, 0, 0);
  log.peerAnswered(2, 0, 1000, 4000);
  expect(log.activity(2, 4000).activeMs).toBe(10);
});

test('a forgotten segment has no past', () => {
  const log = replay(['-===']);
  log.forget(1);
  expect(log.activity(1, 1000).activeMs).toBe(0);
});

test('a union is never longer than its span', () => {
  expect(unionMs([{ from: 5, to: 9 }, { from: 0, to: 6 }, { from: 20, to: 21 }])).toBe(10);
  expect(unionMs([])).toBe(0);
});
