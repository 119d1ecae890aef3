// Owns: what the origin really sent: bytes of media segments, by viewer and by segment. The judge of every offload figure.
// Refuses: playlists, init segments and pages (asked for by every viewer whatever we do), and response headers.
// Invariant: `segmentBytes` is the sum over viewers and the sum over segments, aborted responses included as far as sent.

/** Segments remembered one by one; older ones stay in the sums. An hour of 2 s segments. */
const SEGMENTS_MAX = 1800;

export class Counters {
  segmentBytes = 0;
  segmentRequests = 0;
  requests = 0;
  aborted = 0;
  /** @type {Map<string, { bytes: number, requests: number }>} by the x-viewer header */
  viewers = new Map();
  /** @type {Map<string, { bytes: number, size: number, requests: number }>} by path */
  segments = new Map();

  /** A segment is asked for. @param {string} viewer @param {string} path */
  asked(viewer, path) {
    this.segmentRequests++;
    this.#viewer(viewer).requests++;
    this.#segment(path).requests++;
  }

  /** Bytes of a segment went out. @param {string} viewer @param {string} path @param {number} bytes */
  sent(viewer, path, bytes) {
    this.segmentBytes += bytes;
    this.#viewer(viewer).bytes += bytes;
    this.#segment(path).bytes += bytes;
  }

  /** How large the segment is, for `copies`. @param {string} path @param {number} size */
  sized(path, size) {
    this.#segment(path).size = size;
  }

  /** Bytes served to one viewer. @param {string} viewer */
  bytesOf(viewer) {
    return this.viewers.get(viewer)?.bytes ?? 0;
  }

  /** How many times over each segment left the origin: 1 is what a perfect swarm asks for. @returns {Map<string, number>} */
  copies() {
    return new Map([...this.segments].filter(([, s]) => s.size > 0).map(([path, s]) => [path, s.bytes / s.size]));
  }

  /** Plain data, safe to keep: later bytes do not change it. */
  snapshot() {
    return {
      segmentBytes: this.segmentBytes,
      segmentRequests: this.segmentRequests,
      requests: this.requests,
      aborted: this.aborted,
      viewers: Object.fromEntries([...this.viewers].map(([name, v]) => [name, { ...v }])),
      copies: Object.fromEntries(this.copies()),
    };
  }

  reset() {
    this.segmentBytes = this.segmentRequests = this.requests = this.aborted = 0;
    this.viewers.clear();
    this.segments.clear();
  }

  #viewer(name) {
    // Names come from a header that anyone may write: past a thousand, newcomers share one line.
    const known = this.viewers.has(name) || this.viewers.size < 1000 ? name : 'others';
    let entry = this.viewers.get(known);
    if (!entry) this.viewers.set(known, (entry = { bytes: 0, requests: 0 }));
    return entry;
  }

  #segment(path) {
    let entry = this.segments.get(path);
    if (!entry) {
      if (this.segments.size >= SEGMENTS_MAX) this.segments.delete(this.segments.keys().next().value);
      this.segments.set(path, (entry = { bytes: 0, size: 0, requests: 0 }));
    }
    return entry;
  }
}
