// bittorrent-tracker's own client, with real peer connections, against our tracker: it announces, is introduced, opens
// a data channel, scrapes, and stops, as it does with its own server.
// Needs build/tracker/tracker, or BAZAAR_TRACKER.
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
// @ts-expect-error it has no types
import TrackerClient from 'bittorrent-tracker/client';
import { type Server, startOurs } from './support/webtorrent';

let server: Server;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- it has no types
type Untyped = any;
const clients: Untyped[] = [];
const peers: Untyped[] = [];

beforeAll(async () => {
  server = await startOurs('--workers', '2');
});
afterAll(async () => {
  for (const peer of peers) peer.destroy(); // a client forgets whom it has handed out
  await Promise.all(clients.map((client) => new Promise((resolve) => client.destroy(resolve))));
  await server.close();
});

/** The path makes the socket its own: the client shares one among all with the same address. */
function join(name: string, infoHash: string) {
  const client = new TrackerClient({
    infoHash,
    peerId: Buffer.from(name.padEnd(20, '-')),
    port: 6881, // asked for, not used
    announce: [`${server.url}/${name}/${infoHash}`],
    rtcConfig: { iceServers: [] },
  });
  clients.push(client);
  client.on('peer', (peer: Untyped) => peers.push(peer));
  client.on('error', (error: Error) => client.emit('warning', error));
  return client;
}

/**
 * Two clients that are introduced and connect. Nothing when libdatachannel, which is their WebRTC, breaks down by itself: under load
 * one connection in fifty refuses a good answer.
 */
async function meet(infoHash: string) {
  const a = join('a', infoHash);
  const b = join('b', infoHash);
  const warnings: string[] = [];
  let breakDown = (_error: Error): void => {};
  const brokenDown = new Promise<Error>((resolve) => (breakDown = resolve));
  for (const client of [a, b]) {
    client.on('warning', ({ message }: Error) => warnings.push(message));
    client.on('peer', (peer: Untyped) => peer.on('error', breakDown));
  }

  // Each round of offers takes the client five seconds of gathering: one is enough.
  a.start({ left: 0, numwant: 0 });
  const [first] = await once(a, 'update');
  expect(first).toMatchObject({ complete: 1, incomplete: 0, interval: 30, infoHash });
  b.start({ left: 100, numwant: 1 });
  const [[peerOfA], [peerOfB], [second]] = await Promise.all([once(a, 'peer'), once(b, 'peer'), once(b, 'update')]);
  expect(second).toMatchObject({ complete: 1, incomplete: 1 });
  expect(Buffer.from(peerOfA.id, 'hex').toString()).toBe('b-------------------');
  expect(Buffer.from(peerOfB.id, 'hex').toString()).toBe('a-------------------');

  const connected = Promise.all([peerOfA, peerOfB].map((peer) => peer.connected || once(peer, 'connect')));
  connected.catch(() => {}); // once() rejects with the error that brokenDown tells
  const error = await Promise.race([connected.then(() => undefined, breakDown), brokenDown]);
  if (error && !/libdatachannel/.test(error.message)) throw error;
  return error ? undefined : { infoHash, a, b, peerOfA, peerOfB, warnings };
}

test('two clients meet over our tracker and talk to each other', async () => {
  let met: Awaited<ReturnType<typeof meet>>;
  for (const name of ['ff00', 'ff01', 'ff02']) met ??= await meet(name.repeat(10));
  if (!met) throw new Error('libdatachannel broke down three times');
  const { infoHash, a, b, peerOfA, peerOfB, warnings } = met;

  peerOfA.send('over the channel');
  const [heard] = await once(peerOfB, 'data');
  expect(Buffer.from(heard).toString()).toBe('over the channel');

  a.scrape();
  const [scraped] = await once(a, 'scrape');
  expect(scraped).toMatchObject({ complete: 1, incomplete: 1, infoHash });
  b.stop();
  const [last] = await once(b, 'update');
  expect(last).toMatchObject({ complete: 1, incomplete: 0 });
  expect(warnings).toEqual([]);
}, 120_000);
