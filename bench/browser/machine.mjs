// Whether this machine can run the bench, and whether another bench is on it.
// Owns the sentences that say what to do, and one file that names the running bench. Refuses to install anything.
// Invariant: two benches never share the bridge: the second would take the first one's viewers for leftovers.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Stop } from './stop.mjs';

const kHolder = '/run/hls-bazaar-bench.pid';
const kTools = { ip: 'iproute2', tc: 'iproute2', setpriv: 'util-linux' };

export function checkMachine() {
  if (process.platform !== 'linux') throw new Stop('npm run bench:browser needs Linux: its viewers live in network namespaces.');
  if (process.getuid?.() !== 0) {
    throw new Stop(
      'npm run bench:browser needs root, to make network namespaces and shape uplinks: run it with sudo, or in a container of your own.',
    );
  }
  for (const [tool, debianPackage] of Object.entries(kTools)) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) {
      throw new Stop(`${tool} is not installed; on Debian: apt-get install ${debianPackage}`);
    }
  }
}

/** Until this process ends, this machine's bench is ours. */
export function holdMachine() {
  const holder = Number(readHolder());
  if (holder > 0 && isBench(holder)) throw new Stop(`Another browser bench is running here (process ${holder}); wait for it to end.`);
  writeFileSync(kHolder, String(process.pid));
  process.on('exit', () => rmSync(kHolder, { force: true }));
}

function readHolder() {
  try {
    return readFileSync(kHolder, 'utf8');
  } catch {
    return '';
  }
}

/** Numbers come round again: a process that has the number of a killed bench need not be one. @param {number} pid */
function isBench(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('bench/browser.mjs');
  } catch {
    return false;
  }
}
