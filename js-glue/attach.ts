// The public object: hls-bazaar attached to one hls.js player.
// Owns hls.config.fLoader while attached, the start (WASM, swarm id) and the end of sessions, one a source; refuses to know
// what happens inside one. Invariant: hls.js plays at every moment, with a session or without; destroy() leaves it as it was.
import type Hls from 'hls.js';
import type { FragmentLoaderConstructor } from 'hls.js';
import type { CoreModule } from './core.js';
import { makeError, type ErrorCode, type P2PError } from './errors.js';
import { Emitter, type Listener } from './events.js';
import { readOptions, type P2POptions, type Settings } from './options.js';
import type { RoleEvent } from './performer.js';
import { hasDigest, sha256, swarmText } from './segment-key.js';
import { segmentLoaderFor } from './segment-loader.js';
import { Session } from './session.js';
import { makeStats, readCounters, type Absence, type BlockStatus, type P2PStats, type PeerInfo, type SegmentBlocks } from './snapshot.js';
import { factory, fetchWasm } from './wasm-source.js';

export interface P2PEvents {
  /** Every second. */
  stats: P2PStats;
  /** A peer is connected and trading may begin. */
  peerconnect: { id: number };
  /** It is gone; `reason` as in docs/boundary.md, CLOSE_PEER. */
  peerclose: { id: number; reason: number };
  /** Something to know about; playback goes on. */
  error: P2PError;
  /** The market decided where a block shall come from. */
  role: RoleEvent;
}

const kStatsIntervalMs = 1_000;
/** A player has its first media by then, or waits for a network that is slower than WebAssembly is. */
const kMediaFirstMs = 500;
const attached = new WeakMap<Hls, P2P>();

/** Errors after which this player stays plain hls.js, as the reason in the statistics. */
type Blocker = ErrorCode & Absence;

export class P2P {
  #hls: Hls;
  #settings: Settings;
  #events = new Emitter<P2PEvents>();
  #module: Promise<CoreModule> | null = null;
  #session: Session | null = null;
  /** Counts sources, so that a start overtaken by another source ends. */
  #generation = 0;
  #reason: Absence = 'starting';
  #bytesOutside = 0;
  #stats: P2PStats;
  #loader: FragmentLoaderConstructor;
  #loaderBefore: FragmentLoaderConstructor | undefined;
  #timer: ReturnType<typeof setInterval>;
  /** Until the player has media, its first picture needs the processor more than WebAssembly does. */
  #mediaFirst: Promise<void>;
  #mediaTimer: ReturnType<typeof setTimeout> | undefined;
  #onMedia!: () => void;
  #isDestroyed = false;

  constructor(hls: Hls, options: P2POptions) {
    this.#settings = readOptions(options);
    if (attached.has(hls)) throw new Error('hls-bazaar: attached to this player already; call destroy() first');
    attached.set(hls, this);
    this.#hls = hls;
    this.#stats = this.#readStats();
    this.#loaderBefore = hls.config.fLoader;
    this.#loader = segmentLoaderFor({
      // An ad's player (interstitials) may inherit our loader with its configuration: it is not the player we watch.
      open: (context, config) => (config === hls.config ? this.#guard(() => this.#session?.desk.open(context) ?? null, null) : null),
      stock: (config) => this.#loaderBefore ?? (config.loader as unknown as FragmentLoaderConstructor),
      loadedOutside: (bytes) => this.#loadedOutside(bytes),
    });
    hls.config.fLoader = this.#loader;
    hls.on('hlsManifestLoading' as never, this.#onSource as never);
    hls.on('hlsDestroying' as never, this.destroy as never);
    this.#mediaFirst = new Promise((resolve) => (this.#onMedia = resolve));
    this.#mediaTimer = setTimeout(this.#onMedia, kMediaFirstMs);
    hls.on('hlsFragBuffered' as never, this.#onMedia as never);
    globalThis.addEventListener?.('pagehide', this.#onHide);
    globalThis.addEventListener?.('pageshow', this.#onShow);
    this.#timer = setInterval(() => {
      this.#stats = this.#guard(() => this.#readStats(), this.#stats);
      this.#events.emit('stats', this.#stats);
    }, kStatsIntervalMs);
    // Later, so that the page can subscribe to `error` first.
    queueMicrotask(() => this.#start(hls.url ?? null));
  }

  /** The latest snapshot, renewed every second. */
  get stats(): P2PStats {
    return this.#stats;
  }

  /** This viewer's id at the tracker; 0 before it joined. */
  get id(): number {
    return this.#session?.id ?? 0;
  }

  on<K extends keyof P2PEvents>(name: K, listener: Listener<P2PEvents[K]>): void {
    this.#events.on(name, listener);
  }

  off<K extends keyof P2PEvents>(name: K, listener: Listener<P2PEvents[K]>): void {
    this.#events.off(name, listener);
  }

  peers(): PeerInfo[] {
    return this.#session?.peers() ?? [];
  }

  /** The live window of the video rendition, block by block. */
  blocks(): SegmentBlocks[] {
    return this.#session?.blocks() ?? [];
  }

  /** One block of the segment with this media sequence number, in the video rendition. */
  blockStatus(sn: number, block: number): BlockStatus {
    return this.#session?.blockStatus(sn, block) ?? 'not downloaded';
  }

  /** Back to plain hls.js: loads in progress go on with the stock loader, and no packet of ours follows. */
  destroy = (): void => {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#stop();
    const { config } = this.#hls;
    // hls.js itself leaves `fLoader: undefined` there, whatever its types say.
    if (config?.fLoader === this.#loader) (config as { fLoader: unknown }).fLoader = this.#loaderBefore;
    this.#hls.off('hlsManifestLoading' as never, this.#onSource as never);
    this.#hls.off('hlsDestroying' as never, this.destroy as never);
    clearTimeout(this.#mediaTimer);
    this.#hls.off('hlsFragBuffered' as never, this.#onMedia as never);
    globalThis.removeEventListener?.('pagehide', this.#onHide);
    globalThis.removeEventListener?.('pageshow', this.#onShow);
    clearInterval(this.#timer);
    this.#reason = 'destroyed';
    this.#stats = { ...this.#stats, state: 'cdn-only', reason: 'destroyed', tracker: 'closed', peers: 0 };
    this.#events.clear();
    attached.delete(this.#hls);
  };

  #onSource = (_name: string, { url }: { url: string }): void => {
    this.#stop();
    this.#bytesOutside = 0;
    this.#start(url);
  };

  // A hidden page may never come back: peers shall not wait for it. One out of the back-forward cache starts anew.
  #onHide = (): void => this.#stop();
  #onShow = (event: PageTransitionEvent): void => {
    if (event.persisted) this.#start(this.#hls.url);
  };

  #start(url: string | null): void {
    if (this.#isDestroyed || this.#session || this.#reason !== 'starting') return;
    const blocker = this.#blocker();
    if (blocker) return this.#block(blocker);
    const generation = ++this.#generation;
    this.#module ??= this.#loadModule();
    this.#module.then(
      async (module) => {
        if (!url || generation !== this.#generation) return;
        const swarm = await sha256(swarmText(url, this.#settings.swarmId));
        if (generation === this.#generation && !this.#isDestroyed) this.#begin(module, swarm);
      },
      (cause: unknown) => generation === this.#generation && this.#block('wasm-unavailable', cause),
    ).catch((cause: unknown) => this.#broken(cause));
  }

  #begin(module: CoreModule, swarm: Uint8Array): void {
    const session = new Session(this.#hls, this.#settings, module, swarm, this.#bytesOutside, {
      role: (event) => this.#events.emit('role', event),
      error: (error) => this.#events.emit('error', error),
      peerOpened: (id) => this.#events.emit('peerconnect', { id }),
      peerClosed: (id, reason) => this.#events.emit('peerclose', { id, reason }),
      broken: (cause) => this.#broken(cause),
    });
    this.#session = session;
    if (this.#reason !== 'starting') this.#stop(); // it broke while it began
  }

  #stop(): void {
    ++this.#generation;
    const session = this.#session;
    this.#session = null;
    if (session) this.#guard(() => session.close(), undefined);
  }

  /** The floor under everything: whatever of ours breaks, the player goes on without us. */
  #broken(cause: unknown): void {
    if (this.#isDestroyed || this.#reason === 'failed') return;
    this.#reason = 'failed';
    this.#stop();
    this.#events.emit('error', makeError('internal', { cause, fatal: true }));
  }

  #guard<T>(work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (cause) {
      this.#broken(cause);
      return otherwise;
    }
  }

  #blocker(): Blocker | 'interstitial' | null {
    const { config } = this.#hls;
    if (config.assetPlayerId !== undefined) return 'interstitial';
    if (!hasDigest()) return 'insecure-context';
    if (this.#settings.p2p && typeof RTCPeerConnection === 'undefined') return 'no-webrtc';
    // Our requests are made with fetch: what the page does to an XHR (headers, credentials) cannot be done to them.
    return config.xhrSetup && !config.fetchSetup ? 'xhr-setup' : null;
  }

  #block(reason: Blocker | 'interstitial', cause?: unknown): void {
    this.#reason = reason;
    if (reason !== 'interstitial') this.#events.emit('error', makeError(reason, { cause, fatal: true }));
  }

  async #loadModule(): Promise<CoreModule> {
    await this.#mediaFirst;
    const given = this.#settings.wasmBinary;
    const bytes = given ?? (await fetchWasm(this.#settings.wasmUrl));
    const wasmBinary = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
    return factory({ wasmBinary });
  }

  #loadedOutside(bytes: number): void {
    this.#bytesOutside += bytes;
    this.#session?.loadedOutside(bytes);
  }

  #readStats(): P2PStats {
    if (this.#session) return this.#session.stats();
    return makeStats({ ...readCounters([]), bytesFromCdn: this.#bytesOutside }, this.#reason, 'idle');
  }
}

/** Attaches hls-bazaar to a player, before or after loadSource. Returns at once; playback never waits for it. */
export function attach(hls: Hls, options: P2POptions): P2P {
  return new P2P(hls, options);
}
