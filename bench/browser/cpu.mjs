// The CPU time of everything in a network namespace: a viewer's whole Chromium and nothing else.
// Owns /proc's arithmetic; refuses to start or end processes. Invariant: a process counts from its first reading in the window; one that
// ended inside the window keeps what was read last.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** USER_HZ is 100 on every Linux that Chromium runs on; the kernel scales to it whatever its own clock is. */
const kTicksPerS = 100;

/** Seconds of user and system time in /proc/PID/stat. The command, in parentheses, may hold anything. @param {string} stat */
export function cpuSecondsOf(stat) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) throw new TypeError(`not a line of /proc/PID/stat: ${stat}`);
  return ticks / kTicksPerS;
}

/** What was used between two readings. A process that is new since began at nothing. @param {Map<number, number>} before @param {Map<number, number>} after */
export function cpuSecondsBetween(before, after) {
  let sum = 0;
  for (const [pid, seconds] of after) sum += Math.max(0, seconds - (before.get(pid) ?? 0));
  return sum;
}

/** Seconds used so far by each process of a namespace. @param {string} namespace @returns {Map<number, number>} */
export function readCpu(namespace) {
  const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number);
  const seconds = new Map();
  for (const pid of pids) {
    try {
      seconds.set(pid, cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'latin1')));
    } catch (problem) {
      if (!['ENOENT', 'ESRCH'].includes(/** @type {NodeJS.ErrnoException} */ (problem).code ?? '')) throw problem;
    }
  }
  return seconds;
}
