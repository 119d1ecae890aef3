// Owns: how the body of a segment leaves: in small pieces that are counted as they are taken, paced or stalled by a fault.
// Refuses: what is sent (files, Range and headers are the static plugin's).
// Invariant: a piece is counted when the connection asks for the next one, so an aborted answer is over-counted by at
// most the two pieces that were on their way (32 KiB), and a finished one is exact.
import { Readable } from 'node:stream';

const PIECE_BYTES = 16 * 1024;
/** How often a stalled answer looks whether its fault is over. */
const STALL_POLL_MS = 25;

/**
 * @param {AsyncIterable<Buffer>} body
 * @param {{ spec: import('./faults.mjs').FaultSpec, active: () => boolean }} fault
 * @param {(bytes: number) => void} onSent
 * @param {AbortSignal} gone  the client went away. Needed apart from the stream: destroying a stream made from a
 *   generator waits for the generator, which may be waiting for a stall to end.
 * @returns {Readable}
 */
export function delivery(body, fault, onSent, gone) {
  return Readable.from(pieces(body, fault, onSent, gone), { objectMode: false, highWaterMark: PIECE_BYTES });
}

async function* pieces(body, { spec, active }, onSent, gone) {
  const startMs = performance.now();
  let sent = 0;
  for await (const chunk of body) {
    for (let offset = 0; offset < chunk.length;) {
      const allowance = active() && spec.stallAfterBytes !== undefined ? spec.stallAfterBytes - sent : Infinity;
      if (allowance <= 0) {
        if (await pause(STALL_POLL_MS, gone)) return;
        continue;
      }
      const piece = chunk.subarray(offset, offset + Math.min(PIECE_BYTES, allowance));
      offset += piece.length;
      yield piece;
      sent += piece.length;
      onSent(piece.length);
      if (spec.bytesPerSecond && active()) {
        const aheadMs = (sent / spec.bytesPerSecond) * 1000 - (performance.now() - startMs);
        if (aheadMs > 0 && (await pause(aheadMs, gone))) return;
      }
    }
  }
}

/** @param {number} ms @param {AbortSignal} gone @returns {Promise<boolean>} whether the client went away meanwhile */
export function pause(ms, gone) {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      gone.removeEventListener('abort', end);
      resolve(gone.aborted);
    }
    if (gone.aborted) end();
    else gone.addEventListener('abort', end);
  });
}
