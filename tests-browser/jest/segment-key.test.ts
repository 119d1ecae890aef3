// Names: the same for all viewers of the same bytes, another for any other bytes.
import { expect, test } from '@jest/globals';
import type { MediaFragment } from 'hls.js';
import { pathOf, segmentKey, segmentText, sha256, swarmText } from '../../js-glue/segment-key.js';

const frag = (change: Partial<{ sn: number; cc: number; url: string; baseurl: string; byteRange: number[] }> = {}) =>
  ({ sn: 7, cc: 0, url: 'https://a.cdn/live/v1/7.m4s?token=x', baseurl: 'https://a.cdn/live/v1.m3u8?token=x', byteRange: [], ...change }) as unknown as MediaFragment;

test('hosts, queries and tokens make no difference', () => {
  const other = frag({ url: 'https://b.cdn/live/v1/7.m4s?token=y', baseurl: 'https://b.cdn/live/v1.m3u8' });
  expect(segmentText(frag())).toBe(segmentText(other));
});

test.each([
  ['media sequence', { sn: 8 }],
  ['discontinuity', { cc: 1 }],
  ['path', { url: 'https://a.cdn/live/v1/8.m4s' }],
  ['rendition', { baseurl: 'https://a.cdn/live/v2.m3u8' }],
  ['byte range', { byteRange: [0, 100] }],
])('another %s is another segment', (_name, change) => {
  expect(segmentText(frag(change))).not.toBe(segmentText(frag()));
});

test('two ranges of one file are two segments', () => {
  expect(segmentText(frag({ byteRange: [0, 100] }))).not.toBe(segmentText(frag({ byteRange: [100, 200] })));
});

test('a hook replaces the whole name', () => {
  const hook = (f: MediaFragment): string => `mine-${f.sn}`;
  expect(segmentText(frag(), hook)).toBe(segmentText(frag({ baseurl: 'https://x/y', cc: 4 }), hook));
});

test('the key is the first eight bytes of SHA-256, as every viewer computes it', async () => {
  // printf abc | sha256sum: ba7816bf 8f01cfea …
  expect(await segmentKey('abc')).toEqual({ hi: 0xba7816bf, lo: 0x8f01cfea });
  expect((await sha256('abc')).length).toBe(32);
});

test('the swarm is the path, a name, or what a function makes of the URL', () => {
  const url = 'https://a.cdn/live/master.m3u8?s=1';
  expect(swarmText(url)).toBe(swarmText('https://b.cdn/live/master.m3u8'));
  expect(swarmText(url, 'mine')).not.toBe(swarmText(url));
  expect(swarmText(url, (u) => new URL(u).host)).toContain('a.cdn');
  expect(() => swarmText(url, () => undefined as never)).toThrow(TypeError);
});

test('a path survives what is no URL', () => {
  expect(pathOf('seg/7.m4s?x=1#y')).toBe('seg/7.m4s');
});
