// Owns: one viewer: a video element, hls.js, and hls-bazaar attached or not; counts stalls and remembers errors.
// Refuses: drawing. Both pages show what this says.
// Invariant: playback never depends on the library: whatever becomes of `attach`, hls.js has its source.
import Hls, { type FragLoadedData, type FragLoadingData, type Fragment, type HlsConfig } from 'hls.js';
import { ByteLedger, type Totals } from './byte-ledger';
import { loadLibrary, type P2p } from './library';

export interface PlayerOptions {
  src: string;
  tracker: string | null;
  /** Sent to the origin as x-viewer, so that it can count this viewer's bytes. */
  viewer: string;
  p2p: boolean;
  bazaar?: Record<string, unknown>;
  hls?: Partial<HlsConfig>;
}

export interface PlayerError {
  source: 'hls' | 'bazaar';
  code: string;
  message: string;
  /** Playback (hls) or sharing (bazaar) is over. */
  fatal: boolean;
  /** performance.now() */
  atMs: number;
}

export class Player {
  readonly hls: Hls;
  readonly viewer: string;
  p2p: P2p | null = null;
  stalls = 0;
  /** From navigation to the first picture, library download included; null until then. */
  firstFrameMs: number | null = null;
  readonly errors: PlayerError[] = [];
  #ledger = new ByteLedger();

  constructor(
    readonly video: HTMLVideoElement,
    readonly options: PlayerOptions,
  ) {
    this.viewer = options.viewer;
    this.hls = new Hls({
      workerPath: '/page/hls.worker.js',
      xhrSetup: (xhr, url) => {
        // hls.js opens the request after this; a header can be set only on an open one.
        if (xhr.readyState === XMLHttpRequest.UNSENT) xhr.open('GET', url, true);
        xhr.setRequestHeader('x-viewer', this.viewer);
      },
      fetchSetup: (context, init) => {
        const headers = new Headers(init.headers as HeadersInit | undefined);
        headers.set('x-viewer', this.viewer);
        return new Request(context.url, { ...(init as RequestInit), headers });
      },
      ...options.hls,
    });
    this.#watch();
  }

  async start(): Promise<void> {
    // Side by side: a picture does not wait for the library, which takes over with the next segment whenever it arrives.
    const sharing = this.options.p2p && this.share(true);
    this.hls.loadSource(this.options.src);
    this.hls.attachMedia(this.video);
    const playing = this.video.play().catch(() => undefined); // a browser that wants a click first: the controls are there
    await Promise.all([sharing, playing]);
  }

  /** Switch sharing on or off while playing. True when it is as asked. */
  async share(on: boolean): Promise<boolean> {
    if (!on && this.p2p) {
      const last = this.p2p;
      this.p2p = null;
      this.#ledger.settle(last.stats);
      last.destroy();
    }
    if (on && !this.p2p) this.p2p = await this.#attach();
    return on === (this.p2p !== null);
  }

  get latencyS(): number {
    return this.hls.latency;
  }

  totals(): Totals {
    return this.#ledger.totals(this.p2p?.stats);
  }

  async #attach(): Promise<P2p | null> {
    const { tracker } = this.options;
    if (!tracker)
      return this.#refused('no-tracker', 'This server has no tracker, so the video comes from the CDN alone.');
    const attach = await loadLibrary();
    if (!attach) return this.#refused('no-library', 'dist/hls-bazaar.js is not there: run npm run build.');
    // No STUN: the demo's viewers are on this machine or its network, and it should tell nobody outside that they exist.
    const p2p = attach(this.hls, { tracker, iceServers: [], ...this.options.bazaar });
    p2p.on('error', ({ code, message, advice = '', fatal = false, cause }) => {
      this.#remember('bazaar', code, [message, advice].filter(Boolean).join(': '), fatal);
      // The console is where a developer looks, and where the launcher hears of its headless viewers' troubles.
      if (fatal) console.error(`hls-bazaar ${code}: ${message}`, cause ?? '');
    });
    return p2p;
  }

  #refused(code: string, message: string): null {
    this.#remember('bazaar', code, message, true);
    return null;
  }

  #remember(source: PlayerError['source'], code: string, message: string, fatal: boolean): void {
    this.errors.push({ source, code, message, fatal, atMs: performance.now() });
    if (this.errors.length > 50) this.errors.shift();
  }

  #watch(): void {
    // With the library attached its own figures count these bytes, whoever fetched them: but not of what was under way before.
    const begunWithout = new WeakSet<Fragment>();
    this.hls.on(Hls.Events.FRAG_LOADING, (_event, { frag }: FragLoadingData) => {
      if (!this.p2p) begunWithout.add(frag);
    });
    this.hls.on(Hls.Events.FRAG_LOADED, (_event, { frag }: FragLoadedData) => {
      const isPlain = begunWithout.delete(frag) || !this.p2p;
      if (isPlain && frag.sn !== 'initSegment') this.#ledger.addPlain(frag.stats.loaded);
    });
    this.hls.on(Hls.Events.ERROR, (_event, { details, error, fatal, type }) => {
      this.#remember('hls', details, error.message, fatal);
      if (fatal && type === Hls.ErrorTypes.NETWORK_ERROR) setTimeout(() => this.hls.startLoad(), 1000);
      else if (fatal && type === Hls.ErrorTypes.MEDIA_ERROR) this.hls.recoverMediaError();
    });
    this.video.addEventListener('playing', () => (this.firstFrameMs ??= performance.now()));
    this.video.addEventListener('waiting', () => {
      // Waiting for the first picture is start-up, and for a picture after a jump is the jump's own doing.
      if (this.firstFrameMs !== null && !this.video.seeking && !this.video.paused) this.stalls++;
    });
  }
}
