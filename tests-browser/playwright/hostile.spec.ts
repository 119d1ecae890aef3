// Peers that mean harm, one after another, against two viewers at play: each is dropped, and nobody notices.
import { expect, test } from '@playwright/test';
import { HostilePeer, swarmOf } from './hostile-peer.js';
import { pause, report, Stage, until, type Viewer } from './stage.js';

const kKey = 0x0123456789abcdefn;

/** What each does once its channel is open. */
const acts: Record<string, { does: (peer: HostilePeer) => void }> = {
  'sends garbage': { does: (peer) => (peer.hello(), peer.send(new Uint8Array(500).fill(0x5a))) },
  'cuts a message short': { does: (peer) => (peer.hello(), peer.send(Uint8Array.of(0x95, 0x02, 0xcd, 0x01))) },
  'says something before HELLO': { does: (peer) => peer.say([1, true, 5, []]) },
  'sends the six bytes': { does: (peer) => (peer.hello(), peer.send(Uint8Array.of(0xc9, 0xff, 0xff, 0xff, 0xff, 0x01))) },
  'sends the six bytes first': { does: (peer) => peer.send(Uint8Array.of(0xc9, 0xff, 0xff, 0xff, 0xff, 0x01)) },
  'sends a block that nobody asked for': { does: (peer) => (peer.hello(), peer.say([3, 77, new Uint8Array(61_440)])) },
  'comes from another swarm': { does: (peer) => peer.hello(1, new Uint8Array(16).fill(9)) },
  'speaks another version': { does: (peer) => peer.hello(2) },
  'sends 200 KiB at once': { does: (peer) => (peer.hello(), peer.send(new Uint8Array(200 * 1024).fill(0x91))) },
  'sends just over 64 KiB': { does: (peer) => (peer.hello(), peer.send(new Uint8Array(64 * 1024 + 1).fill(0x91))) },
  'floods with STATUS': {
    does: (peer) => {
      peer.hello();
      for (let i = 0; i < 4_000; ++i) peer.say([1, false, 0, []]);
    },
  },
  'floods with requests': {
    does: (peer) => {
      peer.hello();
      for (let i = 1; i <= 4_000; ++i) peer.say([2, i, kKey, 0, 1000]);
    },
  },
  'announces blocks beyond the bound': { does: (peer) => (peer.hello(), peer.say([1, true, 0, [[kKey, 61_440, 1020, 8, new Uint8Array(2)]]])) },
  'nests arrays': { does: (peer) => (peer.hello(), peer.send(Uint8Array.of(0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x00))) },
};

type Run = [bigint | number, number, number, number, Uint8Array];

/** Runs of a STATUS as one that claims to hold everything in them. */
const everything = (runs: Run[]): Run[] =>
  runs.filter((run) => run.length === 5 && run[1] > 0).map(([key, bytes]) => {
    const count = Math.ceil(bytes / 61_440);
    const packed = new Uint8Array(Math.ceil(count / 4)).fill(0xff);
    if (count % 4 > 0) packed[packed.length - 1] = (1 << (2 * (count % 4))) - 1;
    return [BigInt(key), bytes, 0, count, packed];
  });

let stage: Stage;
let viewers: Viewer[];
let target: number;
const swarm = swarmOf('/live/master.m3u8');

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  stage = await Stage.open();
  viewers = await stage.swarm(['victim', 'friend']);
  target = await viewers[0]!.page.evaluate(() => (window as any).viewer.p2p.id);
  await pause(3_000);
});
test.afterAll(async () => {
  await stage.close();
});

/** Both play on, have not stalled, and still have each other. */
async function expectUntouched(before: { currentTime: number; stalls: number }[], elapsedMs: number): Promise<void> {
  for (const [i, viewer] of viewers.entries()) {
    const now = await viewer.probe();
    expect(now.stalls, `${viewer.name} stalls`).toBe(before[i]!.stalls);
    expect(now.currentTime - before[i]!.currentTime, `${viewer.name} plays on`).toBeGreaterThan((elapsedMs / 1000) * 0.8);
    expect(viewer.pageErrors).toEqual([]);
    expect(now.stats?.state).toBe('sharing');
  }
}

for (const [name, { does }] of Object.entries(acts)) {
  test(`a peer that ${name} is dropped`, async () => {
    const before = await Promise.all(viewers.map((viewer) => viewer.probe()));
    const began = Date.now();
    const peer = new HostilePeer(stage.tracker.url, swarm, target);
    try {
      await until('the channel is open', () => peer.isOpen);
      does(peer);
      const droppedBefore = Number(before[0]!.stats?.peersDropped);
      // An oversized message may be refused by the channel itself, which then closes it: either way the peer is gone.
      const isByViewer = !name.includes('KiB');
      await until(
        'the viewer has dropped it',
        async () => {
          const stats = (await viewers[0]!.probe()).stats;
          return peer.isClosed && stats?.peers === 1 && (!isByViewer || Number(stats.peersDropped) > droppedBefore);
        },
        8_000,
      );
      await expectUntouched(before, Date.now() - began);
    } finally {
      peer.close();
    }
  });
}

test('a peer that answers with a block of the wrong length is dropped', async () => {
  const before = await Promise.all(viewers.map((viewer) => viewer.probe()));
  const began = Date.now();
  let requests = 0;
  const peer = new HostilePeer(stage.tracker.url, swarm, target, (self, message) => {
    if (message[0] === 1) self.say([1, false, 30, everything(message[3] as Run[])]);
    if (message[0] === 2 && ++requests === 1) self.say([3, message[1], new Uint8Array(1000)]);
  });
  try {
    await until('the channel is open', () => peer.isOpen);
    peer.hello();
    await until('the viewer asks it, and drops it', async () => requests > 0 && peer.isClosed, 15_000);
    await expectUntouched(before, Date.now() - began);
  } finally {
    peer.close();
  }
});

test('a liar that has everything and answers nothing costs a moment and is dropped', async () => {
  const before = await Promise.all(viewers.map((viewer) => viewer.probe()));
  const began = Date.now();
  let requests = 0;
  const liar = new HostilePeer(stage.tracker.url, swarm, target, (self, message) => {
    if (message[0] === 1) self.say([1, false, 30, everything(message[3] as Run[])]);
    if (message[0] === 2) ++requests;
  });
  try {
    await until('the channel is open', () => liar.isOpen);
    liar.hello();
    const heartbeat = setInterval(() => liar.say([1, false, 30, []]), 500);
    await until('it is dropped as slow', () => liar.isClosed, 30_000).finally(() => clearInterval(heartbeat));
    report(`a liar was asked ${requests} times in ${((Date.now() - began) / 1000).toFixed(1)} s before it was dropped`);
    expect(requests).toBeGreaterThan(0);
    await pause(3_000);
    await expectUntouched(before, Date.now() - began);
  } finally {
    liar.close();
  }
});
