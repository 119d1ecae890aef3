// Four real viewers of one stream share it: offload, latency, fairness and bytes, judged by the origin.
import { expect, test } from '@playwright/test';
import { measure, pause, report, Stage, until } from './stage.js';

test('four viewers take most bytes from each other, and nobody notices', async () => {
  test.setTimeout(180_000);
  const stage = await Stage.open();
  try {
    const names = ['a', 'b', 'c', 'd'];
    const plain = await stage.swarm(
      names.map((name) => `plain-${name}`),
      { p2p: false },
    );
    await pause(6_000);
    const without = await measure(stage, plain, 12_000);
    for (const viewer of plain) await viewer.close();
    expect(without.stalls, 'the machine can play four streams at all').toBe(0);

    const viewers = await stage.swarm(names);
    await pause(12_000);
    const shared = await measure(stage, viewers, 40_000);
    report(
      `4 viewers: offload ${shared.offload.toFixed(3)} of 0.75, latency ${shared.latency.toFixed(2)} s against ` +
        `${without.latency.toFixed(2)} s without, stalls ${shared.stalls}, wasted ${((100 * shared.wasted) / shared.played).toFixed(2)} %, ` +
        `up/down ${shared.uploads.map(([up, down]) => (up / down).toFixed(2)).join(' ')}`,
    );
    expect(shared.offload).toBeGreaterThanOrEqual(0.65);
    expect(shared.stalls).toBe(0);
    expect(shared.latency - without.latency, 'not later than without').toBeLessThanOrEqual(0.5);
    expect(shared.latency, 'nor nearer to live than hls.js is told to be: three segments of 2 s').toBeGreaterThan(5.5);
    for (const [up, down] of shared.uploads) expect(up).toBeLessThanOrEqual(down);
    expect(shared.uploadExceeded, 'samples with upload above download').toBe(0);
    // The viewers' own figures are honest: what they say of the CDN is what the origin sent (counted from their first byte).
    await until('both counts of CDN bytes agree within 2 %', async () => {
      let own = 0;
      for (const viewer of viewers) own += (await viewer.cdnBytes()) + (await viewer.stat('bytesWasted'));
      return Math.abs(own / stage.bytesServed(viewers) - 1) < 0.02;
    });

    let compared = 0;
    for (const viewer of viewers) {
      for (const [path, hash] of Object.entries(await viewer.hashes()).slice(-20)) {
        expect(hash, `${viewer.name} ${path}`).toBe(await stage.trueHash(path));
        ++compared;
      }
      expect(viewer.pageErrors).toEqual([]);
    }
    expect(compared).toBeGreaterThan(60);
  } finally {
    await stage.close();
  }
});
