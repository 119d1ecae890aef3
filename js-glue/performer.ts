// Performs the engine's actions, one record at a time (docs/boundary.md lists them).
// Owns the reading of records, nothing else; refuses to have an opinion. Invariant: an action of an unknown type, or one
// that names something already gone, does nothing.
import { kBlockBytes, type BlockStore } from './block-store.js';
import type { CdnFetcher } from './cdn-fetcher.js';
import type { Core } from './core.js';
import { kTrackerRefused, noticeError, type P2PError } from './errors.js';
import type { MarketDesk } from './market-desk.js';
import type { SignalKind } from './peer-link.js';
import type { PeerPool } from './peer-pool.js';
import type { SegmentIndex } from './segment-index.js';
import type { TrackerSocket } from './tracker-socket.js';
import type { TransferLog } from './transfer-log.js';

export interface RoleEvent {
  /** Media sequence number of the segment. */
  sn: number;
  block: number;
  /** seed: fetch it from the CDN for the swarm; leech: take it from a peer. */
  role: 'seed' | 'leech';
  /** The odds with which the dice were rolled, 0–1; 0 for a leech. */
  odds: number;
  /** The peer asked, by the tracker's id; 0 for a seed. */
  peer: number;
}

export interface Parts {
  core: Core;
  pool: PeerPool;
  tracker: TrackerSocket;
  fetcher: CdnFetcher;
  store: BlockStore;
  log: TransferLog;
  index: SegmentIndex;
  desk: MarketDesk;
  onRole(event: RoleEvent): void;
  onNotice(error: P2PError): void;
}

const enum Action {
  send = 1,
  sendBlock,
  keepBlock,
  fetch,
  abortFetch,
  dropSegment,
  segmentReady,
  segmentFailed,
  connect,
  signal,
  closePeer,
  sendTracker,
  role,
  peerOpen,
  notice,
  dropBlock,
  reconnect,
}

const kLeech = 2;
/** Each block that is sent is put together here: a channel copies what it is given, and fresh memory costs more than the copy. */
const scratch = new Uint8Array(kBlockBytes + 64);

export function perform(parts: Parts, record: Int32Array): void {
  const { core, pool, tracker, fetcher, store, log, index, desk } = parts;
  const [type, a, b, c, d, e, f] = record as unknown as [number, number, number, number, number, number, number];
  switch (type as Action) {
    case Action.send:
      return pool.send(a, core.copyOutbox(b, c), false);
    case Action.sendBlock: {
      const block = store.get(d, e);
      if (!block || block.length !== f) return; // dropped since: the requester's time-out asks another
      scratch.set(core.copyOutbox(b, c));
      scratch.set(block, c);
      return pool.send(a, scratch.subarray(0, c + f), true);
    }
    case Action.keepBlock: {
      const message = core.held(a);
      if (!message) return;
      // No copy: the message's own buffer becomes the store's.
      store.put(d, e, message.subarray(b, b + c) as Uint8Array<ArrayBuffer>);
      return log.peerAnswered(d, e, c, performance.now());
    }
    case Action.fetch: {
      const entry = index.get(b);
      if (!entry) return core.tell((engine) => engine.cdn_failed(a, 0, 0));
      log.fetchBegan(a, b, performance.now());
      return fetcher.start({ fetch: a, segment: b, frag: entry.frag, firstBlock: c, blockCount: d, byteEnd: e, bytesTotal: core.segmentBytes(b) });
    }
    case Action.abortFetch:
      log.fetchEnded(a, performance.now());
      return fetcher.abort(a);
    case Action.dropSegment:
      desk.failed(a);
      store.dropSegment(a);
      log.forget(a);
      return index.drop(a);
    case Action.segmentReady:
      return desk.ready(a);
    case Action.segmentFailed:
      return desk.failed(a);
    case Action.connect:
      return pool.connect(a, b >>> 0);
    case Action.signal: {
      const frame = core.held(c);
      return frame && pool.signalled(a, b as SignalKind, core.decodeSignal(b, frame.subarray(d, d + e)), f >>> 0);
    }
    case Action.closePeer:
      return pool.drop(a, b);
    case Action.sendTracker:
      return tracker.send(core.copyOutbox(a, b));
    case Action.role:
      if (c === kLeech) log.peerAsked(a, b, performance.now());
      return parts.onRole({
        sn: Number(index.get(a)?.frag.sn ?? -1),
        block: b,
        role: c === kLeech ? 'leech' : 'seed',
        odds: d / 1000,
        peer: pool.remoteIdOf(e),
      });
    case Action.peerOpen:
      return pool.opened(a, b >>> 0); // ids are unsigned, records are not
    case Action.notice: {
      if (a === kTrackerRefused) tracker.stayAway(c);
      const error = noticeError(a, b, c);
      return error ? parts.onNotice(error) : undefined;
    }
    case Action.dropBlock:
      return store.dropBlock(a, b);
    case Action.reconnect:
      return tracker.reconnect(a);
  }
}
