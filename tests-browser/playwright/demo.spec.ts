// The demo page as a visitor meets it: figures that move, a switch that works, any width, light and dark.
import { expect, test } from '@playwright/test';
import { pause, Stage, until } from './stage.js';

test('the demo page shares, switches, fits a phone, and knows light and dark', async () => {
  const stage = await Stage.open();
  try {
    const beside = await stage.viewer('beside');
    const { page, pageErrors } = await stage.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(stage.origin.url);
    await page.waitForFunction(() => (window as any).player !== undefined);
    const stats = (name: string) => page.evaluate((key) => (window as any).player.p2p?.stats[key] ?? 0, name);
    await until('bytes come from the neighbour', async () => (await stats('bytesFromPeers')) > 1_000_000, 40_000);
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/\d+\s*%/);
    expect(text).toMatch(/[\d.]+ MB/);

    const toggle = page.getByRole('switch');
    await toggle.focus();
    await page.keyboard.press('Space');
    await until('the switch turns sharing off', () => page.evaluate(() => (window as any).player.p2p === null));
    await until('the neighbour is alone', async () => (await beside.stat('peers')) === 0);
    await page.keyboard.press('Space');
    await until('and on again', async () => (await stats('peers')) === 1, 30_000);

    await page.setViewportSize({ width: 360, height: 740 });
    await pause(500);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, 'no horizontal scroll at 360 px').toBeLessThanOrEqual(0);

    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).not.toBe(light);

    expect(pageErrors).toEqual([]);
    expect(complaints).toEqual([]);
    expect((await beside.probe()).stalls).toBe(0);
  } finally {
    await stage.close();
  }
});
