// p2p-media-loader 2.3.1, unchanged, over our tracker: what a platform that moves over keeps until its pages have moved, too.
// Its two viewers find each other by WebTorrent's protocol and take segments from each other; the origin's count is not
// judged here, because its own clients decide how much they share.
import { chromium, expect, test, type Page } from '@playwright/test';
import { buildPages } from '../../bench/browser/hub.mjs';
import { FLAGS, findChromium } from '../../web-demo/launcher/viewer-browser.mjs';
import { startOrigin } from '../../web-demo/origin/origin.mjs';
import { report, Tracker, until } from './stage.js';

const html =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>p2p-media-loader</title></head><body>' +
  '<video muted playsinline width="320" height="180"></video><script type="module" src="/pml/page.js"></script></body></html>';

interface Said {
  bytesFromPeers: number;
  uploadedBytes: number;
  peers: number;
}
const said = (page: Page): Promise<Said> => page.evaluate(() => (window as any).probe.read().payload);

test('two viewers of p2p-media-loader share over our tracker', async () => {
  test.setTimeout(60_000);
  const script = (await buildPages()).get('p2p-media-loader.js')!;
  const tracker = await Tracker.start();
  const origin = await startOrigin({
    recipe: 'test',
    pages: false,
    routes: (app) => {
      app.get('/pml/page.html', (_request, reply) => reply.type('text/html').send(html));
      app.get('/pml/page.js', (_request, reply) => reply.type('text/javascript').send(Buffer.from(script)));
    },
  });
  const browser = await chromium.launch({ executablePath: await findChromium(), args: FLAGS });
  try {
    const pages: Page[] = [];
    const query = new URLSearchParams({ tracker: tracker.url, p2p: JSON.stringify({ highDemandTimeWindow: 3 }) });
    for (let i = 0; i < 2; ++i) {
      const page = await (await browser.newContext()).newPage();
      pages.push(page);
      await page.goto(`${origin.url}/pml/page.html?${query}`);
      await until('it plays', () => page.evaluate(() => (window as any).probe?.read().firstFrameMs > 0));
    }
    await until('they are connected', async () => {
      for (const page of pages) if ((await said(page)).peers < 1) return false;
      return true;
    });
    // Who fetches and who takes is p2p-media-loader's own dice: one of the two went without for 17 s. Who cannot fetch, takes.
    for (const page of pages) {
      await page.route('**/*.m4s', (route) => route.abort());
      await until('it has bytes from the other', async () => (await said(page)).bytesFromPeers >= 500_000, 25_000);
      await page.unroute('**/*.m4s');
    }
    for (const page of pages) expect((await said(page)).bytesFromPeers).toBeGreaterThanOrEqual(500_000);
    for (const page of pages) report(`p2p-media-loader over our tracker: ${JSON.stringify(await said(page))}`);
    for (const page of pages) expect((await said(page)).uploadedBytes).toBeGreaterThan(0);
  } finally {
    await browser.close();
    await origin.close();
    await tracker.kill();
  }
});
