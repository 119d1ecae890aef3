// One set-up at a time in a checkout: two builds writing the same WASM leave a JavaScript half that does not fit it.
// Owns build/.set-up-lock; refuses to wait for the dead. Invariant: the lock is released however the process ends.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './stop.mjs';

const kPollMs = 250;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} lock */
function isOld(lock) {
  const stat = statSync(lock, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > 5_000;
}

/** Waits for another set-up to end, then holds the lock until this process ends. @param {string} root */
export function holdLock(root) {
  const lock = join(root, 'build', '.set-up-lock');
  mkdirSync(join(root, 'build'), { recursive: true });
  let isTold = false;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (problem) {
      if (/** @type {NodeJS.ErrnoException} */ (problem).code !== 'EEXIST') throw problem;
      // An empty lock is one that is being written, or whose writer died at that very moment.
      const holder = Number(readHolder(lock));
      if (holder > 0 ? !isAlive(holder) : isOld(lock)) {
        rmSync(lock, { force: true });
        continue;
      }
      if (!isTold) say('waiting for another set-up of this checkout');
      isTold = true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, kPollMs);
    }
  }
  process.on('exit', () => rmSync(lock, { force: true }));
}

/** @param {string} lock */
function readHolder(lock) {
  try {
    return readFileSync(lock, 'utf8');
  } catch {
    return '';
  }
}
