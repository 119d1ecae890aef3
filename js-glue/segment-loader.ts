// The fragment loader that hls.js makes for each load: from the market if the engine knows the segment, else stock.
// Owns one load's state, its time limits and the honesty of its statistics; refuses to fetch or to store. Invariant: exactly
// one final callback a load, none after destroy(), and whatever goes wrong in the market ends in the stock loader.
import type {
  FragmentLoaderConstructor,
  FragmentLoaderContext,
  HlsConfig,
  LoaderConfiguration,
  LoaderStats,
} from 'hls.js';
import { newStats, StockLoad, type Callbacks, type FragLoader } from './stock-loader.js';

/** A segment in the market, as the loader sees it. */
export interface MarketLoad {
  /** Tells the engine that the player waits. */
  want(customer: Customer): void;
  /** The player does not wait any more. */
  unwant(customer: Customer): void;
  progress(): Progress;
}

export interface Progress {
  loaded: number;
  /** 0 while unknown. */
  total: number;
  chunks: number;
  activeMs: number;
  firstByteMs: number;
}

/** What the market calls back. */
export interface Customer {
  ready(data: ArrayBuffer): void;
  /** Go to the stock loader. */
  failed(): void;
  refresh(): void;
}

export interface Desk {
  /** The market's load for a context; null sends it to the stock loader. */
  open(context: FragmentLoaderContext, config: HlsConfig): MarketLoad | null;
  stock(config: HlsConfig): FragmentLoaderConstructor;
  loadedOutside(bytes: number): void;
}

type State = 'new' | 'market' | 'delivering' | 'stock' | 'over';

/** The class to put into hls.config.fLoader. */
export function segmentLoaderFor(desk: Desk): FragmentLoaderConstructor {
  return class SegmentLoader implements FragLoader, Customer {
    context: FragmentLoaderContext | null = null;
    stats: LoaderStats = newStats();
    #hlsConfig: HlsConfig;
    #config: LoaderConfiguration | null = null;
    #callbacks: Callbacks | null = null;
    #state: State = 'new';
    #market: MarketLoad | null = null;
    #stock: StockLoad | null = null;
    #began = 0;
    #timers: ReturnType<typeof setTimeout>[] = [];

    constructor(config: HlsConfig) {
      this.#hlsConfig = config;
    }

    load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
      if (this.#state !== 'new') throw new Error('hls-bazaar: a loader can only be used once');
      this.context = context;
      this.#config = config;
      this.#callbacks = callbacks;
      this.#began = performance.now();
      this.#market = desk.open(context, this.#hlsConfig);
      if (!this.#market) return this.#goStock(config);
      this.#state = 'market';
      this.stats.loading.start = this.#began;
      this.#limitTime(config);
      this.#market.want(this);
    }

    /** Always answered with onAbort while the load is on; a load that is over has nothing to abort. */
    abort(): void {
      if (this.#state === 'over' || this.#state === 'new') return;
      if (this.#stock) this.#stock.abort();
      this.stats.aborted = true;
      this.#finish((callbacks, context) => callbacks.onAbort?.(this.stats, context, null));
    }

    /** After success nothing changes in the statistics: hls.js would not sample the bandwidth of an aborted load. */
    destroy(): void {
      if (this.#state === 'market' || this.#state === 'delivering') this.stats.aborted = true;
      this.#state = 'over';
      this.#callbacks = null;
      this.#leaveMarket();
      this.#stock?.destroy();
      this.context = null;
    }

    getCacheAge(): number | null {
      return this.#stock?.cacheAge() ?? null;
    }

    getResponseHeader(name: string): string | null {
      return this.#stock?.header(name) ?? null;
    }

    ready(data: ArrayBuffer): void {
      if (this.#state !== 'market') return;
      this.#account(true);
      this.#leaveMarket();
      this.#state = 'delivering';
      // In a task of its own: hls.js acts inside its callback, and ours is in the middle of a turn.
      queueMicrotask(() => {
        if (this.#state !== 'delivering') return;
        const url = this.context?.url ?? '';
        this.stats.loaded = this.stats.total = data.byteLength;
        this.#finish((callbacks, context) => {
          // As hls.js's XHR loader does: with progressive parsing the data goes through onProgress, once.
          callbacks.onProgress?.(this.stats, context, data, null);
          callbacks.onSuccess({ url, data, code: 200 }, this.stats, context, null);
        });
      });
    }

    failed(): void {
      if (this.#state === 'market') this.#goStock(this.#config!);
    }

    refresh(): void {
      if (this.#state === 'market') this.#account(false);
    }

    /**
     * The rule of honest statistics. hls.js computes bandwidth from `loaded` and the time since `loading.start` (less the time to first
     * byte), every 100 ms while loading and once at the end. So `start` is put where it would have been, had the bytes
     * come in one go: now − the time during which a transfer of this segment was under way. Waiting for the market then
     * reads as nothing, a segment out of memory reads as the transfers that brought it, and a dead link reads as dead,
     * because its fetch is under way. `end` is never before `first`, nor `first` before `start`.
     */
    #account(isOver: boolean): void {
      const { loaded, total, chunks, activeMs, firstByteMs } = this.#market!.progress();
      const { stats } = this;
      const now = performance.now();
      stats.loaded = loaded;
      stats.total = total;
      stats.chunkCount = chunks;
      stats.loading.start = now - Math.max(activeMs, isOver ? 1 : 0);
      stats.loading.first = loaded > 0 ? Math.min(now, stats.loading.start + firstByteMs) : 0;
      stats.loading.end = isOver ? now : 0;
    }

    /**
     * hls.js leaves time limits to its loaders. When ours reaches one, the stock loader takes over rather than the error:
     * without a first byte at maxTimeToFirstByteMs, or unfinished at half of maxLoadTimeMs. It then has its own full time
     * to a first byte (its request is new) and what is left of the load time.
     */
    #limitTime(config: LoaderConfiguration): void {
      const { maxTimeToFirstByteMs, maxLoadTimeMs } = config.loadPolicy ?? { maxTimeToFirstByteMs: 0, maxLoadTimeMs: config.timeout };
      const after = (ms: number, isDue: () => boolean): void => {
        if (Number.isFinite(ms) && ms > 0) this.#timers.push(setTimeout(() => isDue() && this.failed(), ms));
      };
      after(maxTimeToFirstByteMs, () => {
        this.refresh();
        return this.stats.loaded === 0;
      });
      after(maxLoadTimeMs / 2, () => true);
    }

    #goStock(config: LoaderConfiguration): void {
      const [context, callbacks] = [this.context!, this.#callbacks!];
      const wasMarket = this.#state === 'market';
      this.#leaveMarket();
      this.#state = 'stock';
      const policy = config.loadPolicy;
      let left = config;
      if (wasMarket && policy) {
        const maxLoadTimeMs = Math.max(1, policy.maxLoadTimeMs - (performance.now() - this.#began));
        left = { ...config, timeout: maxLoadTimeMs, loadPolicy: { ...policy, maxLoadTimeMs } };
      }
      const stock = (this.#stock = new StockLoad(desk.stock(this.#hlsConfig), this.#hlsConfig, this.stats));
      const final = <A extends unknown[]>(call: ((...args: A) => void) | undefined) => {
        return (...args: A): void => this.#finish(() => call?.(...args));
      };
      stock.start(
        context,
        left,
        {
          ...callbacks,
          onSuccess: final(callbacks.onSuccess),
          onError: final(callbacks.onError),
          onTimeout: final(callbacks.onTimeout),
          onAbort: final(callbacks.onAbort),
        },
        (bytes) => this.#state === 'stock' && desk.loadedOutside(bytes),
      );
    }

    #finish(call: (callbacks: Callbacks, context: FragmentLoaderContext) => void): void {
      const [callbacks, context] = [this.#callbacks, this.context];
      if (this.#state === 'over' || !callbacks || !context) return;
      this.#state = 'over';
      this.#callbacks = null;
      this.#leaveMarket();
      call(callbacks, context);
    }

    #leaveMarket(): void {
      for (const timer of this.#timers.splice(0)) clearTimeout(timer);
      const market = this.#market;
      this.#market = null;
      market?.unwant(this);
    }
  };
}
