// The network of the bench: a bridge that is the hub, a namespace for each viewer, a cable between them whose uplink may be shaped.
// Owns every interface and namespace whose name begins with `hb-bench`, and every process inside; refuses to touch any other.
// Invariant: `removeAll` is synchronous, so that it also runs as a process exits, and removes what a killed run left behind.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Stop } from './stop.mjs';
import { tbfArguments } from './shaping.mjs';

const kBridge = 'hb-bench0';
const kNamespacePrefix = 'hb-bench-';
const kNamespace = /^hb-bench-\d+$/;
const kDevice = 'uplink';
const kNet = '10.213.77';
/** Where origin and trackers listen. */
export const kHub = `${kNet}.1`;

/** @param {string[]} args */
const ip = (...args) => execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
/** @param {string[]} args */
const quietly = (...args) => spawnSync('ip', args, { encoding: 'utf8' }).stdout ?? '';

export const namespaceOf = (/** @type {number} */ viewer) => `${kNamespacePrefix}${viewer}`;
const cableOf = (/** @type {number} */ viewer) => `hb-bench-v${viewer}`;

/** A viewer's namespace with all that runs in it. @param {number} viewer */
export function closeNamespace(viewer) {
  const name = namespaceOf(viewer);
  for (const pid of quietly('netns', 'pids', name).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  quietly('netns', 'del', name);
  // A namespace lives on while a dying process holds it; its cable must not, because the next one wants the name.
  quietly('link', 'del', cableOf(viewer));
}

/** Everything of ours, of this run or of one that was killed. */
export function removeAll() {
  const names = quietly('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => kNamespace.test(name));
  for (const name of names) closeNamespace(Number(name.slice(kNamespacePrefix.length)));
  quietly('link', 'del', kBridge);
}

/** The hub: a bridge with an address that nothing else on this machine has. */
export function openHub() {
  for (const { ifname, addr_info: addresses } of JSON.parse(ip('-j', 'addr'))) {
    if (addresses.some((/** @type {{ local?: string }} */ { local }) => local?.startsWith(`${kNet}.`))) {
      throw new Stop(`${ifname} uses ${kNet}.0/24, which the bench needs for its bridge: free it, or run on another machine.`);
    }
  }
  ip('link', 'add', kBridge, 'type', 'bridge');
  ip('addr', 'add', `${kHub}/24`, 'dev', kBridge);
  ip('link', 'set', kBridge, 'up');
}

/** A viewer's namespace, numbered from 1, and its cable to the hub. @param {number} viewer @param {number} [uplinkBps] */
export function openNamespace(viewer, uplinkBps) {
  const [name, cable] = [namespaceOf(viewer), cableOf(viewer)];
  ip('netns', 'add', name);
  ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', kDevice, 'netns', name);
  ip('link', 'set', cable, 'master', kBridge);
  ip('link', 'set', cable, 'up');
  ip('-n', name, 'addr', 'add', `${kNet}.${10 + viewer}/24`, 'dev', kDevice);
  ip('-n', name, 'link', 'set', 'lo', 'up');
  ip('-n', name, 'link', 'set', kDevice, 'up');
  // WebRTC looks for its local address on the way to the Internet. There is none: the hub forwards nothing.
  ip('-n', name, 'route', 'add', 'default', 'via', kHub);
  if (uplinkBps !== undefined) execFileSync('tc', ['-n', name, ...tbfArguments(kDevice, uplinkBps)], { stdio: 'pipe' });
}

/**
 * Bytes and packets that passed a viewer's cable since it was laid: what the hub's end receives, the viewer has sent. TCP's packets are
 * those that the sender's kernel handed over, up to 64 KiB each.
 * @param {number} viewer
 */
export function readTraffic(viewer) {
  const count = (/** @type {string} */ what) => Number(readFileSync(`/sys/class/net/${cableOf(viewer)}/statistics/${what}`, 'utf8'));
  return { upBytes: count('rx_bytes'), downBytes: count('tx_bytes'), packets: count('rx_packets') + count('tx_packets') };
}
