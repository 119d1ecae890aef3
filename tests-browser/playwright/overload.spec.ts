// A computer that has too much to do: it leaves its neighbours, plays on from the CDN, and comes back when it has time.
import { expect, test } from '@playwright/test';
import { Stage, until, type Viewer } from './stage.js';

/** Keeps the page's main thread from everything else for 180 of every 200 ms, until `stopBeingBusy`. */
const beBusy = (viewer: Viewer): Promise<void> =>
  viewer.page.evaluate(() => {
    (window as any).busy = setInterval(() => {
      for (const over = performance.now() + 180; performance.now() < over; );
    }, 200);
  });
const stopBeingBusy = (viewer: Viewer): Promise<void> => viewer.page.evaluate(() => clearInterval((window as any).busy));

/** How late ten timers come, on average, in ms. */
const lateness = (viewer: Viewer): Promise<number> =>
  viewer.page.evaluate(async () => {
    let sum = 0;
    for (let i = 0; i < 10; ++i) {
      const due = performance.now() + 50;
      await new Promise((resolve) => setTimeout(resolve, 50));
      sum += performance.now() - due;
    }
    return sum / 10;
  });

test('a computer with too much to do rests from trading, plays on, and comes back', async () => {
  test.setTimeout(150_000);
  const stage = await Stage.open();
  try {
    const [a, b, busy] = (await stage.swarm(['a', 'b', 'busy'])) as [Viewer, Viewer, Viewer];
    await beBusy(busy);
    expect(await lateness(busy), 'the fault took effect').toBeGreaterThan(60);
    await until('it rests', async () => (await busy.probe()).stats?.['reason'] === 'overloaded', 30_000);
    const [before, sharedBefore] = [await busy.probe(), await a.stat('bytesFromPeers')];
    expect(before.stats).toMatchObject({ state: 'cdn-only', resting: 1, peers: 0 });
    for (const viewer of [a, b]) await until(`${viewer.name} has let it go`, async () => (await viewer.stat('peers')) === 1);
    await until('it has played ten seconds on', async () => (await busy.probe()).currentTime - before.currentTime > 10);
    const after = await busy.probe();
    expect(after.stalls - before.stalls, 'stalls while it rests').toBe(0);
    expect(Number(after.stats?.['bytesFromCdn'])).toBeGreaterThan(Number(before.stats?.['bytesFromCdn']));
    expect(after.stats?.['bytesFromPeers']).toBe(before.stats?.['bytesFromPeers']);
    expect(await a.stat('bytesFromPeers'), 'the others share on').toBeGreaterThan(sharedBefore);

    await stopBeingBusy(busy);
    await until('it has peers again', async () => (await busy.stat('peers')) === 2, 60_000);
    expect((await busy.probe()).stats).toMatchObject({ state: 'sharing', resting: 0, reason: null });
    for (const viewer of [a, b, busy]) expect(viewer.pageErrors).toEqual([]);
  } finally {
    await stage.close();
  }
});
