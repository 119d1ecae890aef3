// The floor under every swarm in a browser: CPU of a bare data channel, both ends, for each megabyte.
// Owns this measurement; refuses to judge it. Invariant: what two idle browsers use is taken off, because playback pays for it already.
import { setTimeout as pause } from 'node:timers/promises';
import { openBrowser } from './audience.mjs';
import { cpuSecondsBetween, readCpu } from './cpu.mjs';
import { startHub } from './hub.mjs';
import { closeNamespace, namespaceOf, openNamespace } from './network.mjs';
import { Stop } from './stop.mjs';
import { assertUplinks } from './uplink-probe.mjs';

/** What one viewer of the stream receives; and more, for comparison with other people's figures. */
const kViewerBytesPerS = 312_500;
const kRatesBytesPerS = [kViewerBytesPerS, 1e6, 5e6];
const kOpenMs = 10_000;
const kSettleMs = 3000;

const readBoth = () => [1, 2].map((viewer) => readCpu(namespaceOf(viewer)));
const usedS = (before, after) => before.reduce((sum, was, i) => sum + cpuSecondsBetween(was, after[i]), 0);

/**
 * @typedef {{ uplinkBps?: number, bytesPerS: number, cpuSPerMb: number }} FloorRow
 * @param {{ uplinksBps: (number | undefined)[], seconds: number, pages: Awaited<ReturnType<typeof import('./hub.mjs').buildPages>>,
 *   say: (line: string) => void }} options  `uplinksBps`: of the cases to be held against the floor; undefined for unshaped
 * @returns {Promise<FloorRow[]>}
 */
export async function measureFloor({ uplinksBps, ...options }) {
  const rows = [];
  for (const uplinkBps of new Set(uplinksBps)) rows.push(...(await measureChannel(uplinkBps, options)));
  return rows;
}

/**
 * The row that a case is held against: its own uplinks, the rate of one viewer. A shaped uplink lets packets through one by one, and
 * each then wakes three threads at the other end: it costs twice as much as packets that come in bursts.
 * @param {FloorRow[]} floor @param {number} [uplinkBps]
 */
export function floorOf(floor, uplinkBps) {
  return floor.find((row) => row.uplinkBps === uplinkBps && row.bytesPerS === kViewerBytesPerS);
}

async function measureChannel(uplinkBps, { seconds, pages, say }) {
  const open = [];
  try {
    for (const viewer of [1, 2]) {
      open.push(() => closeNamespace(viewer));
      openNamespace(viewer, uplinkBps);
    }
    await assertUplinks(2, uplinkBps);
    const origin = await startHub({ segmentS: 2, pages, say });
    open.push(() => origin.close());
    const ends = [];
    for (const viewer of [1, 2]) {
      const { browser, page } = await openBrowser(viewer, origin.url);
      open.push(() => browser.close());
      await page.goto(`${origin.url}/bench/channel.html`);
      ends.push(page);
    }
    const [from, to] = ends;
    const offer = await from.evaluate(() => window.channel.offer());
    const answer = await to.evaluate((sdp) => window.channel.answer(sdp), offer);
    await from.evaluate((sdp) => window.channel.accept(sdp), answer);
    await from
      .waitForFunction(() => window.channel.isOpen(), undefined, { timeout: kOpenMs })
      .catch(() => {
        throw new Stop('Two Chromiums in two namespaces find no way to each other: is a firewall on the bridge?');
      });
    await pause(kSettleMs);
    const idleBefore = readBoth();
    await pause(seconds * 1000);
    const idleS = usedS(idleBefore, readBoth());

    const rows = [];
    for (const bytesPerS of kRatesBytesPerS.filter((rate) => rate * 8 < (uplinkBps ?? Infinity))) {
      const [before, had] = [readBoth(), await to.evaluate(() => window.channel.received())];
      await from.evaluate(([rate, ms]) => window.channel.send(rate, ms), [bytesPerS, seconds * 1000]);
      const [after, has] = [readBoth(), await to.evaluate(() => window.channel.received())];
      const arrived = (has - had) / (bytesPerS * seconds);
      if (arrived < 0.8) say(`the bare channel carried only ${(100 * arrived).toFixed(0)} % of ${bytesPerS / 1e6} MB/s`);
      rows.push({ uplinkBps, bytesPerS, cpuSPerMb: (usedS(before, after) - idleS) / ((has - had) / 1e6) });
    }
    return rows;
  } finally {
    for (const close of open.reverse()) await close();
  }
}
