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
const clients: any[] = [];

beforeAll(async () => {
  server = await startOurs('--workers', '2');
});
afterAll(async () => {
  await Promise.all(clients.map((client) => new Promise((resolve) => client.destroy(resolve))));
  await server.close();
});

/** The path makes the socket its own: the client shares one among all with the same address. */
function join(name: string, infoHash: string) {
  const client = new TrackerClient({
    infoHash,
    peerId: Buffer.from(name.padEnd(20, '-')),
    port: 6881, // asked for, not used
    announce: [`${server.url}/${name}`],
    rtcConfig: { iceServers: [] },
  });
  clients.push(client);
  client.on('error', (error: Error) => client.emit('warning', error));
  return client;
}

test('two clients meet over our tracker and talk to each other', async () => {
  const infoHash = 'ff00'.repeat(10);
  const a = join('a', infoHash);
  const b = join('b', infoHash);
  const warnings: string[] = [];
  for (const client of [a, b]) client.on('warning', (warning: Error) => warnings.push(warning.message));

  // Each round of offers takes the client five seconds of gathering: one is enough.
  a.start({ left: 0, numwant: 0 });
  const [first] = await once(a, 'update');
  expect(first).toMatchObject({ complete: 1, incomplete: 0, interval: 30, infoHash });
  b.start({ left: 100, numwant: 1 });
  const [[peerOfA], [peerOfB], [second]] = await Promise.all([once(a, 'peer'), once(b, 'peer'), once(b, 'update')]);
  expect(second).toMatchObject({ complete: 1, incomplete: 1 });
  expect(Buffer.from(peerOfA.id, 'hex').toString()).toBe('b-------------------');
  expect(Buffer.from(peerOfB.id, 'hex').toString()).toBe('a-------------------');

  if (!peerOfA.connected) await once(peerOfA, 'connect');
  if (!peerOfB.connected) await once(peerOfB, 'connect');
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
  peerOfA.destroy();
  peerOfB.destroy();
}, 30_000);
