// When bytes of a segment were on their way: the truth behind the loader's statistics.
// hls.js divides bytes by loading time to estimate bandwidth. Blocks here come early, late and in parallel, so the time
// between its request and our answer says nothing. What does: the time during which at least one transfer was under way.
// Owns those intervals; refuses to see bytes. Invariant: active time never exceeds the span from first ask to now.

interface Transfer {
  from: number;
  to: number;
  /** When its first byte came; `to` for a peer's block, which arrives as one message. */
  first: number;
}

export interface Activity {
  /** Milliseconds during which something was under way. */
  activeMs: number;
  /** Of those, from the first ask to its first byte. */
  firstByteMs: number;
}

/** Length of the union of intervals. */
export function unionMs(intervals: readonly { from: number; to: number }[]): number {
  let sum = 0;
  let end = -Infinity;
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    if (to <= end) continue;
    sum += to - Math.max(from, end);
    end = to;
  }
  return sum;
}

const kRateWeight = 0.3;

export class TransferLog {
  #done = new Map<number, Transfer[]>();
  #fetches = new Map<number, { segment: number; from: number; first: number; bytes: number }>();
  #asks = new Map<number, Map<number, number>>();
  #cdnBytesPerMs = 0;

  fetchBegan(fetch: number, segment: number, now: number): void {
    this.#fetches.set(fetch, { segment, from: now, first: 0, bytes: 0 });
  }

  fetchAnswered(fetch: number, now: number): void {
    const open = this.#fetches.get(fetch);
    if (open && open.first === 0) open.first = now;
  }

  /** A block of it is here. */
  fetchBrought(fetch: number, bytes: number): void {
    const open = this.#fetches.get(fetch);
    if (open) open.bytes += bytes;
  }

  /** Ended: well, badly or aborted. A fetch that brought nothing counts for nothing. */
  fetchEnded(fetch: number, now: number): void {
    const open = this.#fetches.get(fetch);
    this.#fetches.delete(fetch);
    if (!open || open.bytes === 0) return;
    const first = open.first || now;
    this.#add(open.segment, { from: open.from, to: now, first });
    if (now - first >= 1) {
      const rate = open.bytes / (now - first);
      this.#cdnBytesPerMs = this.#cdnBytesPerMs === 0 ? rate : this.#cdnBytesPerMs + kRateWeight * (rate - this.#cdnBytesPerMs);
    }
  }

  peerAsked(segment: number, block: number, now: number): void {
    let asks = this.#asks.get(segment);
    if (!asks) this.#asks.set(segment, (asks = new Map()));
    asks.set(block, now);
  }

  /**
   * A block from a peer. A slow peer's time counts for no more than the CDN would have taken at the rate last seen: the
   * CDN was there to be asked, so the link was not slower than that. Without this, neighbours on thin uplinks would talk
   * the player down to a lower quality.
   */
  peerAnswered(segment: number, block: number, bytes: number, now: number): void {
    const from = this.#asks.get(segment)?.get(block);
    if (from === undefined) return;
    this.#asks.get(segment)?.delete(block);
    const taken = now - from;
    const charged = this.#cdnBytesPerMs > 0 ? Math.min(taken, bytes / this.#cdnBytesPerMs) : taken;
    this.#add(segment, { from: now - charged, to: now, first: now });
  }

  /** Finished transfers, and those still under way; `isPending(block)` says which asks of peers are. */
  activity(segment: number, now: number, isPending: (block: number) => boolean = () => false): Activity {
    const transfers = [...(this.#done.get(segment) ?? [])];
    for (const open of this.#fetches.values()) {
      if (open.segment === segment) transfers.push({ from: open.from, to: now, first: open.first || now });
    }
    for (const [block, from] of this.#asks.get(segment) ?? []) {
      if (isPending(block)) transfers.push({ from, to: now, first: now });
    }
    if (transfers.length === 0) return { activeMs: 0, firstByteMs: 0 };
    const earliest = transfers.reduce((a, b) => (b.from < a.from ? b : a));
    // A peer's block shows only when it is whole: its wait is transfer time, not time to the first byte.
    const firstByteMs = earliest.first < earliest.to ? earliest.first - earliest.from : 0;
    return { activeMs: unionMs(transfers), firstByteMs };
  }

  forget(segment: number): void {
    this.#done.delete(segment);
    this.#asks.delete(segment);
    for (const [id, open] of this.#fetches) if (open.segment === segment) this.#fetches.delete(id);
  }

  #add(segment: number, transfer: Transfer): void {
    const list = this.#done.get(segment);
    if (list) list.push(transfer);
    else this.#done.set(segment, [transfer]);
  }
}
