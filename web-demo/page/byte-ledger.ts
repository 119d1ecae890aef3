// Owns: a viewer's byte totals over the whole visit, across switching the library off and on.
// Refuses: rates (the chart's) and formatting.
// Invariant: totals never fall: what one attachment counted is added once, when it ends.
import type { Stats } from './library';

export interface Totals {
  cdn: number;
  peers: number;
  uploaded: number;
  wasted: number;
}

export class ByteLedger {
  #settled: Totals = { cdn: 0, peers: 0, uploaded: 0, wasted: 0 };

  /** hls.js alone fetched so much. */
  addPlain(bytes: number): void {
    this.#settled.cdn += bytes;
  }

  /** An attachment ends: its last figures become part of the past. */
  settle(stats: Stats): void {
    this.#settled = this.totals(stats);
  }

  /** The past plus the attachment that is running. */
  totals(running?: Stats): Totals {
    const past = this.#settled;
    return {
      cdn: past.cdn + (running?.bytesFromCdn ?? 0),
      peers: past.peers + (running?.bytesFromPeers ?? 0),
      uploaded: past.uploaded + (running?.bytesUploaded ?? 0),
      wasted: past.wasted + (running?.bytesWasted ?? 0),
    };
  }
}

export function offloadOf({ cdn, peers }: Totals): number {
  return cdn + peers > 0 ? peers / (cdn + peers) : 0;
}
