// How figures read, the same in the terminal and in docs/performance.md: a case's title, a row's cells, the floor's sentence.
// Owns wording and rounding; refuses to judge or to lay out. Invariant: a missed target is named in its row.
import { contestants } from './cases.mjs';

const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(0);
export const share = (/** @type {number} */ value) => value.toFixed(3);

/** @param {import('./cases.mjs').Case} kase */
export function caseTitle({ viewers, segmentS, uplinkBps }) {
  const uplinks = uplinkBps === undefined ? 'unshaped' : `${uplinkBps / 1e6} Mbit/s up`;
  return `${viewers} viewers, ${uplinks}, ${segmentS} s segments`;
}

/** @param {string} name of a contestant */
const titleOf = (name) => contestants.find((one) => one.name === name)?.title ?? name;

/** What `cells` gives, in its order. */
export const heads = [
  '',
  'offload',
  'of limit',
  'latency p50 / p95',
  'first picture p50 / max',
  'stalls',
  'MB up/down by viewer',
  'CPU s/MB',
  '× CDN',
  'targets',
];

/** The figures of a row as text, under `heads`. @param {any} row @param {any} [cdn] the CDN-only row that it is compared with */
export function cells(row, cdn) {
  const ratio = cdn && row !== cdn ? `${(row.cpuSPerMb / cdn.cpuSPerMb).toFixed(2)} ×` : '';
  return [
    titleOf(row.contestant),
    share(row.offload),
    row.offload < 0.0005 ? '–' : share(row.offload / row.limit),
    `${row.latencyS.p50.toFixed(1)} / ${row.latencyS.p95.toFixed(1)} s`,
    `${row.firstPictureMs.p50.toFixed(0)} / ${row.firstPictureMs.max.toFixed(0)} ms`,
    String(row.stalls),
    row.viewers.map((v) => `${megabytes(v.upBytes)}/${megabytes(v.downBytes)}`).join(' '),
    row.cpuSPerMb.toFixed(2),
    ratio,
    row.misses === undefined ? '' : row.misses.length === 0 ? 'met' : `MISSED: ${row.misses.join(', ')}`,
  ];
}

/** @param {import('./floor.mjs').FloorRow[]} floor */
export function floorLines(floor) {
  return floor.map(({ uplinkBps, bytesPerS, cpuSPerMb }) => {
    const uplink = uplinkBps === undefined ? 'unshaped' : `over ${uplinkBps / 1e6} Mbit/s`;
    return `a bare data channel, ${uplink}, at ${bytesPerS / 1e6} MB/s: ${cpuSPerMb.toFixed(3)} CPU s per MB, both ends`;
  });
}

/** @param {import('./newcomer.mjs').Newcomers[]} newcomers */
export function newcomerLines(newcomers) {
  return newcomers.map(({ contestant, times, firstPictureMs: { p50, mean, p95 }, latencyS, stalls }) => {
    const pictures = [p50, mean, p95].map((ms) => ms.toFixed(0)).join(' / ');
    return (
      `a newcomer beside two who trade, ${titleOf(contestant)}, ${times} times: first picture p50 / mean / p95 ${pictures} ms, ` +
      `latency p50 ${latencyS.p50.toFixed(2)} s, stalls ${stalls}`
    );
  });
}
