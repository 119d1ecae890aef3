// Where the player's loads and the engine's segments meet: who waits for which segment.
// Owns the waiting customers; refuses to load anything. Invariant: the engine holds a segment for wanted exactly while
// somebody here waits for it, and close() sends everybody to the stock loader.
import { isMarketable } from './marketable.js';
import type { FragmentLoaderContext } from 'hls.js';
import { blockCountOf, type BlockStore } from './block-store.js';
import type { Core } from './core.js';
import type { Customer, MarketLoad, Progress } from './segment-loader.js';
import type { SegmentEntry, SegmentIndex } from './segment-index.js';
import type { TransferLog } from './transfer-log.js';

const kDownloading = 1;

export class MarketDesk {
  #core: Core;
  #index: SegmentIndex;
  #store: BlockStore;
  #log: TransferLog;
  #waiting = new Map<SegmentEntry, Set<Customer>>();
  #isClosed = false;

  constructor(core: Core, index: SegmentIndex, store: BlockStore, log: TransferLog) {
    this.#core = core;
    this.#index = index;
    this.#store = store;
    this.#log = log;
  }

  open(context: FragmentLoaderContext): MarketLoad | null {
    if (this.#isClosed || !isMarketable(context)) return null;
    const entry = this.#index.find(context.frag as never);
    if (!entry) return null;
    return {
      want: (customer) => this.#want(entry, customer),
      unwant: (customer) => this.#unwant(entry, customer),
      progress: () => this.#progress(entry.handle),
    };
  }

  /** SEGMENT_READY: every customer gets a buffer of its own. */
  ready(segment: number): void {
    this.#settle(segment, (customer) => {
      const data = this.#store.assemble(segment, this.#core.segmentBytes(segment));
      if (data) customer.ready(data);
      else customer.failed();
    });
  }

  /** SEGMENT_FAILED, DROP_SEGMENT. */
  failed(segment: number): void {
    this.#settle(segment, (customer) => customer.failed());
  }

  /** Brings the statistics of all loads up to date: hls.js reads them every 100 ms. */
  refresh(): void {
    for (const customers of this.#waiting.values()) for (const customer of customers) customer.refresh();
  }

  close(): void {
    this.#isClosed = true;
    for (const [entry, customers] of [...this.#waiting]) {
      this.#waiting.delete(entry);
      for (const customer of customers) customer.failed();
    }
  }

  #want(entry: SegmentEntry, customer: Customer): void {
    const customers = this.#waiting.get(entry);
    if (customers) customers.add(customer);
    else this.#waiting.set(entry, new Set([customer]));
    if (entry.handle !== 0) return this.#core.tell((engine) => engine.segment_wanted(entry.handle));
    // hls.js asks in the same task in which it shows us the playlist: the name is still being hashed.
    void entry.known.then(() => {
      if (!this.#waiting.get(entry)?.has(customer)) return;
      if (entry.handle !== 0) this.#core.tell((engine) => engine.segment_wanted(entry.handle));
      else customer.failed();
    });
  }

  #unwant(entry: SegmentEntry, customer: Customer): void {
    const customers = this.#waiting.get(entry);
    if (!customers?.delete(customer) || customers.size > 0) return;
    this.#waiting.delete(entry);
    if (entry.handle !== 0) this.#core.tell((engine) => engine.segment_unwanted(entry.handle));
  }

  #settle(segment: number, call: (customer: Customer) => void): void {
    const entry = this.#index.get(segment);
    const customers = entry && this.#waiting.get(entry);
    if (!customers) return;
    this.#waiting.delete(entry); // first: the engine wants nothing more of it
    for (const customer of customers) call(customer);
  }

  #progress(segment: number): Progress {
    const loaded = this.#store.bytesOf(segment);
    const total = this.#core.segmentBytes(segment);
    const activity = this.#log.activity(segment, performance.now(), (block) => this.#core.blockStatus(segment, block) === kDownloading);
    return { loaded, total, chunks: blockCountOf(total), ...activity };
  }
}
