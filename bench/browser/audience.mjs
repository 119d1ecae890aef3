// The viewers of one measurement: for each a namespace, a Chromium in it, and a page of the contestant.
// Owns these browsers; refuses to measure. Invariant: viewer i opens its page at the same moment of a segment whoever the contestant is,
// because hls.js settles its distance to live by that moment.
import { chromium } from '@playwright/test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FLAGS, findChromium } from '../../web-demo/launcher/viewer-browser.mjs';
import { untilNextSegment } from './hub.mjs';
import { namespaceOf } from './network.mjs';
import { Stop } from './stop.mjs';

const kWrapper = fileURLToPath(new URL('chromium-in-namespace.sh', import.meta.url));
const kFirstFrameMs = 30_000;

/**
 * A Chromium in a viewer's namespace with one empty page.
 * @param {number} viewer numbered from 1 @param {string} origin what its pages may treat as secure
 */
export async function openBrowser(viewer, origin) {
  const browser = await chromium.launch({
    executablePath: kWrapper,
    args: [...FLAGS, `--unsafely-treat-insecure-origin-as-secure=${origin}`],
    env: { ...process.env, BAZAAR_NAMESPACE: namespaceOf(viewer), BAZAAR_CHROMIUM: await findChromium() },
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const page = await (await browser.newContext({ viewport: { width: 360, height: 240 } })).newPage();
  return { browser, page };
}

/** A contestant's page with its settings. @param {string} origin @param {string | undefined} tracker @param {import('./cases.mjs').Contestant} contestant */
export function pageOf(origin, tracker, contestant) {
  const query = new URLSearchParams({ hls: JSON.stringify(contestant.hls ?? {}), p2p: JSON.stringify(contestant.p2p ?? {}) });
  if (tracker) query.set('tracker', tracker);
  return `${origin}/bench/${contestant.page}.html?${query}`;
}

/** Waits for a moment of the stream's segments. @param {string} origin @param {number} segmentS @param {number} share 0–1 of a segment */
export async function untilMoment(origin, segmentS, share) {
  await pause(((await untilNextSegment(origin, segmentS)) + share * segmentS * 1000) % (segmentS * 1000));
}

/** Stops the bench without one. @param {import('@playwright/test').Page} page @param {string} who @param {string[]} complaints of pages */
export const untilFirstPicture = (page, who, complaints = []) =>
  page
    .waitForFunction(() => /** @type {any} */ (window).probe?.firstFrameMs, undefined, { timeout: kFirstFrameMs })
    .catch(() => {
      throw new Stop(`${who} shows no picture within ${kFirstFrameMs / 1000} s. ${complaints.join('; ')}`);
    });

/**
 * @param {{ origin: string, tracker: string | undefined, segmentS: number, viewers: number,
 *   contestant: import('./cases.mjs').Contestant }} options
 */
export async function openAudience({ origin, tracker, segmentS, viewers, contestant }) {
  /** @type {Awaited<ReturnType<typeof openBrowser>>[]} */
  const seats = [];
  /** @type {string[]} */
  const complaints = [];
  try {
    for (let viewer = 1; viewer <= viewers; ++viewer) {
      const seat = await openBrowser(viewer, origin);
      seats.push(seat);
      seat.page.on('pageerror', (error) => complaints.push(`viewer ${viewer}: ${error.message}`));
      seat.page.on('crash', () => complaints.push(`viewer ${viewer}: the page crashed`));
      // Viewers spread over a segment's length, as in the world; each at its own moment of it.
      await untilMoment(origin, segmentS, (viewer - 0.5) / viewers);
      await seat.page.goto(pageOf(origin, tracker, contestant), { waitUntil: 'commit' });
      await untilFirstPicture(seat.page, `Viewer ${viewer} of ${contestant.title}`, complaints);
    }
  } catch (problem) {
    await Promise.all(seats.map(({ browser }) => browser.close().catch(() => undefined)));
    throw problem;
  }
  return {
    complaints,
    /** The probes of all, at the same moment. */
    read: () => Promise.all(seats.map(({ page }) => page.evaluate(() => /** @type {any} */ (window).probe.read()))),
    close: () => Promise.all(seats.map(({ browser }) => browser.close().catch(() => undefined))),
  };
}
