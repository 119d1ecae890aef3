// Owns: the demo's own audience: one headless Chromium with a page a viewer.
// Refuses: to look inside; viewers report to the origin like any tab. Invariant: each viewer has a browser context of
// its own, because viewers that shared an HTTP cache would flatter the offload.
import { chromium } from '@playwright/test';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DemoError } from '../origin/demo-error.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** What lets a headless Chromium play and connect on one machine; the browser bench starts its viewers with them too. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  // Real viewers hide local addresses behind mDNS names; on one machine without multicast nobody would resolve them.
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/**
 * @param {{ count: number, origin: string, tracker: string, streamUrl: string, say: (line: string) => void }} options
 * @returns {Promise<{ close: () => Promise<void> }>}
 */
export async function openViewers({ count, origin, tracker, streamUrl, say }) {
  const browser = await chromium
    .launch({
      executablePath: await findChromium(),
      // WebCrypto needs a secure context; a demo bound to the machine's own address is none for its viewers otherwise.
      args: [...FLAGS, `--unsafely-treat-insecure-origin-as-secure=${origin}`],
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
    .catch((error) => {
      throw new DemoError(`Chromium did not start: ${String(error.message).split('\n')[0]}`);
    });
  let closing = false;
  browser.on('disconnected', () => closing || say('The viewers’ Chromium ended by itself.'));
  const close = async () => {
    closing = true;
    await browser.close();
  };
  try {
    for (let i = 1; i <= count; i++) await openViewer(browser, `viewer-${i}`, { origin, tracker, streamUrl, say });
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

async function openViewer(browser, name, { origin, tracker, streamUrl, say }) {
  const context = await browser.newContext({ viewport: { width: 360, height: 260 } });
  const page = await context.newPage();
  page.on('crash', () => say(`${name}'s page crashed.`));
  page.on('pageerror', (error) => say(`${name}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && message.text().startsWith('hls-bazaar')) say(`${name}: ${message.text()}`);
  });
  const query = new URLSearchParams({ src: new URL(streamUrl).pathname, tracker, viewer: name, report: '1' });
  await page.goto(`${origin}/viewer.html?${query}`, { waitUntil: 'commit' });
}

/** The first browser on the PATH, as a shell would find it. */
export async function findChromium() {
  for (const name of NAMES) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (
        await access(path, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        return path;
    }
  }
  throw new DemoError(
    'Chromium is not installed; the demo opens its viewers with it. On Debian: apt-get install chromium. Or start with --no-browser and open tabs of your own.',
  );
}
