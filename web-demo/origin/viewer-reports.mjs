// Owns: what viewers say about themselves, once a second: the terminal's table and the page's swarm-wide figures.
// Refuses: to be evidence; anyone may write a report. The origin's own counters are the judge.
// Invariant: bounded: at most `REPORTS_MAX` viewers, and one that falls silent leaves the table but stays in the sums.

const REPORTS_MAX = 200;
const SILENT_AFTER_MS = 5000;
const SUMMED = /** @type {const} */ (['bytesFromCdn', 'bytesFromPeers', 'bytesUploaded', 'stalls']);
const bytes = { type: 'number', minimum: 0, maximum: 2 ** 53 };

/** JSON schema of a report, for the web server to check before we see it. */
export const reportSchema = {
  type: 'object',
  required: ['viewer', 'bytesFromCdn', 'bytesFromPeers', 'bytesUploaded', 'peers', 'stalls'],
  additionalProperties: false,
  properties: {
    viewer: { type: 'string', pattern: '^[A-Za-z0-9 ._-]{1,40}$' },
    bytesFromCdn: bytes,
    bytesFromPeers: bytes,
    bytesUploaded: bytes,
    stalls: { type: 'integer', minimum: 0, maximum: 1e6 },
    peers: { type: 'integer', minimum: 0, maximum: 1000 },
    latencyS: { type: 'number', minimum: 0, maximum: 1e6 },
    state: { type: 'string', maxLength: 20 },
  },
};

/**
 * @typedef {{ viewer: string, bytesFromCdn: number, bytesFromPeers: number, bytesUploaded: number, stalls: number, peers: number,
 *   latencyS?: number, state?: string }} Report  sums since the viewer's page was opened
 */
export class ViewerReports {
  /** @type {Map<string, { report: Report, atMs: number }>} */
  #latest = new Map();
  #gone = { bytesFromCdn: 0, bytesFromPeers: 0, bytesUploaded: 0, stalls: 0 };

  /** @param {Report} report @param {number} nowMs */
  take(report, nowMs) {
    if (!this.#latest.has(report.viewer) && this.#latest.size >= REPORTS_MAX) this.#retire(nowMs);
    if (this.#latest.has(report.viewer) || this.#latest.size < REPORTS_MAX)
      this.#latest.set(report.viewer, { report, atMs: nowMs });
  }

  /** Viewers heard of lately, in the order in which they came. @param {number} nowMs @returns {Report[]} */
  present(nowMs) {
    return [...this.#latest.values()].filter(({ atMs }) => nowMs - atMs < SILENT_AFTER_MS).map(({ report }) => report);
  }

  /** Sums over everyone who ever watched. @param {number} nowMs */
  totals(nowMs) {
    const sum = { ...this.#gone };
    for (const { report } of this.#latest.values()) for (const key of SUMMED) sum[key] += report[key];
    const played = sum.bytesFromCdn + sum.bytesFromPeers;
    return { ...sum, viewers: this.present(nowMs).length, offload: played > 0 ? sum.bytesFromPeers / played : 0 };
  }

  #retire(nowMs) {
    for (const [viewer, { report, atMs }] of this.#latest) {
      if (nowMs - atMs < SILENT_AFTER_MS) continue;
      for (const key of SUMMED) this.#gone[key] += report[key];
      this.#latest.delete(viewer);
    }
  }
}
