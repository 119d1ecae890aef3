// destroy(): back to plain hls.js. No connection, no socket, no packet; the video goes on.
import { expect, test } from '@playwright/test';
import { pause, Stage } from './stage.js';

test('destroy leaves no connection and no packet, and hls.js plays on', async () => {
  const stage = await Stage.open();
  try {
    const [leaver, stayer] = await stage.swarm(['leaver', 'stayer']);
    await pause(3_000);
    const had = await leaver!.probe();
    expect(had.madeConnections).toBeGreaterThan(0);
    expect(had.openConnections).toBeGreaterThan(0);
    expect(had.openSockets).toBe(1);

    // Every way out of the page is watched from the moment destroy() has returned.
    await leaver!.page.evaluate(() => {
      const w = window as any;
      w.viewer.p2p.destroy();
      w.packets = 0;
      for (const prototype of [RTCDataChannel.prototype, WebSocket.prototype] as any[]) {
        const send = prototype.send;
        prototype.send = function (...args: unknown[]) {
          ++w.packets;
          return send.apply(this, args);
        };
      }
    });
    const left = await leaver!.probe();
    await pause(8_000);
    const after = await leaver!.probe();
    expect(after.openConnections).toBe(0);
    expect(after.openSockets).toBe(0);
    expect(after.madeConnections, 'no new connection').toBe(left.madeConnections);
    expect(await leaver!.page.evaluate(() => (window as any).packets)).toBe(0);
    expect(after.currentTime - left.currentTime, 'it plays on').toBeGreaterThan(6);
    expect(after.stalls).toBe(had.stalls);
    expect(after.bytesPlayed).toBeGreaterThan(left.bytesPlayed);
    expect(await stayer!.stat('peers')).toBe(0);
    expect((await stayer!.probe()).stalls).toBe(0);
    expect(leaver!.pageErrors).toEqual([]);
  } finally {
    await stage.close();
  }
});
