// Owns: the shape of hls-bazaar as this page uses it, and fetching it as a plain module from /lib/.
// Refuses: to bundle it: the demo loads the very file that a site would load.
// Invariant: a library that cannot be had is an answer (undefined), never an exception: the video plays without it.
import type Hls from 'hls.js';

export interface Stats {
  peers: number;
  bytesFromCdn: number;
  bytesFromPeers: number;
  bytesUploaded: number;
  bytesWasted: number;
  offload: number;
  swarmSize: number;
  /** Why there are no peers; null when there are. */
  reason: string | null;
}
export interface SegmentBlocks {
  sn: number;
  start: number;
  duration: number;
  bytes: number;
  /** A byte a block: status (0 missing, 1 downloading, 2 downloaded) in bits 0–1, source (1 CDN, 2 peer) in bits 2–3. */
  states: Uint8Array;
}
export interface PeerTraffic {
  id: number | string;
  bytesIn: number;
  bytesOut: number;
  rttMs: number;
}
export interface BazaarError {
  code: string;
  message: string;
  /** What to do about it. */
  advice?: string;
  /** Sharing is off from here on; the video plays on. */
  fatal?: boolean;
  cause?: unknown;
}
export interface P2p {
  readonly id: number | string | null;
  readonly stats: Stats;
  blocks(): SegmentBlocks[];
  peers(): PeerTraffic[];
  on(event: 'error', listener: (error: BazaarError) => void): unknown;
  on(event: 'stats', listener: (stats: Stats) => void): unknown;
  destroy(): void;
}
export type Attach = (hls: Hls, options: { tracker: string } & Record<string, unknown>) => P2p;

export async function loadLibrary(): Promise<Attach | undefined> {
  // A path in a variable: the bundler leaves it alone, the browser finds what the preload tag began to fetch.
  const path = '/lib/hls-bazaar.js';
  try {
    return ((await import(path)) as { attach: Attach }).attach;
  } catch {
    return undefined;
  }
}
