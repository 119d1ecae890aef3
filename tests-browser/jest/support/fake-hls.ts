// A player for tests: hls.js's event names, fields and loader calls, without media. Its stock loader does what the test says.
// Owns the fakes; refuses to know our glue. Invariant: playlists are those of hls.js's own shapes (LevelDetails, Fragment).
import { EventEmitter } from 'node:events';
import type Hls from 'hls.js';
import type { FragmentLoaderContext, HlsConfig, LevelDetails, LoaderConfiguration, LoaderStats, MediaFragment } from 'hls.js';
import { newStats, type Callbacks, type FragLoader } from '../../../js-glue/stock-loader.js';

/** hls.js's own loader, as far as its contract goes: refuses a used clock, nulls its stats on destroy. */
export class StockLoader implements FragLoader {
  static all: StockLoader[] = [];
  context: FragmentLoaderContext | null = null;
  stats: LoaderStats = newStats();
  config: LoaderConfiguration | null = null;
  callbacks: Callbacks | null = null;
  isDestroyed = false;

  constructor(readonly hlsConfig: HlsConfig) {
    StockLoader.all.push(this);
  }
  load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
    if (this.stats.loading.start) throw new Error('Loader can only be used once.');
    this.stats.loading.start = performance.now();
    Object.assign(this, { context, config, callbacks });
  }
  abort(): void {
    this.stats.aborted = true;
    this.callbacks?.onAbort?.(this.stats, this.context!, null);
  }
  destroy(): void {
    this.isDestroyed = true;
    this.callbacks = this.context = null;
    this.stats = null as never;
  }
  succeeds(data: ArrayBuffer): void {
    this.stats.loaded = this.stats.total = data.byteLength;
    this.stats.loading.end = performance.now();
    this.callbacks?.onSuccess({ url: this.context!.url, data, code: 200 }, this.stats, this.context!, null);
  }
  fails(code: number): void {
    this.callbacks?.onError({ code, text: 'no' }, this.context!, null, this.stats);
  }
  timesOut(): void {
    this.callbacks?.onTimeout(this.stats, this.context!, null);
  }
}

export interface FakePlayer {
  hls: Hls;
  emit(name: string, data?: object): void;
  config: HlsConfig;
  levels: { details?: LevelDetails }[];
}

const base = 'https://cdn.example/live';

export function makeFrag(sn: number, change: Partial<MediaFragment> & { byteRange?: number[] } = {}): MediaFragment {
  return {
    sn,
    cc: 0,
    type: 'main',
    level: 0,
    start: sn * 2,
    duration: 2,
    url: `${base}/v0/${sn}.m4s`,
    baseurl: `${base}/v0.m3u8?token=1`,
    byteRange: [],
    bitrateTest: false,
    ...change,
  } as unknown as MediaFragment;
}

export function makeDetails(from: number, to: number, change: object = {}): LevelDetails {
  const fragments = Array.from({ length: to - from + 1 }, (_, i) => makeFrag(from + i));
  return { live: true, url: `${base}/v0.m3u8?token=1`, fragments, partList: null, edge: (to + 1) * 2, targetduration: 2, ...change } as unknown as LevelDetails;
}

export function makePlayer(configChange: Partial<HlsConfig> = {}): FakePlayer {
  const events = new EventEmitter();
  StockLoader.all = [];
  const config = { loader: StockLoader, lowLatencyMode: true, ...configChange } as unknown as HlsConfig;
  const levels: { details?: LevelDetails }[] = [];
  const hls = {
    config,
    levels,
    audioTracks: [],
    loadLevel: 0,
    audioTrack: -1,
    media: null,
    url: `${base}/master.m3u8?token=1`,
    liveSyncPosition: null,
    on: events.on.bind(events),
    off: events.off.bind(events),
    listenerCount: () => events.eventNames().reduce((sum, name) => sum + events.listenerCount(name), 0),
  } as unknown as Hls;
  return { hls, config, levels, emit: (name, data = {}) => void events.emit(name, name, data) };
}

export const makeContext = (frag: MediaFragment, change: Partial<FragmentLoaderContext> = {}): FragmentLoaderContext => {
  const [rangeStart = 0, rangeEnd = 0] = frag.byteRange;
  return { type: 'media-fragment', frag, part: null, responseType: 'arraybuffer', url: frag.url, headers: {}, rangeStart, rangeEnd, ...change } as never;
};

export const makeLoadConfig = (change: object = {}): LoaderConfiguration => {
  const loadPolicy = { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 120_000, timeoutRetry: null, errorRetry: null };
  return { loadPolicy, timeout: 120_000, maxRetry: 0, retryDelay: 0, maxRetryDelay: 0, highWaterMark: 131_072, ...change };
};

/** Callbacks that write down what hls.js would see. */
export function makeCallbacks(log: string[]): Callbacks & { data: ArrayBuffer[] } {
  const data: ArrayBuffer[] = [];
  return {
    data,
    onSuccess: (response, stats) => {
      data.push(response.data as ArrayBuffer);
      log.push(`success ${(response.data as ArrayBuffer).byteLength} ${stats.loaded}/${stats.total}`);
    },
    onError: (error) => log.push(`error ${error.code}`),
    onTimeout: () => log.push('timeout'),
    onAbort: () => log.push('abort'),
  };
}
