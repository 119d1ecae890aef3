// The arithmetic of the bench: limits, offload, percentiles, and the verdict over a row.
// Owns numbers; refuses to measure or to print. Invariant: nothing is rounded here, so nothing is rounded to a pass.

/**
 * The most that any scheduler could offload: every byte leaves the CDN once, and nobody sends more than it has or than its
 * uplink carries.
 * @param {number} viewers @param {number} streamBps @param {number} [uplinkBps]  each viewer's
 */
export function offloadLimit(viewers, streamBps, uplinkBps = Infinity) {
  return Math.min(1 - 1 / viewers, Math.min(uplinkBps, streamBps) / streamBps);
}

/** @param {number} servedBytes by the origin @param {number} consumedBytes handed to the players */
export function offload(servedBytes, consumedBytes) {
  return consumedBytes > 0 ? 1 - servedBytes / consumedBytes : 0;
}

/** The nearest-rank percentile. @param {number[]} values @param {number} share 0–1 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN;
}

/** @param {number[]} values */
export const mean = (values) => values.reduce((total, value) => total + value, 0) / values.length;

/** Half a second without a new position. */
const kFrozenMs = 500;

/**
 * Stalls that began between two readings of a probe; one that began before and went on counts as well.
 * @typedef {{ stalls: number, frozenMs: number }} Reading
 * @param {Reading} before @param {Reading} after
 */
export function stallsBetween(before, after) {
  const began = after.stalls - before.stalls;
  return began > 0 || after.frozenMs - before.frozenMs < kFrozenMs ? began : 1;
}

/**
 * What a swarm must cost at least: playback as with the CDN, and a bare data channel for the bytes that came over one.
 * @param {number} cdnCpuPerMb @param {number} channelCpuPerMb both ends @param {number} offloadShare
 */
export function cpuFloorRatio(cdnCpuPerMb, channelCpuPerMb, offloadShare) {
  return 1 + (offloadShare * channelCpuPerMb) / cdnCpuPerMb;
}

/**
 * @typedef {object} Row  one contestant in one case
 * @property {string} contestant
 * @property {number} offload
 * @property {number} limit
 * @property {{ p50: number, p95: number }} latencyS
 * @property {{ p50: number, max: number }} firstPictureMs  from navigation, the library's download included
 * @property {number} stalls
 * @property {number} cpuSPerMb
 * @property {{ upBytes: number, downBytes: number, uploadedBytes?: number, downloadedBytes?: number }[]} viewers  bytes on the
 *   wire, and payload by the library's own count where it has one
 */

/**
 * What a row misses, in words; empty when it keeps everything.
 * @param {Row} row @param {Row | undefined} cdn the CDN-only row of the same case; its comparisons are left out without
 * @param {{ offloadMin?: number, latencyOverCdnMaxS: number, firstPictureOverCdnMaxMs: number, stallsMax: number, cpuOverCdnMax: number }} target
 * @returns {string[]}
 */
export function misses(row, cdn, target) {
  const missed = [];
  const say = (/** @type {boolean} */ isMissed, /** @type {string} */ words) => isMissed && missed.push(words);
  if (target.offloadMin !== undefined) say(!(row.offload >= target.offloadMin), `offload under ${target.offloadMin}`);
  say(!(row.stalls <= target.stallsMax), 'stalls');
  say(
    row.viewers.some((v) => v.upBytes > v.downBytes || (v.uploadedBytes ?? 0) > (v.downloadedBytes ?? Infinity)),
    'a viewer uploads more than it downloads',
  );
  if (!cdn) return missed;
  say(!(row.latencyS.p50 - cdn.latencyS.p50 <= target.latencyOverCdnMaxS), `latency over CDN-only + ${target.latencyOverCdnMaxS} s`);
  const lateMs = row.firstPictureMs.p50 - cdn.firstPictureMs.p50;
  say(!(lateMs <= target.firstPictureOverCdnMaxMs), `first picture over CDN-only + ${target.firstPictureOverCdnMaxMs} ms`);
  say(!(row.cpuSPerMb / cdn.cpuSPerMb <= target.cpuOverCdnMax), `CPU over ${target.cpuOverCdnMax} × CDN-only`);
  return missed;
}
