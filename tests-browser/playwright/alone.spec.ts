// A viewer alone notices nothing: all from the CDN, and the first picture waits for nothing of ours.
// How soon it comes is for `npm run bench:browser` to say, beside plain hls.js.
import { expect, test } from '@playwright/test';
import { measure, pause, Stage, until, Viewer } from './stage.js';

/** What several may wait for until somebody opens it. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open: () => open(), opened };
}

test('alone, everything comes from the CDN and nothing stalls', async () => {
  const stage = await Stage.open();
  try {
    const viewer = await stage.viewer('alone');
    await until('it plays', async () => (await viewer.probe()).currentTime > 0);
    await pause(4_000);
    const figures = await measure(stage, [viewer], 12_000);
    expect(figures.stalls).toBe(0);
    expect(figures.fromPeers).toBe(0);
    expect(figures.played).toBeGreaterThan(2_000_000);
    expect(await viewer.stat('swarmSize')).toBe(1);
    // Between two segments nothing is on its way, and the viewer's own count is the origin's.
    await until('both counts of CDN bytes agree within 1 %', async () => {
      const own = await viewer.cdnBytes();
      return Math.abs(own / stage.origin.counters.bytesOf('alone') - 1) < 0.01;
    });
  } finally {
    await stage.close();
  }
});

test('the first picture waits for nothing of ours', async () => {
  const stage = await Stage.open();
  try {
    for (const late of ['/lib/hls-bazaar.js', '/lib/hls-bazaar.wasm']) {
      const { page, context } = await stage.newPage();
      const delivery = gate();
      let isAsked = false;
      await page.route(`**${late}`, async (route) => {
        isAsked = true;
        await delivery.opened;
        await route.continue();
      });
      const query = new URLSearchParams({ tracker: stage.tracker.url, viewer: `without${late}` });
      await page.goto(`${stage.origin.url}/viewer.html?${query}`, { waitUntil: 'commit' });
      await until('it plays', () => page.evaluate(() => Boolean((window as any).viewer?.firstFrameMs)));
      expect(isAsked, `${late} is asked for and not there`).toBe(true);
      expect(await page.evaluate(() => (window as any).viewer.p2p?.stats.bytesFromCdn ?? 0)).toBe(0);

      delivery.open();
      await until('the market loads segments', () => page.evaluate(() => (window as any).viewer.p2p?.blocks().length > 0));
      expect(await page.evaluate(() => (window as any).viewer.stalls)).toBe(0);
      await context.close();
    }
  } finally {
    await stage.close();
  }
});

test('a segment that was under way when the library came is counted, too', async () => {
  const stage = await Stage.open();
  try {
    const { page, context, pageErrors } = await stage.newPage();
    const [segmentAsked, libraryCame] = [gate(), gate()];
    await page.route('**/lib/hls-bazaar.js', async (route) => {
      await segmentAsked.opened;
      await route.continue();
    });
    await page.route(/\d\.m4s/, async (route) => {
      segmentAsked.open();
      await libraryCame.opened;
      await route.continue();
    });
    const query = new URLSearchParams({ tracker: stage.tracker.url, viewer: 'between' });
    await page.goto(`${stage.origin.url}/viewer.html?${query}`, { waitUntil: 'commit' });
    await until('the library is there', () => page.evaluate(() => Boolean((window as any).viewer?.p2p)));
    libraryCame.open();
    const viewer = new Viewer('between', page, context, pageErrors);
    await until('some segments are there', () => page.evaluate(() => (window as any).viewer.p2p.stats.bytesFromCdn > 1_000_000));
    await until('both counts of CDN bytes agree within 1 %', async () => {
      return Math.abs((await viewer.cdnBytes()) / stage.origin.counters.bytesOf('between') - 1) < 0.01;
    });
  } finally {
    await stage.close();
  }
});
