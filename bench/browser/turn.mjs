// Taking turns on a machine that several people measure on: holds a lock file while a measurement runs, and lets go between two.
// Owns one `flock` process; refuses to know what it guards. Invariant: the lock is free again when this process ends, however it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** @template T @param {string | undefined} file no lock without @param {() => Promise<T>} work @returns {Promise<T>} */
export async function inTurn(file, work) {
  if (!file) return work();
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  await Promise.race([once(createInterface({ input: holder.stdout }), 'line'), ended]);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
