// Performs FETCH: asks the CDN for a segment or a run of its blocks, and reports each block the moment it is whole, so that
// it can be served to peers before the segment is complete.
// Owns the fetches in flight; refuses to retry or to choose (the engine does). Invariant: after abort() or close() nothing
// is reported for that fetch; every other fetch ends with exactly one `done` or `failed`.
import type { FragmentLoaderContext, HlsConfig, MediaFragment } from 'hls.js';
import { BlockCutter } from './block-cutter.js';
import { kBlockBytes, type Block } from './block-store.js';
import { rangeOf, readAnswer, type Question } from './cdn-answer.js';

export interface FetchReport {
  answered(fetch: number): void;
  /** Returns false when the engine wants no bytes of this segment (too large). */
  headers(order: FetchOrder, bytesTotal: number, isRanged: boolean): boolean;
  block(order: FetchOrder, index: number, block: Block): void;
  done(fetch: number, surplusBytes: number): void;
  failed(fetch: number, status: number, surplusBytes: number): void;
  /** The CDN's answers to Range are of no use to a script. */
  rangesHidden(): void;
}

export interface FetchOrder {
  fetch: number;
  segment: number;
  frag: MediaFragment;
  firstBlock: number;
  /** 0: the whole segment. */
  blockCount: number;
  /** Offset of the last byte asked for, + 1; 0 for unknown. */
  byteEnd: number;
  /** Size of the segment as far as known; 0 for unknown. */
  bytesTotal: number;
}

/** One may be the network's fault. */
const kUnansweredMax = 3;

type Setup = Pick<HlsConfig, 'fetchSetup'>;

export class CdnFetcher {
  #config: Setup;
  #report: FetchReport;
  #open = new Map<number, AbortController>();
  /** Questions with Range that got no answer at all, until one does: a CORS preflight that forbids the header. */
  #unanswered = 0;

  /** `config` is hls.js's own, read at each fetch: its fetchSetup may change headers, credentials and URL. */
  constructor(config: Setup, report: FetchReport) {
    this.#config = config;
    this.#report = report;
  }

  start(order: FetchOrder): void {
    const controller = new AbortController();
    this.#open.set(order.fetch, controller);
    const isWanted = (): boolean => this.#open.get(order.fetch) === controller;
    const reader = new Reader(order, this.#report, isWanted);
    const asking = this.#ask(reader.question, order.frag, controller.signal);
    if (order.blockCount > 0) {
      asking.then(
        () => (this.#unanswered = -Infinity),
        () => isWanted() && ++this.#unanswered === kUnansweredMax && this.#report.rangesHidden(),
      );
    }
    void reader
      .run(asking)
      .catch(() => reader.fail(0))
      .finally(() => {
        if (isWanted()) this.#open.delete(order.fetch);
        controller.abort(); // releases a body that nobody reads to its end
      });
  }

  abort(fetch: number): void {
    const controller = this.#open.get(fetch);
    this.#open.delete(fetch);
    controller?.abort();
  }

  close(): void {
    for (const fetch of [...this.#open.keys()]) this.abort(fetch);
  }

  /** As hls.js's fetch loader asks: CORS, same-origin credentials, and the page's fetchSetup with the last word. */
  async #ask(question: Question, frag: MediaFragment, signal: AbortSignal): Promise<Response> {
    const range = rangeOf(question);
    const headers = new Headers();
    if (range) headers.set('Range', `bytes=${range.start}-${range.end === Infinity ? '' : range.end - 1}`);
    const init = { method: 'GET', mode: 'cors', credentials: 'same-origin', signal, headers } as const;
    const setup = this.#config.fetchSetup;
    if (!setup) return fetch(new Request(frag.url, init));
    const context = {
      type: 'media-fragment',
      frag,
      part: null,
      responseType: 'arraybuffer',
      url: frag.url,
      headers: {},
      rangeStart: range?.start ?? 0,
      rangeEnd: range && range.end !== Infinity ? range.end : 0,
    } as unknown as FragmentLoaderContext;
    return fetch(await setup(context, init));
  }
}

/** One fetch from question to last byte. */
class Reader {
  readonly question: Question;
  #order: FetchOrder;
  #report: FetchReport;
  #isWanted: () => boolean;
  #cutter: BlockCutter | null = null;

  constructor(order: FetchOrder, report: FetchReport, isWanted: () => boolean) {
    const { frag, firstBlock, blockCount, byteEnd, bytesTotal } = order;
    const [base, end] = frag.byteRange.length === 2 ? frag.byteRange : [0, Infinity];
    const to = byteEnd || (firstBlock + blockCount) * kBlockBytes;
    this.question = { base, end, range: blockCount > 0 ? { from: firstBlock * kBlockBytes, to } : null, bytesTotal };
    this.#order = order;
    this.#report = report;
    this.#isWanted = isWanted;
  }

  async run(asking: Promise<Response>): Promise<void> {
    const { fetch } = this.#order;
    const response = await asking;
    if (!this.#isWanted()) return;
    this.#report.answered(fetch);
    const answer = readAnswer(this.question, response.status, response.headers);
    if (answer.kind === 'hidden') {
      this.#report.rangesHidden();
      return this.fail(0);
    }
    if (answer.kind === 'refused') return this.fail(answer.status);
    if (!response.body) return this.fail(0);

    const late: [number, Block][] = []; // blocks of a segment whose size only its end tells
    const isSized = answer.bytesTotal > 0;
    if (isSized && !this.#report.headers(this.#order, answer.bytesTotal, answer.isRanged)) return this.#report.done(fetch, 0);
    const offset = Math.max(0, answer.at - this.question.base);
    const skip = Math.max(0, this.question.base - answer.at);
    const cutter = new BlockCutter(offset / kBlockBytes, isSized ? answer.bytesTotal : Infinity, skip, (index, block) => {
      if (!this.#isWanted()) return;
      if (isSized) this.#report.block(this.#order, index, block);
      else late.push([index, block]);
    });
    this.#cutter = cutter;

    const body = response.body.getReader();
    for (;;) {
      const { done, value } = await body.read();
      if (!this.#isWanted()) return;
      if (done) break;
      cutter.push(value);
      if (!this.#isWanted()) return;
      // Read on to the end, so that the connection can be used again; but not through another segment's bytes.
      if (isSized && cutter.isComplete && cutter.surplusBytes > skip) break;
    }
    const size = cutter.finish();
    if (!isSized) {
      if (size === 0 || !this.#report.headers(this.#order, size, answer.isRanged)) return this.fail(0);
      for (const [index, block] of late) this.#report.block(this.#order, index, block);
    }
    // A whole segment that ends early is a broken transfer, as it is to a browser that knows the length.
    if (isSized && !answer.isRanged && !cutter.isComplete) return this.fail(0);
    this.#report.done(fetch, cutter.surplusBytes);
  }

  fail(status: number): void {
    if (!this.#isWanted()) return;
    this.#cutter?.finish();
    this.#report.failed(this.#order.fetch, status, this.#cutter?.surplusBytes ?? 0);
  }
}
