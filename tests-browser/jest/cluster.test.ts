// Three real trackers with a real Redis between them, and what becomes of their viewers when one of the four fails.
// Owns the failures; refuses to know anybody's insides. Invariant: before a failure's effect is judged, the test has seen that
// the failure is there. Needs redis-server, and root with network namespaces for the partition. BAZAAR_REDIS_OUTAGE_S sets how
// long Redis is away (issue 4's figure is 30; the default keeps all of this below 90 s).
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, jest, test } from '@jest/globals';
import { RedisServer } from './support/redis-server.js';
import { TrackerNode } from './support/tracker-node.js';
import { offer, TrackerViewer } from './support/tracker-viewer.js';

jest.setTimeout(120_000);

const outageS = Number(process.env.BAZAAR_REDIS_OUTAGE_S ?? 0);
const secret = 'Y2x1c3Rlci50ZXN0LnRzIG5lZWRzIG9uZSBzZWNyZXQ';
const nodes: TrackerNode[] = [];
const viewers: TrackerViewer[] = [];
let redis: RedisServer;

function nodeArgs(redisUrl: string): string[] {
  // Everybody comes from one address here, which on the internet would be a flood.
  const open = ['--connections-per-address-max', '5000', '--connections-per-address-burst', '5000'];
  const backplane = ['--backplane', redisUrl, '--resume-secret', secret, '--drain-percent-per-second', '20'];
  return ['--log-level', 'warn', '--workers', '1', '--join-window-ms', '0', ...open, ...backplane];
}

async function startCluster(): Promise<void> {
  redis = await new RedisServer().start();
  for (let i = 0; i < 3; ++i) nodes.push(await TrackerNode.start(nodeArgs(redis.url)));
  await seen(async () => (await status()).every((node) => node.nodes === 3), 10_000, 'three nodes know each other');
}

afterEach(async () => {
  for (const viewer of viewers.splice(0)) viewer.leave();
  for (const node of nodes.splice(0)) await node.kill();
  await redis.kill();
});

const status = async (): Promise<Awaited<ReturnType<TrackerNode['status']>>[]> => Promise.all(nodes.map((node) => node.status()));

async function seen(isSo: () => Promise<boolean> | boolean, withinMs: number, what: string): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not seen within ${withinMs} ms: ${what}`);
    await sleep(50);
  }
}

/** `count` newcomers on the node with that index, welcomed; how long the slowest took. */
async function join(index: number, count: number, stream = 1): Promise<{ joined: TrackerViewer[]; slowestMs: number }> {
  const began = Date.now();
  const urls = nodes.map((node) => node.url);
  const joined = Array.from({ length: count }, () => new TrackerViewer(urls, index, new Uint8Array(16).fill(stream)));
  viewers.push(...joined);
  for (const viewer of joined) {
    if (!(await viewer.until(() => viewer.welcomes > 0, 10_000))) throw new Error(`no WELCOME: ${viewer.errors.join()}`);
  }
  return { joined, slowestMs: Date.now() - began };
}

/** Everybody in `those` is told that the stream has so many viewers. All ask, as viewers with room do. */
async function allHear(audience: number, those: TrackerViewer[], withinMs: number): Promise<void> {
  const wrong = (): TrackerViewer[] => those.filter((viewer) => viewer.audience !== audience);
  const end = Date.now() + withinMs;
  while (wrong().length > 0 && Date.now() < end) {
    for (const viewer of those) viewer.more(0);
    await sleep(300);
  }
  const told = [...new Set(wrong().map((viewer) => viewer.audience))];
  if (told.length > 0) throw new Error(`after ${withinMs} ms ${wrong().length} viewers are told ${told.join()}, not ${audience}`);
}

/** An offer there, and an answer back, between two that may be on different nodes. */
async function signalsCross(from: TrackerViewer, to: TrackerViewer): Promise<void> {
  const there = to.relayed.length;
  const back = from.relayed.length;
  from.signal(to.id, 0, offer);
  expect(await to.until(() => to.relayed.length > there, 5_000)).toBe(true);
  expect(to.relayed.at(-1)).toEqual({ peer: from.id, kind: 0, blob: Buffer.from(offer) });
  to.signal(from.id, 3, new Uint8Array(0));
  expect(await from.until(() => from.relayed.length > back, 5_000)).toBe(true);
  expect(from.relayed.at(-1)).toMatchObject({ peer: to.id, kind: 3 });
}

/** Somebody of `those` who was introduced to one of `others` on another node, with that one. Cells that began apart join within seconds. */
async function acquaintedAcross(those: TrackerViewer[], others = viewers): Promise<[TrackerViewer, TrackerViewer]> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(200)) {
    for (const viewer of those) {
      const other = others.find((candidate) => viewer.peers.has(candidate.id) && candidate.url !== viewer.url);
      if (other) return [viewer, other];
      viewer.more(12);
    }
  }
  throw new Error('nobody was introduced to anybody on another node');
}

/** Each viewer, with all whom it was introduced to, directly or through others. */
function isOneMesh(): boolean {
  const reached = new Set<TrackerViewer>(viewers.slice(0, 1));
  for (const viewer of reached) {
    for (const other of viewers) {
      if (viewer.peers.has(other.id) || other.peers.has(viewer.id)) reached.add(other);
    }
  }
  return reached.size === viewers.length;
}

test('viewers on three nodes form one swarm, and signals cross', async () => {
  await startCluster();
  for (let round = 0; round < 3; ++round) for (const index of [0, 1, 2]) await join(index, 5);
  await allHear(45, viewers, 10_000);
  await seen(isOneMesh, 10_000, 'all know each other, directly or through others');
  for (const index of [0, 1, 2]) await signalsCross(...(await acquaintedAcross(viewers.filter(({ url }) => url === nodes[index]!.url))));
  expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
});

test('a node is killed: its viewers are elsewhere within 10 s p99, and the others stay', async () => {
  await startCluster();
  const { joined: victims } = await join(0, 300);
  const { joined: others } = [await join(1, 20), await join(2, 20)].reduce((a, b) => ({
    joined: [...a.joined, ...b.joined],
    slowestMs: 0,
  }));
  await allHear(340, others, 10_000);

  const killed = performance.now();
  const welcomed = victims.map(async (viewer) => {
    await viewer.until(() => viewer.welcomes > 1, 30_000);
    return performance.now() - killed;
  });
  await nodes[0]!.kill();
  const took = (await Promise.all(welcomed)).sort((a, b) => a - b);
  const p99 = took[Math.floor(took.length * 0.99)]!;
  console.log(
    `killed node: ${took.length} viewers elsewhere, p50 ${Math.round(took[150]!)} ms, p99 ${Math.round(p99)} ms, last ${Math.round(took.at(-1)!)} ms`,
  );
  expect(p99).toBeLessThan(10_000);
  expect(victims.every((viewer) => viewer.welcomes === 2 && viewer.url !== nodes[0]!.url)).toBe(true);
  expect(victims.every((viewer) => viewer.isResumed)).toBe(true);
  expect(others.every((viewer) => viewer.losses === 0)).toBe(true);
  await allHear(340, viewers, 20_000);
  // Whom the dead node had introduced is forgotten with it; a viewer asks anew.
  for (const viewer of victims) {
    viewer.peers.clear();
    viewer.more(12);
  }
  await seen(() => victims.every((viewer) => viewer.peers.size > 0), 5_000, 'new introductions');
  const asking = victims[0]!;
  await signalsCross(
    asking,
    viewers.find((viewer) => asking.peers.has(viewer.id))!,
  );
});

test('a node drains: its viewers move with their acquaintances, and it ends by itself when signals no longer come its way', async () => {
  await startCluster();
  const { joined: movers } = await join(0, 60);
  const { joined: others } = await join(1, 20);
  await allHear(80, viewers, 10_000);
  for (const viewer of movers) viewer.more(12);
  const { child, url } = nodes[0]!;
  const ended = once(child, 'exit').then(([code]) => ({ code: code as number, at: performance.now() }));
  const began = performance.now();
  child.kill('SIGTERM');
  await seen(() => movers.every((viewer) => viewer.welcomes === 2), 40_000, 'everybody is at home again');
  const moved = performance.now();
  expect(movers.every((viewer) => viewer.moves === 1 && viewer.isResumed && viewer.url !== url)).toBe(true);
  const { code, at } = await ended;
  console.log(
    `drain: the last of ${movers.length} moved after ${Math.round(moved - began)} ms, the node ended ${Math.round(at - moved)} ms later`,
  );
  expect(code).toBe(0);
  expect(at - moved).toBeGreaterThan(1_500);

  // The old node is gone, and everybody still reaches whom it was introduced to, wherever that one is.
  let sent = 0;
  for (const from of viewers) {
    for (const to of viewers.filter(({ id }) => from.peers.has(id))) {
      from.signal(to.id, 0, offer);
      ++sent;
    }
  }
  expect(sent).toBeGreaterThan(500);
  const arrived = (): number => viewers.reduce((sum, viewer) => sum + viewer.relayed.length, 0);
  await seen(() => arrived() >= sent, 5_000, `all of ${sent} signals, but ${sent - arrived()}`);
  expect(viewers.flatMap(({ gone }) => gone)).toEqual([]);
  expect(others.every(({ moves, losses }) => moves === 0 && losses === 0)).toBe(true);
  expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
});

const outages: [string, number, () => Promise<void> | void, () => Promise<unknown>][] = [
  ['stopped', outageS || 8, () => redis.pause(), () => redis.resume()],
  ['killed', outageS || 6, () => redis.kill(), () => redis.start()],
];
test.each(outages)(
  'Redis is %s for %i s: nobody is disconnected, newcomers are served, all is republished',
  async (_name, seconds, fail, mend) => {
    await startCluster();
    for (const index of [0, 1, 2]) await join(index, 20);
    await allHear(60, viewers, 10_000);
    const began = Date.now();
    await fail();
    expect(await redis.isSilent()).toBe(true);
    // From the first moment on, before anybody has noticed.
    const slowest = [(await join(0, 5)).slowestMs];
    await seen(async () => (await status()).every((node) => !node.connected), 6_000, 'every node has noticed');
    for (const index of [0, 1, 2]) {
      slowest.push((await join(index, 5)).slowestMs);
      // A small stream of its own: nothing of it is known elsewhere.
      const { joined } = await join(index, 2, 10 + index);
      await signalsCross(joined[1]!, joined[0]!);
    }
    console.log(`newcomers without Redis: the slowest of each round ${slowest.join(', ')} ms`);
    await sleep(Math.max(0, began + seconds * 1_000 - Date.now()));
    expect((await status()).every((node) => !node.connected)).toBe(true);
    expect(viewers.every((viewer) => viewer.losses === 0)).toBe(true);

    await mend();
    const mended = Date.now();
    await seen(async () => (await status()).every((node) => node.connected && node.nodes === 3), 12_000, 'every node is back');
    const main = viewers.slice(0, 65).concat(viewers.slice(65).filter((viewer) => viewer.audience > 2));
    await allHear(80, main.slice(0, 80), 15_000);
    console.log(`Redis was away ${Math.round((mended - began) / 1_000)} s; all is as it was ${Date.now() - mended} ms after its return`);
    await signalsCross(...(await acquaintedAcross(main)));
    expect(viewers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(viewers.every((viewer) => viewer.losses === 0)).toBe(true);
  },
);

const ip = (...args: string[]): boolean => spawnSync('ip', args).status === 0;
const space = `bazaar${process.pid}`;
const canPartition = process.getuid?.() === 0 && ip('netns', 'add', space) && ip('netns', 'del', space);
if (!canPartition) console.warn('partition: skipped, it takes root and network namespaces (ip netns add)');

/** A wire from here into the namespace: both ends' addresses. */
function wire(name: string, here: string, there: string): void {
  const isDone =
    ip('link', 'add', `${name}h`, 'type', 'veth', 'peer', 'name', `${name}n`, 'netns', space) &&
    ip('addr', 'add', `${here}/30`, 'dev', `${name}h`) &&
    ip('link', 'set', `${name}h`, 'up') &&
    ip('-n', space, 'addr', 'add', `${there}/30`, 'dev', `${name}n`) &&
    ip('-n', space, 'link', 'set', `${name}n`, 'up');
  if (!isDone) throw new Error(`cannot lay the wire ${name}`);
}

(canPartition ? test : test.skip)(
  'one node is cut off from Redis and the others: both sides serve on, and find each other again',
  async () => {
    const net = `10.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;
    const front = `bzf${process.pid % 10_000}`;
    const back = `bzb${process.pid % 10_000}`;
    expect(ip('netns', 'add', space)).toBe(true);
    try {
      ip('-n', space, 'link', 'set', 'lo', 'up');
      wire(front, `${net}.1`, `${net}.2`);
      wire(back, `${net}.5`, `${net}.6`);
      redis = await new RedisServer(`${net}.5`).start();
      for (let i = 0; i < 2; ++i) nodes.push(await TrackerNode.start(nodeArgs(redis.url)));
      const inside = ['--host', `${net}.2`, '--metrics-allow', `${net}.0/24`];
      nodes.push(await TrackerNode.start([...nodeArgs(redis.url), ...inside], ['ip', 'netns', 'exec', space]));
      await seen(async () => (await status()).every((node) => node.nodes === 3), 10_000, 'three nodes know each other');
      for (const index of [0, 1, 2]) await join(index, 10);
      await allHear(30, viewers, 10_000);

      expect(ip('-n', space, 'link', 'set', `${back}n`, 'down')).toBe(true);
      const knock = spawnSync('ip', ['netns', 'exec', space, 'ping', '-c1', '-W1', `${net}.5`]);
      expect(knock.status).not.toBe(0);
      await seen(
        async () => {
          const [a, b, c] = await status();
          return !c!.connected && a!.connected && a!.nodes === 2 && b!.connected && b!.nodes === 2;
        },
        10_000,
        'one node cut off, the other two miss it',
      );
      for (const index of [0, 1, 2]) await join(index, 5);
      const there = viewers.filter((viewer) => viewer.url === nodes[2]!.url);
      const here = viewers.filter((viewer) => viewer.url !== nodes[2]!.url);
      await allHear(30, here, 10_000);
      // Some here still know somebody there, who is out of reach now.
      await signalsCross(...(await acquaintedAcross(here, here)));
      const newcomers = there.slice(-2);
      newcomers[1]!.more(12);
      await seen(() => newcomers[1]!.peers.size > 0, 5_000, 'newcomers of the cut-off node are introduced');
      expect(viewers.every((viewer) => viewer.losses === 0)).toBe(true);

      expect(ip('-n', space, 'link', 'set', `${back}n`, 'up')).toBe(true);
      await seen(async () => (await status()).every((node) => node.connected && node.nodes === 3), 15_000, 'all three are together');
      await allHear(45, viewers, 15_000);
      expect(viewers.every((viewer) => viewer.losses === 0)).toBe(true);
    } finally {
      ip('netns', 'del', space);
      ip('link', 'del', `${front}h`);
      ip('link', 'del', `${back}h`);
    }
  },
);
