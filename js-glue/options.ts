// What `attach` accepts. Each option says its type, unit, default and what raising or lowering it does.
// Owns the defaults and the check at the door; refuses to guess: a wrong option is a TypeError that names it.
// Invariant: a `Settings` that leaves this file is complete and in range.
import type { MediaFragment } from 'hls.js';

export interface P2POptions {
  /** The tracker's WebSocket URL, `wss://…` (or `ws://…` for development). Required. */
  tracker: string;
  /**
   * What admits to the stream at a tracker that asks for it (docs/operations.md): a string of at most 1,024 bytes, or a function
   * that returns one or a promise of one. A function is asked again for each connection, so that a token may be short-lived; with
   * a string a viewer whose token has expired stays without peers after the next loss of the connection. Default: none.
   */
  token?: string | (() => string | Promise<string>);
  /**
   * Where the viewer is, or with which provider: any name that is equal for viewers who reach each other well, 1 to 64 characters.
   * The tracker prefers such peers. Only a 32-bit hash leaves the page. Default: none.
   */
  region?: string;
  /**
   * Milliseconds, 0–600,000, default 0: the first connection to the tracker is made after a random part of it. Set it where very many
   * viewers start within a second; playback starts at once from the CDN either way, only sharing starts later. The tracker spreads
   * joins by itself; this spreads the connections before that.
   */
  joinWindowMs?: number;
  /**
   * Which viewers may trade with each other: a name, or a function of the master playlist's URL.
   * Default: the URL's path, without host and query. Set it when viewers of one stream see different paths, or when
   * different streams share a path. At most 512 characters.
   */
  swarmId?: string | ((url: string) => string);
  /**
   * What names a segment: the same string for the same bytes on every viewer, another for any other bytes (renditions
   * included). Default: playlist path, media sequence, discontinuity, segment path and byte range, without host and query.
   */
  segmentKey?: (frag: MediaFragment) => string;
  /**
   * STUN and TURN servers for RTCPeerConnection. Default: one public STUN server (`stun:stun.l.google.com:19302`), which
   * learns viewers' addresses. `[]` tells nobody, and connects viewers on the same network only. TURN costs its operator
   * the traffic that P2P was to save.
   */
  iceServers?: RTCIceServer[];
  /** Connections, 0–32. Default 12. More find blocks sooner and cost memory and handshakes; below 4 offload suffers. */
  maxPeers?: number;
  /** Default true. `false`: receive only; a swarm of such viewers has nothing to trade. */
  upload?: boolean;
  /** Bytes of blocks kept in memory, at least 1 MiB. Default 64 MiB. More serves later viewers; less spares small devices. */
  memoryMaxBytes?: number;
  /** Default true. `false`: the CDN ignores Range, so whole segments are fetched (found out by itself as well). */
  cdnRanges?: boolean;
  /** Default true. `false`: no tracker, no peers, everything from the CDN; for comparison. */
  p2p?: boolean;
  /** Where the WebAssembly core is. Default: `hls-bazaar.wasm` beside the script. */
  wasmUrl?: string | URL;
  /** The WebAssembly core itself; nothing is fetched then. */
  wasmBinary?: ArrayBuffer | Uint8Array;
  /** Seed of the market's dice, any uint32. Default: random. For tests. */
  seed?: number;
  /**
   * Called with each line of a trace: all that the engine is told and answers, in JSON, for `simulator replay`. Default: none,
   * which costs nothing. With it some 10 KB of text a second must be kept. For bug reports: holds no media, and no addresses.
   */
  trace?: (line: string) => void;
}

type Derived = 'token' | 'region' | 'swarmId' | 'segmentKey' | 'wasmUrl' | 'wasmBinary' | 'trace';
export type Settings = Required<Omit<P2POptions, Derived>> & Pick<P2POptions, Derived>;

const kMemoryMinBytes = 1024 * 1024;

type Check = (value: never) => boolean;
const isBoolean: [Check, string] = [(v: unknown) => typeof v === 'boolean', 'a boolean'];
const isFunction = (v: unknown): boolean => typeof v === 'function';
const isWhole = (v: unknown, min: number, max: number): boolean => Number.isInteger(v) && (v as number) >= min && (v as number) <= max;

const checks: Record<keyof P2POptions, [Check, string]> = {
  tracker: [(v: unknown) => typeof v === 'string' && isSocketUrl(v), 'a ws:// or wss:// URL'],
  token: [(v: unknown) => isFunction(v) || isToken(v), 'a string of at most 1024 bytes or a function'],
  region: [(v: unknown) => typeof v === 'string' && v.length > 0 && v.length <= 64, 'a string of 1 to 64 characters'],
  joinWindowMs: [(v: unknown) => isWhole(v, 0, 600_000), 'a whole number of milliseconds from 0 to 600000'],
  swarmId: [
    (v: unknown) => isFunction(v) || (typeof v === 'string' && v.length > 0 && v.length <= 512),
    'a string of 1 to 512 characters or a function',
  ],
  segmentKey: [isFunction, 'a function'],
  iceServers: [(v: unknown) => Array.isArray(v) && v.every((s) => s !== null && typeof s === 'object' && 'urls' in s), 'an array of { urls, … }'],
  maxPeers: [(v: unknown) => isWhole(v, 0, 32), 'a whole number from 0 to 32'],
  upload: isBoolean,
  memoryMaxBytes: [(v: unknown) => isWhole(v, kMemoryMinBytes, Number.MAX_SAFE_INTEGER), `a whole number of bytes, at least ${kMemoryMinBytes}`],
  cdnRanges: isBoolean,
  p2p: isBoolean,
  wasmUrl: [(v: unknown) => (typeof v === 'string' && v.length > 0) || v instanceof URL, 'a URL'],
  wasmBinary: [(v: unknown) => v instanceof ArrayBuffer || ArrayBuffer.isView(v), 'an ArrayBuffer or Uint8Array'],
  seed: [(v: unknown) => isWhole(v, 0, 0xffffffff), 'a whole number from 0 to 4294967295'],
  trace: [isFunction, 'a function'],
};

/** What fits into a JOIN. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && new TextEncoder().encode(value).length <= 1024;
}

function isSocketUrl(text: string): boolean {
  try {
    return /^wss?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}

/** Checks and completes; `undefined` counts as absent. Throws a TypeError that names the wrong option. */
export function readOptions(options: P2POptions): Settings {
  if (options === null || typeof options !== 'object') throw new TypeError('hls-bazaar: attach(hls, options) needs an options object');
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) throw new TypeError(`hls-bazaar: unknown option '${name}'`);
    if (value === undefined) continue;
    const [isValid, wanted] = checks[name as keyof P2POptions];
    if (!isValid(value as never)) throw new TypeError(`hls-bazaar: option '${name}' must be ${wanted}`);
    given[name] = value;
  }
  if (!('tracker' in given)) throw new TypeError("hls-bazaar: option 'tracker' is required: a ws:// or wss:// URL");
  const defaults = {
    iceServers: [{ urls: 'stun:stun.l.google.com:19302' }],
    joinWindowMs: 0,
    maxPeers: 12,
    upload: true,
    memoryMaxBytes: 64 * 1024 * 1024,
    cdnRanges: true,
    p2p: true,
    seed: Math.floor(Math.random() * 0x1_0000_0000),
  };
  return { ...defaults, ...given } as Settings;
}
