// Where the player is. Pictures: a column a second, `#` buffered, the caret above at the playhead.
import { expect, test } from '@jest/globals';
import { readPlayhead } from '../../js-glue/playhead-observer.js';

function media(picture: string, currentTime: number, change: object = {}) {
  const ranges = [...picture.matchAll(/#+/g)].map((m) => [m.index, m.index + m[0].length] as const);
  const buffered = { length: ranges.length, start: (i: number) => ranges[i]![0], end: (i: number) => ranges[i]![1] };
  return { currentTime, buffered, paused: false, seeking: false, readyState: 4, playbackRate: 1, ...change } as never;
}

test.each([
  ['in the middle', '#####', 2, 5000],
  ['before a hole', '###  ##', 1, 3000],
  ['at the end', '###', 3, 3000],
  ['just before a range', ' ####', 0.6, 5000],
  ['far before a range', '   ###', 0.6, 600],
  ['behind everything', '###', 9, 9000],
])('%s, buffered to the end of what plays on', (_name, picture, at, bufferedEndMs) => {
  expect(readPlayhead(media(picture, at))).toEqual({ positionMs: at * 1000, bufferedEndMs, rate: 1 });
});

test.each([
  ['paused', { paused: true }],
  ['seeking', { seeking: true }],
  ['stalled', { readyState: 2 }],
])('a player that is %s does not move', (_name, change) => {
  expect(readPlayhead(media('####', 1, change))!.rate).toBe(0);
});

test('catch-up speed is reported as it is', () => {
  expect(readPlayhead(media('####', 1, { playbackRate: 1.5 }))!.rate).toBe(1.5);
});

test('a player with nothing yet says nothing', () => {
  expect(readPlayhead(media('', 0))).toBeNull();
  expect(readPlayhead(media('###', 0, { readyState: 0 }))).toBeNull();
  expect(readPlayhead(media('###', 0))).not.toBeNull();
});
