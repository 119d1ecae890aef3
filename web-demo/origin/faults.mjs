// Owns: the ways in which this origin may misbehave on purpose, and how often each of them really did.
// Refuses: to send anything; delivery.mjs and origin.mjs carry out what `forRequest` says.
// Invariant: a fault that is over changes nothing any more, and its `hits` stays readable for the test that made it.

/**
 * @typedef {object} FaultSpec
 * @property {RegExp | ((path: string) => boolean)} [match]  which paths (with the query); all when absent
 * @property {string} [viewer]  only requests that carry this x-viewer header
 * @property {number} [status]  answer with this status and no body
 * @property {number} [delayMs]  wait before answering
 * @property {boolean} [ignoreRange]  answer 200 with the whole file whatever Range says
 * @property {number} [stallAfterBytes]  send so many bytes of the body, then nothing until the fault ends
 * @property {number} [bytesPerSecond]  pace of the body
 * @property {number} [durationMs]  the fault ends so long after `add`
 * @property {number} [untilMs]  or at this Date.now()
 * @property {number} [times]  or after so many hits
 */

export class Fault {
  hits = 0;
  #over = false;

  /** @param {FaultSpec} spec @param {() => number} now */
  constructor(spec, now) {
    this.spec = spec;
    this.now = now;
    this.endsMs = Math.min(
      spec.untilMs ?? Infinity,
      spec.durationMs === undefined ? Infinity : now() + spec.durationMs,
    );
  }

  get active() {
    return !this.#over && this.now() < this.endsMs;
  }

  /** End it now; stalled answers go on. */
  remove() {
    this.#over = true;
  }

  /** @param {string} path @param {string} viewer */
  takes(path, viewer) {
    const { match, viewer: only, times } = this.spec;
    if (!this.active || (only !== undefined && only !== viewer) || (times !== undefined && this.hits >= times))
      return false;
    // `lastIndex` of a /g or /y expression would make every second request escape.
    if (match instanceof RegExp) return new RegExp(match.source, match.flags.replace(/[gy]/g, '')).test(path);
    return match === undefined || match(path);
  }
}

export class Faults {
  /** @type {Fault[]} */
  #all = [];
  #now;

  /** @param {() => number} [now] */
  constructor(now = Date.now) {
    this.#now = now;
  }

  /** @param {FaultSpec} spec @returns {Fault} */
  add(spec) {
    const fault = new Fault(spec, this.#now);
    this.#all.push(fault);
    return fault;
  }

  /** End all of them. */
  clear() {
    for (const fault of this.#all) fault.remove();
    this.#all = [];
  }

  /**
   * The faults that hit this request, counted; a later one overrides an earlier one field by field.
   * @param {string} path @param {string} viewer
   * @returns {{ spec: FaultSpec, active: () => boolean }}
   */
  forRequest(path, viewer) {
    const hit = this.#all.filter((fault) => fault.takes(path, viewer));
    for (const fault of hit) fault.hits++;
    return {
      spec: Object.assign({}, ...hit.map((fault) => fault.spec)),
      active: () => hit.some((fault) => fault.active),
    };
  }
}
