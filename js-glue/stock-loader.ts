// hls.js's own fragment loading, as it would be without us, behind the statistics object that hls.js already holds.
// Owns the inner loader of one load; refuses to change what it does. Invariant: hls.js sees exactly one final callback, the
// context and statistics it knows, and nothing after destroy().
import type {
  FragmentLoaderConstructor,
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderStats,
} from 'hls.js';

export type FragLoader = Loader<FragmentLoaderContext>;
export type Callbacks = LoaderCallbacks<FragmentLoaderContext>;

export function newStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}

export class StockLoad {
  #inner: FragLoader;
  #stats: LoaderStats;

  /** `Stock`: the page's fLoader from before us, or hls.config.loader. */
  constructor(Stock: FragmentLoaderConstructor, config: HlsConfig, stats: LoaderStats) {
    this.#inner = new Stock(config);
    this.#stats = stats;
    // hls.js's loaders start their own clock and refuse a used one. `retry` is hls.js's, set before load().
    stats.loaded = stats.total = stats.chunkCount = 0;
    stats.loading.start = stats.loading.first = stats.loading.end = 0;
    this.#inner.stats = stats;
  }

  /** `onLoaded` hears of the bytes that came, before hls.js does. */
  start(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks, onLoaded: (bytes: number) => void): void {
    const { onProgress } = callbacks;
    const wrapped: Callbacks = {
      onSuccess: (response, stats, inner, details) => {
        this.#copy(stats);
        onLoaded(this.#stats.loaded);
        callbacks.onSuccess(response, this.#stats, inner, details);
      },
      onError: (error, inner, details, stats) => {
        this.#copy(stats);
        callbacks.onError(error, inner, details, this.#stats);
      },
      onTimeout: (stats, inner, details) => {
        this.#copy(stats);
        callbacks.onTimeout(this.#stats, inner, details);
      },
      onAbort: (stats, inner, details) => {
        this.#copy(stats);
        callbacks.onAbort?.(this.#stats, inner, details);
      },
    };
    if (onProgress) {
      wrapped.onProgress = (stats, inner, data, details) => {
        this.#copy(stats);
        onProgress(this.#stats, inner, data, details);
      };
    }
    this.#inner.load(context, config, wrapped);
  }

  abort(): void {
    this.#inner.abort();
  }

  destroy(): void {
    this.#inner.destroy();
  }

  cacheAge(): number | null {
    return this.#inner.getCacheAge?.() ?? null;
  }

  header(name: string): string | null {
    return this.#inner.getResponseHeader?.(name) ?? null;
  }

  /** A custom loader may insist on a statistics object of its own. */
  #copy(theirs: LoaderStats | null | undefined): void {
    if (!theirs || theirs === this.#stats) return;
    const { loading, parsing, buffering, ...rest } = theirs;
    Object.assign(this.#stats, rest);
    Object.assign(this.#stats.loading, loading);
    Object.assign(this.#stats.parsing, parsing);
    Object.assign(this.#stats.buffering, buffering);
  }
}
