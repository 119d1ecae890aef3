// Which of hls.js's fragment loads may be traded at all.
// Owns that one question; refuses to know whether the engine has the segment. Invariant: init segments, low-latency parts,
// subtitles, bandwidth tests and loads with adjusted ranges are never traded.
import type { FragmentLoaderContext } from 'hls.js';

export function isMarketable(context: FragmentLoaderContext): boolean {
  const { frag, part, responseType, resetIV } = context;
  if (part || resetIV || responseType !== 'arraybuffer') return false;
  if (!frag || typeof frag.sn !== 'number' || frag.bitrateTest) return false;
  if (frag.type !== 'main' && frag.type !== 'audio') return false;
  const [start = 0, end = 0] = frag.byteRange;
  return (context.rangeStart ?? 0) === start && (context.rangeEnd ?? 0) === end;
}
