// What a page imports. Owns the list of public names; refuses to hold code. Invariant: what is not here may change.
export { attach } from './attach.js';
export type { P2P, P2PEvents } from './attach.js';
export type { ErrorCode, P2PError } from './errors.js';
export type { P2POptions } from './options.js';
export type { RoleEvent } from './performer.js';
export type { Absence, BlockStatus, P2PStats, PeerInfo, SegmentBlocks } from './snapshot.js';
export { version } from './version.js';
