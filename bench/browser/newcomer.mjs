// Who comes to a stream that others trade: one page opened again and again beside them, in turn with the CDN alone and with ours.
// Owns the order; refuses to judge. Invariant: the two of a turn open at the same moment of a segment, because the first picture waits
// for what the CDN has then; and nothing is measured unless the others do trade.
import { setTimeout as pause } from 'node:timers/promises';
import { openAudience, openBrowser, pageOf, untilFirstPicture, untilMoment } from './audience.mjs';
import { contestants } from './cases.mjs';
import { mean, percentile } from './figures.mjs';
import { openTracker, startHub } from './hub.mjs';
import { closeNamespace, openNamespace } from './network.mjs';
import { Stop } from './stop.mjs';

const kResidents = 2;
const kSegmentS = 2;
/** Residents know each other, and have traded whole segments, after this. */
const kTradeMs = 12_000;
/** hls.js has settled its distance to live after this. */
const kSettleMs = 4000;
/** Until the others have forgotten who left. */
const kLeaveMs = 1500;

/**
 * @typedef {object} Newcomers  the same page with one contestant, opened `times` times
 * @property {string} contestant
 * @property {number} times
 * @property {{ p50: number, mean: number, p95: number }} firstPictureMs  from navigation, the library's loading included
 * @property {{ p50: number }} latencyS
 * @property {number} stalls
 */

/**
 * @param {{ times: number, pages: Awaited<ReturnType<typeof import('./hub.mjs').buildPages>>, say: (line: string) => void }} options
 * @returns {Promise<Newcomers[]>}
 */
export async function measureNewcomers({ times, pages, say }) {
  const [cdn, ours] = ['cdn', 'ours'].map((wanted) => contestants.find(({ name }) => name === wanted));
  if (!cdn || !ours) throw new Error('the bench has lost a contestant');
  /** Last in, first out. @type {(() => unknown)[]} */
  const open = [];
  try {
    for (let viewer = 1; viewer <= kResidents + 1; ++viewer) {
      open.push(() => closeNamespace(viewer));
      openNamespace(viewer);
    }
    const origin = await startHub({ segmentS: kSegmentS, pages, say });
    open.push(() => origin.close());
    const tracker = await openTracker(ours.tracker);
    open.push(() => tracker.close());
    const residents = await openAudience({
      origin: origin.url,
      tracker: tracker.url,
      segmentS: kSegmentS,
      viewers: kResidents,
      contestant: ours,
    });
    open.push(() => residents.close());
    await pause(kTradeMs);
    const { browser, page } = await openBrowser(kResidents + 1, origin.url);
    open.push(() => browser.close());

    const samples = new Map([cdn, ours].map((contestant) => [contestant, /** @type {any[]} */ ([])]));
    // The first turn is not counted: it starts the page's process and fills its cache, for both.
    for (let turn = -1; turn < times; ++turn) {
      for (const [contestant, own] of samples) {
        await untilMoment(origin.url, kSegmentS, (Math.max(turn, 0) + 0.5) / times);
        await page.goto(pageOf(origin.url, tracker.url, contestant), { waitUntil: 'commit' });
        await untilFirstPicture(page, `A newcomer of ${contestant.title}`);
        await pause(kSettleMs);
        const probe = await page.evaluate(() => /** @type {any} */ (window).probe.read());
        if (turn >= 0) own.push(probe);
        await page.goto('about:blank');
        await pause(kLeaveMs);
      }
    }
    const traded = (/** @type {any} */ { payload }) => payload.uploadedBytes > 0 && payload.downloadedBytes > 0;
    if (!(await residents.read()).every(traded)) throw new Stop('The two beside whom newcomers came did not trade: nothing was measured.');
    if (!samples.get(ours)?.some(({ payload }) => payload.downloadedBytes > 0))
      throw new Stop(`No newcomer had anything from a neighbour within ${kSettleMs / 1000} s: nothing was measured.`);
    return [...samples].map(([{ name }, own]) => {
      const firstPictures = own.map(({ firstFrameMs }) => firstFrameMs);
      return {
        contestant: name,
        times,
        firstPictureMs: { p50: percentile(firstPictures, 0.5), mean: mean(firstPictures), p95: percentile(firstPictures, 0.95) },
        latencyS: {
          p50: percentile(
            own.map(({ latencies }) => latencies.at(-1)),
            0.5,
          ),
        },
        stalls: own.reduce((total, { stalls }) => total + stalls, 0),
      };
    });
  } finally {
    for (const close of open.reverse()) await close();
  }
}
