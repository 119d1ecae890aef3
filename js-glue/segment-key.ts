// What names a stream and a segment between viewers: SHA-256 over text that is the same for all of them.
// Owns the text and its hash; refuses to see hosts, queries and tokens, which differ between viewers of the same bytes.
// Invariant: equal text, equal key; and the text tells apart renditions, restarts, discontinuities and byte ranges.
import type { MediaFragment } from 'hls.js';

/** A segment's 64-bit name, as two uint32 for the boundary. */
export interface SegmentKey {
  hi: number;
  lo: number;
}

export type KeyHook = ((frag: MediaFragment) => string) | undefined;

/** Path of a URL, without host, query and fragment. */
export function pathOf(url: string): string {
  try {
    return new URL(url).pathname;
  } catch {
    return url.replace(/[?#].*$/s, '');
  }
}

/** The text whose hash is a segment's key. */
export function segmentText(frag: MediaFragment, hook?: KeyHook): string {
  if (hook) return `hook\n${hook(frag)}`;
  const [start, end] = frag.byteRange;
  const range = start === undefined ? '' : `${start}-${end}`;
  return [pathOf(frag.baseurl), frag.sn, frag.cc, pathOf(frag.url), range].join('\n');
}

/** The text whose hash is the swarm's id. */
export function swarmText(url: string, swarmId?: string | ((url: string) => string)): string {
  const name = typeof swarmId === 'function' ? swarmId(url) : (swarmId ?? pathOf(url));
  if (typeof name !== 'string' || name.length === 0) throw new TypeError("hls-bazaar: option 'swarmId' returned no string");
  return `hls-bazaar swarm\n${name}`;
}

/** FNV-1a: 32 bits that are equal for equal text. For hints, not for names. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

export const hasDigest = (): boolean => typeof globalThis.crypto?.subtle?.digest === 'function';

export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

export async function segmentKey(text: string): Promise<SegmentKey> {
  const view = new DataView((await sha256(text)).buffer);
  return { hi: view.getUint32(0), lo: view.getUint32(4) };
}
