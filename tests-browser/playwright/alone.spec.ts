// A viewer alone notices nothing: all from the CDN, and the first picture as soon as with plain hls.js.
import { expect, test } from '@playwright/test';
import { measure, median, pause, report, Stage, until } from './stage.js';

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
      const own = await viewer.stat('bytesFromCdn');
      return Math.abs(own / stage.origin.counters.bytesOf('alone') - 1) < 0.01;
    });
  } finally {
    await stage.close();
  }
});

test('the first picture comes no later than with plain hls.js', async () => {
  const stage = await Stage.open();
  try {
    const firstFrame = async (p2p: boolean, name: string): Promise<number> => {
      const viewer = await stage.viewer(name, { p2p });
      await until(`${name} shows a picture`, async () => (await viewer.probe()).firstFrameMs !== null);
      const { firstFrameMs } = await viewer.probe();
      await viewer.close();
      return firstFrameMs!;
    };
    await firstFrame(true, 'warm-up');
    const plain: number[] = [];
    const shared: number[] = [];
    for (let i = 0; i < 5; ++i) {
      plain.push(await firstFrame(false, `plain-${i}`));
      shared.push(await firstFrame(true, `p2p-${i}`));
    }
    report(`first picture: ${median(shared).toFixed(0)} ms, plain hls.js ${median(plain).toFixed(0)} ms (medians of 5)`);
    expect(median(shared) - median(plain)).toBeLessThanOrEqual(100);
  } finally {
    await stage.close();
  }
});
