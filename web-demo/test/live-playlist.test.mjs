// Owns: what a player may rely on in the live playlists, minute by minute of virtual time.
// Refuses: HTTP and files (origin.test.mjs). Invariant: no clock is read here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveWindow, livePlaylist, masterPlaylist } from '../origin/live-playlist.mjs';

const epochMs = Date.UTC(2026, 0, 1);
const loop = { epochMs, segmentS: 2, loopSegments: 4, windowSegments: 3 };
const at = (seconds) => epochMs + seconds * 1000;

/** A playlist as a picture: `|` a discontinuity, `m` an init segment, a number a segment. */
const picture = (text) =>
  text
    .split('\n')
    .flatMap((line) => {
      if (line === '#EXT-X-DISCONTINUITY') return ['|'];
      if (line.startsWith('#EXT-X-MAP')) return ['m'];
      const sn = /^seg-(\d+)\.m4s$/.exec(line)?.[1];
      return sn === undefined ? [] : [sn];
    })
    .join(' ');
const tag = (text, name) => new RegExp(`^#${name}:(.*)$`, 'm').exec(text)?.[1];

test('a segment is listed when it is over, not a millisecond before', () => {
  assert.equal(picture(livePlaylist(loop, at(3.999))), 'm 0');
  assert.equal(picture(livePlaylist(loop, at(4))), 'm 0 1');
  assert.deepEqual(liveWindow(loop, at(1.999)), { first: 0, end: 0 });
});

test('the window slides and the loop turns under a discontinuity with its own init segment', () => {
  const pictures = [6, 8, 10, 12, 14, 16].map((s) => picture(livePlaylist(loop, at(s))));
  assert.deepEqual(pictures, ['m 0 1 2', 'm 1 2 3', 'm 2 3 | m 4', 'm 3 | m 4 5', '| m 4 5 6', 'm 5 6 7']);
});

test('media and discontinuity sequences count what left the window', () => {
  const sequences = [10, 14, 16, 24]
    .map((s) => livePlaylist(loop, at(s)))
    .map((t) => [tag(t, 'EXT-X-MEDIA-SEQUENCE'), tag(t, 'EXT-X-DISCONTINUITY-SEQUENCE')].join('/'));
  assert.deepEqual(sequences, ['2/0', '4/0', '5/1', '9/2']);
});

test('a segment keeps its discontinuity number from entering the window to leaving it', () => {
  const numbers = new Map();
  for (let s = 2; s < 200; s += 1) {
    const text = livePlaylist(loop, at(s));
    let number = Number(tag(text, 'EXT-X-DISCONTINUITY-SEQUENCE'));
    for (const word of picture(text).split(' ')) {
      if (word === '|') number++;
      else if (word !== 'm') {
        assert.equal(numbers.get(word) ?? number, number, `segment ${word} at ${s} s`);
        numbers.set(word, number);
      }
    }
  }
  assert.equal(numbers.get('4'), 1);
  assert.equal(numbers.size, 99);
});

test('the date of a segment is when it was recorded, after any number of loops', () => {
  const text = livePlaylist(loop, at(100_000 * 2));
  assert.equal(tag(text, 'EXT-X-PROGRAM-DATE-TIME'), new Date(at((100_000 - 3) * 2)).toISOString());
  assert.equal(tag(text, 'EXT-X-TARGETDURATION'), '2');
});

test('the multivariant playlist names each rendition with its rate and size', () => {
  const text = masterPlaylist(
    [
      { name: 'high', width: 640, height: 360, videoKbps: 2430 },
      { name: 'low', width: 320, height: 180, videoKbps: 500 },
    ],
    64,
  );
  assert.match(text, /AVERAGE-BANDWIDTH=2494000,RESOLUTION=640x360.*\nhigh\/live\.m3u8\n/);
  assert.match(text, /AVERAGE-BANDWIDTH=564000,RESOLUTION=320x180.*\nlow\/live\.m3u8\n$/);
});
