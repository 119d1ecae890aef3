// One source's life with the engine: makes the parts, joins them, and takes them down.
// Owns their lifetimes; refuses to do any of their work. Invariant: after close() no timer, socket, connection, fetch or
// listener of this session is left, and every load of the player is with the stock loader.
import type Hls from 'hls.js';
import { blockCountOf, BlockStore, kBlocksPerSegmentMax } from './block-store.js';
import { CdnFetcher } from './cdn-fetcher.js';
import { Core, Option, type CoreModule } from './core.js';
import { makeError, type P2PError } from './errors.js';
import { MarketDesk } from './market-desk.js';
import type { Settings } from './options.js';
import { PeerPool } from './peer-pool.js';
import { perform, type RoleEvent } from './performer.js';
import { PlayheadObserver } from './playhead-observer.js';
import { PlaylistObserver, type Unsupported } from './playlist-observer.js';
import { SegmentIndex } from './segment-index.js';
import { makeStats, readBlocks, readBlockStatus, readCounters, readPeers, type Absence, type P2PStats } from './snapshot.js';
import type { BlockStatus, Counters, PeerInfo, SegmentBlocks } from './snapshot.js';
import { traced } from './trace.js';
import { hash32 } from './segment-key.js';
import { kCodeGoingAway, TrackerSocket } from './tracker-socket.js';
import { TransferLog } from './transfer-log.js';

export interface SessionReport {
  role(event: RoleEvent): void;
  error(error: P2PError): void;
  peerOpened(id: number): void;
  peerClosed(id: number, reason: number): void;
  /** Something of ours broke: the owner closes this session and goes on without. */
  broken(cause: unknown): void;
}

export class Session {
  readonly desk: MarketDesk;
  #settings: Settings;
  #core: Core;
  #tracker: TrackerSocket;
  #pool: PeerPool;
  #fetcher: CdnFetcher;
  #store = new BlockStore();
  #log = new TransferLog();
  #index: SegmentIndex;
  #playlist: PlaylistObserver;
  #playhead: PlayheadObserver;
  #unsupported: Unsupported | 'starting' | null = 'starting';
  #failedAttempts = 0;
  #refusal = 0;
  #isHidden = false;

  constructor(hls: Hls, settings: Settings, module: CoreModule, swarm: Uint8Array, bytesOutside: number, report: SessionReport) {
    this.#settings = settings;
    this.#index = new SegmentIndex(settings.segmentKey);
    const observed = settings.trace ? traced(module, settings.trace) : module;
    const core = (this.#core = new Core(observed, settings.seed, (record) => perform(parts, record), report.broken));
    this.desk = new MarketDesk(core, this.#index, this.#store, this.#log);
    this.#tracker = this.#makeTracker(report);
    this.#pool = new PeerPool(core, settings.iceServers, {
      send: (frame) => this.#tracker.send(frame),
      peerOpened: (id) => {
        this.#failedAttempts = 0;
        report.peerOpened(id);
      },
      peerClosed: report.peerClosed,
      attemptFailed: () => ++this.#failedAttempts,
    });
    this.#fetcher = this.#makeFetcher(hls, report);
    const parts = {
      core,
      pool: this.#pool,
      tracker: this.#tracker,
      fetcher: this.#fetcher,
      store: this.#store,
      log: this.#log,
      index: this.#index,
      desk: this.desk,
      onRole: report.role,
      onNotice: (error: P2PError) => report.error(error),
    };
    core.tell((engine) => {
      engine.configure(Option.storeBytesMax, settings.memoryMaxBytes);
      engine.configure(Option.peersMax, settings.maxPeers);
      engine.configure(Option.upload, Number(settings.upload));
      engine.configure(Option.p2p, Number(settings.p2p));
      engine.configure(Option.cdnRanges, Number(settings.cdnRanges));
      if (settings.region) engine.configure(Option.region, hash32(settings.region));
      core.writeInbox(swarm.subarray(0, 16));
      engine.set_swarm();
      if (bytesOutside > 0) engine.bytes_outside(bytesOutside);
    });
    this.#playlist = new PlaylistObserver(hls, core, this.#index, (why) => this.#sawPlaylist(why), report.broken);
    this.#playhead = new PlayheadObserver(hls, (playhead) => {
      if (playhead) core.tell((engine) => engine.playhead(playhead.positionMs, playhead.bufferedEndMs, playhead.rate));
      const isHidden = globalThis.document?.hidden ?? false;
      if (isHidden !== this.#isHidden) core.tell((engine) => engine.configure(Option.hidden, Number(isHidden)));
      this.#isHidden = isHidden;
      this.desk.refresh();
    });
  }

  get id(): number {
    return this.#tracker.id;
  }

  stats(): P2PStats {
    const counters = readCounters(this.#core.stats());
    return makeStats(counters, this.#absence(counters), this.#tracker.state);
  }

  peers(): PeerInfo[] {
    return readPeers(this.#core);
  }

  blocks(): SegmentBlocks[] {
    return readBlocks(this.#core, this.#index, this.#playlist.mainRendition);
  }

  blockStatus(sn: number, block: number): BlockStatus {
    return readBlockStatus(this.#core, this.#index, this.#playlist.mainRendition, sn, block);
  }

  loadedOutside(bytes: number): void {
    this.#core.tell((engine) => engine.bytes_outside(bytes));
  }

  close(): void {
    this.#playlist.close();
    this.#playhead.close();
    this.#fetcher.close();
    this.#pool.close();
    this.#tracker.close();
    this.#core.close();
    this.desk.close(); // after the core: nobody wants anything of it any more
    this.#store.clear();
  }

  /** The tracker, and with it other people's computers, hears of this viewer only when there is something to share. */
  #sawPlaylist(why: Unsupported | null): void {
    this.#unsupported = why;
    if (!why && this.#settings.p2p) this.#tracker.open();
  }

  #makeTracker(report: SessionReport): TrackerSocket {
    let isReported = false;
    return new TrackerSocket(this.#settings, {
      opened: (token) => this.#core.tellTrackerOpened(token),
      noToken: (cause) => report.error(makeError('token-unavailable', { cause })),
      message: (frame) => this.#core.tellTrackerMessage(frame),
      closed: (code, isFinal) => {
        if (isFinal) this.#refusal = code;
        if (isFinal) report.error(makeError('tracker-refused', { text: `${code}` }));
        else if (!isReported && code !== kCodeGoingAway) report.error(makeError('tracker-unreachable', { text: `close code ${code}` }));
        isReported ||= code !== kCodeGoingAway; // once a session: the state is in the statistics
        this.#core.tell((engine) => engine.tracker_closed());
      },
    });
  }

  #makeFetcher(hls: Hls, report: SessionReport): CdnFetcher {
    const [core, store, log] = [this.#core, this.#store, this.#log];
    let isHiddenReported = false;
    return new CdnFetcher(hls.config, {
      answered: (fetch) => log.fetchAnswered(fetch, performance.now()),
      headers: ({ fetch }, bytesTotal, isRanged) => {
        core.tell((engine) => engine.cdn_headers(fetch, bytesTotal, Number(isRanged)));
        return blockCountOf(bytesTotal) <= kBlocksPerSegmentMax;
      },
      block: ({ fetch, segment }, index, block) => {
        if (core.blockStatus(segment, index) < 0) return; // beyond what the engine keeps
        store.put(segment, index, block);
        log.fetchBrought(fetch, block.length);
        core.tell((engine) => engine.cdn_block(fetch, index));
      },
      done: (fetch, surplusBytes) => {
        log.fetchEnded(fetch, performance.now());
        core.tell((engine) => engine.cdn_done(fetch, surplusBytes));
      },
      failed: (fetch, status, surplusBytes) => {
        log.fetchEnded(fetch, performance.now());
        core.tell((engine) => engine.cdn_failed(fetch, status, surplusBytes));
      },
      rangesHidden: () => {
        core.tell((engine) => engine.configure(Option.cdnRanges, 0));
        if (!isHiddenReported) report.error(makeError('cdn-ranges-hidden'));
        isHiddenReported = true;
      },
    });
  }

  #absence({ swarmSize, resting }: Counters): Absence | null {
    if (!this.#settings.p2p) return 'switched-off';
    if (this.#unsupported) return this.#unsupported;
    const { state } = this.#tracker;
    if (state === 'closed') return this.#refusal ? 'tracker-refused' : 'destroyed';
    if (state === 'waiting') return 'tracker-unreachable';
    if (state !== 'joined') return 'tracker-connecting';
    if (resting) return 'overloaded';
    if (swarmSize <= 1) return 'alone';
    return this.#failedAttempts > 0 && this.#pool.size === 0 ? 'no-connection' : 'connecting';
  }
}
