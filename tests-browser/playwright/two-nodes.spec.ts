// Viewers on two tracker nodes with Redis behind are one swarm; one node killed without a word is noticed by nobody who watches.
import { expect, test } from '@playwright/test';
import { Cluster } from './cluster.js';
import { measure, pause, report, Stage, until } from './stage.js';

test('two nodes are one swarm; a node that is killed stalls nobody, and its viewers are at home again within seconds', async () => {
  test.setTimeout(180_000);
  const cluster = await Cluster.start(2);
  const stage = await Stage.open(cluster);
  try {
    const viewers = await stage.swarm(['a', 'b', 'c', 'd']);
    // The balancer went round: each node has two of them, and each viewer is connected to the three others all the same.
    await until('both nodes have viewers', async () => (await cluster.sessions(0)) === 2 && (await cluster.sessions(1)) === 2);
    await pause(10_000);
    const together = await measure(stage, viewers, 20_000);
    report(`4 viewers on 2 nodes: offload ${together.offload.toFixed(3)} of 0.75, stalls ${together.stalls}`);
    expect(together.offload, 'as with one node').toBeGreaterThanOrEqual(0.65);
    expect(together.stalls).toBe(0);

    const ids = await Promise.all(viewers.map((viewer) => viewer.page.evaluate(() => (window as any).viewer.p2p.id as number)));
    const connections = await Promise.all(viewers.map(async (viewer) => (await viewer.probe()).madeConnections));
    await cluster.nodes[0]!.kill();
    const killed = Date.now();
    await until('two viewers have noticed', async () => {
      const states = await Promise.all(viewers.map(async (viewer) => (await viewer.probe()).stats?.tracker));
      return states.filter((state) => state !== 'joined').length === 2;
    }, 5_000);
    await until('all are at the other node', async () => (await cluster.sessions(1)) === 4, 15_000);
    const homeAfter = (Date.now() - killed) / 1000;
    await pause(Math.max(0, killed + 5_000 - Date.now()));
    const after = await measure(stage, viewers, 10_000);
    report(
      `one of 2 nodes killed: all at the other after ${homeAfter.toFixed(1)} s; offload from 5 to 15 s after it ${after.offload.toFixed(3)}, ` +
        `stalls ${after.stalls}`,
    );
    expect(after.offload, 'offload is back within 15 s').toBeGreaterThanOrEqual(0.65);
    expect(after.stalls).toBe(0);
    for (const [i, viewer] of viewers.entries()) {
      const probe = await viewer.probe();
      expect(probe.stats?.peers, `${viewer.name} has lost nobody`).toBe(3);
      expect(probe.madeConnections, 'no data channel was made again').toBe(connections[i]!);
      expect(await viewer.page.evaluate(() => (window as any).viewer.p2p.id as number), 'the id outlives the node').toBe(ids[i]!);
      expect(probe.stalls).toBe(0);
    }

    const newcomer = await stage.viewer('newcomer');
    await until('a newcomer meets all four', async () => (await newcomer.stat('peers')) === 4, 20_000);
  } finally {
    await stage.close();
  }
});
