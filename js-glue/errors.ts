// Everything that `error` events may say: a code, what happened, and what to do about it.
// Owns the texts and the engine's NOTICE codes; refuses to throw: none of these stops playback, which goes on from the CDN.
// Invariant: every code has exactly one entry here, and docs name the codes by this table.

const catalogue = {
  internal: ['the library failed and has switched itself off', 'playback continues from the CDN; please report the cause'],
  'insecure-context': ['crypto.subtle is missing: no secure context', 'serve the page over https, or from localhost'],
  'no-webrtc': ['RTCPeerConnection is missing in this browser', 'nothing: playback continues from the CDN'],
  'xhr-setup': ['hls.config.xhrSetup is set, which fetch cannot honour', 'set hls.config.fetchSetup as well'],
  'wasm-unavailable': [
    'the WebAssembly core could not be loaded',
    "serve hls-bazaar.wasm beside the script or set wasmUrl; a CSP needs script-src 'wasm-unsafe-eval'",
  ],
  'tracker-unreachable': ['the tracker cannot be reached; trying again', 'check the tracker option and the CSP connect-src'],
  'tracker-refused': ['the tracker refused this viewer', 'the code is explained in docs/tracker-protocol.md'],
  'token-unavailable': [
    'the token option gave no token; trying again',
    'it must return a string of at most 1,024 bytes, or a promise of one',
  ],
  'peer-violation': ['a peer broke the protocol and was dropped', 'nothing'],
  'bad-block': ['a peer sent bytes that are not of the CDN and was dropped', 'nothing'],
  'window-full': ['more segments than the engine can follow', 'shorten the playlist'],
  'store-full': ['the block store is full; oldest segments go first', 'raise memoryMaxBytes'],
  'size-differs': ['the CDN and a peer disagree about the size of a segment', 'if frequent, viewers get different bytes: set swarmId'],
  'segment-too-large': ['a segment over 60 MiB is left to the CDN', 'make shorter segments'],
  'cdn-ranges-hidden': [
    'answers to Range cannot be used, so whole segments are fetched',
    'CORS: allow the Range header, expose Content-Range',
  ],
} as const satisfies Record<string, readonly [message: string, advice: string]>;

export type ErrorCode = keyof typeof catalogue;

export interface P2PError {
  /** Stable, for programs. */
  code: ErrorCode;
  /** What happened, for people. */
  message: string;
  /** What to do. */
  advice: string;
  /** Whether P2P is off from here on. Playback goes on either way. */
  fatal: boolean;
  /** What was thrown, if anything was. */
  cause?: unknown;
}

export function makeError(code: ErrorCode, details: { text?: string; cause?: unknown; fatal?: boolean } = {}): P2PError {
  const [message, advice] = catalogue[code];
  const error: P2PError = { code, message: details.text ? `${message} (${details.text})` : message, advice, fatal: details.fatal ?? false };
  if (details.cause !== undefined) error.cause = details.cause;
  return error;
}

/** The NOTICE whose third number is how long to stay away from the tracker, in ms. */
export const kTrackerRefused = 1;
const notices: readonly (ErrorCode | null)[] = [
  null,
  'tracker-refused',
  'peer-violation',
  'bad-block',
  'window-full',
  'store-full',
  'size-differs',
  'segment-too-large',
];

/** The engine's NOTICE (code, a, b) as an error; null for a code of a newer engine. */
export function noticeError(notice: number, a: number, b: number): P2PError | null {
  const code = notices[notice];
  if (!code) return null;
  const text = code === 'tracker-refused' ? `${a}` : code === 'peer-violation' ? `peer ${a}, decode status ${b}` : '';
  return makeError(code, { text });
}
