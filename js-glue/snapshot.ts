// What the page may know: statistics, the block map of the live window, the peers.
// Owns the shapes and their reading from the engine; refuses to keep anything. Invariant: everything returned is the
// caller's own copy.
import type { Core } from './core.js';
import type { SegmentIndex } from './segment-index.js';
import type { TrackerState } from './tracker-socket.js';

/** Why there are no peers. */
export type Absence =
  | 'starting' // the core or the first playlist is not here yet
  | 'switched-off' // option p2p is false
  | 'insecure-context'
  | 'no-webrtc'
  | 'xhr-setup'
  | 'wasm-unavailable'
  | 'interstitial' // an ad's player of hls.js: left alone
  | 'failed' // see the `internal` error
  | 'destroyed'
  | 'vod' // the playlist is not live
  | 'low-latency' // parts are loaded, which are not traded
  | 'tracker-connecting'
  | 'tracker-unreachable'
  | 'tracker-refused'
  | 'overloaded' // this computer has too much to do: no peers for a while
  | 'alone' // nobody else in the swarm
  | 'connecting' // viewers are known, connections are being made
  | 'no-connection'; // attempts failed: NAT, firewall, or no STUN server

const counters = [
  'peers',
  'bytesFromCdn',
  'bytesFromPeers',
  'bytesUploaded',
  'bytesWasted',
  'swarmSize',
  'bytesDownloaded',
  'controlBytesSent',
  'controlBytesReceived',
  'blocksFromCdn',
  'blocksFromPeers',
  'blocksByDeadline',
  'requestsSent',
  'rejectsReceived',
  'timeouts',
  'storeBytes',
  'peersDropped',
  'seeds',
  'rejectsSent',
  'resting',
] as const; // in the order of docs/boundary.md

export type Counters = Record<(typeof counters)[number], number>;

/** Counted since the source was loaded; bytes once delivered. */
export interface P2PStats extends Counters {
  /** starting: plain hls.js so far; cdn-only: no peers; sharing: at least one. */
  state: 'starting' | 'cdn-only' | 'sharing';
  /** Why there are no peers; null when there are. */
  reason: Absence | null;
  tracker: TrackerState;
  /** bytesFromPeers / (bytesFromCdn + bytesFromPeers), 0–1. */
  offload: number;
}

export interface PeerInfo {
  id: number;
  bytesIn: number;
  bytesOut: number;
  rttMs: number;
}

export interface SegmentBlocks {
  sn: number;
  /** Media time and duration in seconds. */
  start: number;
  duration: number;
  /** 0 while unknown. */
  bytes: number;
  /** One byte a block: bits 0–1 0 not downloaded, 1 downloading, 2 downloaded; bits 2–3 source 0 none, 1 CDN, 2 peer. */
  states: Uint8Array;
}

export type BlockStatus = 'downloaded' | 'downloading' | 'not downloaded';

export function readCounters(values: ArrayLike<number>): Counters {
  return Object.fromEntries(counters.map((name, i) => [name, values[i] ?? 0])) as Counters;
}

export function makeStats(read: Counters, reason: Absence | null, tracker: TrackerState): P2PStats {
  const used = read.bytesFromCdn + read.bytesFromPeers;
  const state = read.peers > 0 ? 'sharing' : reason === 'starting' ? 'starting' : 'cdn-only';
  return { ...read, state, reason: read.peers > 0 ? null : reason, tracker, offload: used > 0 ? read.bytesFromPeers / used : 0 };
}

export function readPeers(core: Core): PeerInfo[] {
  const peers: PeerInfo[] = [];
  for (let i = 0; ; ++i) {
    const values = core.peer(i);
    if (!values) return peers;
    const [bytesIn = 0, bytesOut = 0, rttMs = 0, id = 0] = values;
    peers.push({ id, bytesIn, bytesOut, rttMs });
  }
}

export function readBlocks(core: Core, index: SegmentIndex, rendition: number): SegmentBlocks[] {
  return index
    .listed(rendition)
    .filter(({ handle }) => handle !== 0)
    .map(({ handle, frag }) => ({
      sn: frag.sn,
      start: frag.start,
      duration: frag.duration,
      bytes: core.segmentBytes(handle),
      states: core.states(handle),
    }))
    .sort((a, b) => a.start - b.start);
}

export function readBlockStatus(core: Core, index: SegmentIndex, rendition: number, sn: number, block: number): BlockStatus {
  const entry = index.listed(rendition).find(({ frag }) => frag.sn === sn);
  const status = entry ? core.blockStatus(entry.handle, block) : 0;
  return status === 2 ? 'downloaded' : status === 1 ? 'downloading' : 'not downloaded';
}
