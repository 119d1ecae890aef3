// The same messages to our tracker and to npm's bittorrent-tracker: clients hear the same, but for whom chance picks.
// Where we differ on purpose, docs/webtorrent.md says so and the second half of this file shows it.
// Needs build/tracker/tracker, or BAZAAR_TRACKER.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, type Frame, type Server, departed, diceOf, idOf, settled, startOurs, startReference } from './support/webtorrent';

const kClients = 7;
const kSwarms = 3;
const swarm = (number: number) => idOf('s', number);
const peer = (number: number) => idOf('p', number);
let servers: Record<'ours' | 'reference', Server>;

beforeAll(async () => {
  // One worker: between several, barriers and what they are to wait for go different ways. And no brake: a script speaks
  // faster than any viewer.
  const unbraked = ['messages-per-second', 'messages-burst', 'messages-per-address-per-second', 'messages-per-address-burst'];
  const ours = await startOurs('--workers', '1', ...unbraked.flatMap((name) => [`--${name}`, '100000']));
  servers = { ours, reference: await startReference() };
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close();
});

const offersOf = (count: number, tag: string): Frame[] =>
  Array.from({ length: count }, (_, i) => ({ offer: { type: 'offer', sdp: `v=0\r\n${tag} ${i} é "\\ ` }, offer_id: `${tag}-${i}\u0000ÿ`.padEnd(20, '.') }));
const announce = (from: number, to: number, more: Frame = {}): Frame => ({
  action: 'announce',
  info_hash: swarm(to),
  peer_id: peer(from),
  uploaded: 0,
  downloaded: 0,
  ...more,
});

/** One server with the clients of a script: what a step makes each of them hear. */
class World {
  clients = new Map<number, Client>();
  offers: { id: string; to: number; frame: Frame }[] = [];
  constructor(
    readonly url: string,
    readonly base: number,
  ) {}
  async client(number: number): Promise<Client> {
    let client = this.clients.get(number);
    if (!client) this.clients.set(number, (client = await Client.open(this.url)));
    return client;
  }
  /** Frames by what they are, in an order of their own, without what chance or an option settles. */
  async step(from: number, message: unknown): Promise<Frame> {
    const speaker = await this.client(from);
    speaker.say(message);
    await settled(speaker, this.clients.values());
    return this.heard(from);
  }
  heard(from: number): Frame {
    const told: Frame[] = [];
    const offers: Frame[] = [];
    const answers: Frame[] = [];
    const receivers: number[] = [];
    for (const [number, client] of this.clients) {
      for (const frame of client.take()) {
        const { interval, flags, ...rest } = frame;
        if ('offer' in frame) {
          offers.push(rest);
          receivers.push(number);
          this.offers.push({ id: frame.offer_id as string, to: number, frame });
        } else if ('answer' in frame) {
          answers.push({ ...rest, peer_id: 'whoever got the offer', to: number });
        } else if ('failure reason' in frame) {
          told.push({ to: number, failure: true });
        } else {
          told.push({ to: number, hasInterval: interval !== undefined, hasFlags: flags !== undefined, ...rest });
        }
      }
    }
    expect(new Set(receivers).size).toBe(receivers.length);
    expect(receivers).not.toContain(from);
    offers.sort((a, b) => (String(a.offer_id) < String(b.offer_id) ? -1 : 1));
    return { told, offers, answers };
  }
  /** Whoever got this offer answers it. */
  answer(id: string): { from: number; message: Frame } {
    const at = this.offers.findIndex((offer) => offer.id === id);
    const [{ to, frame }] = this.offers.splice(at, 1) as [(typeof this.offers)[0]];
    const message = announce(this.base + to, 0, {
      info_hash: frame.info_hash as string,
      to_peer_id: frame.peer_id as string,
      offer_id: id,
      answer: { type: 'answer', sdp: `answer to ${id}` },
    });
    return { from: to, message };
  }
  async leave(number: number): Promise<void> {
    const gone = this.clients.get(number);
    this.clients.delete(number);
    if (gone) await departed(gone, this.url);
  }
  async close(): Promise<void> {
    for (const client of this.clients.values()) await client.close();
  }
}

/** Messages that are no requests; both say so, and go on. */
const nonsense = (from: number, base: number): unknown[] => [
  'null',
  '5',
  '[]',
  '"text"',
  '{',
  '{}',
  '',
  { action: 'connect' },
  { action: null },
  announce(from, base, { info_hash: 'too short' }),
  announce(from, base, { info_hash: 7 }),
  announce(from, base, { peer_id: null }),
  announce(from, base, { peer_id: `${peer(1)}x` }),
  announce(from, base, { event: 'exploded' }),
  announce(from, base, { event: 3 }),
  announce(from, base, { answer: { type: 'answer', sdp: 'x' } }),
  announce(from, base, { answer: { type: 'answer', sdp: 'x' }, to_peer_id: 'short' }),
  { action: 'scrape', info_hash: 'short' },
  { action: 'scrape', info_hash: [swarm(base), 7] },
];

async function compare(seed: number, steps: number): Promise<{ offers: number; answers: number; failures: number }> {
  const dice = diceOf(seed);
  const base = seed * 100;
  const worlds = { ours: new World(servers.ours.url, base), reference: new World(servers.reference.url, base) };
  const seen = { offers: 0, answers: 0, failures: 0 };
  const open: string[] = [];
  const both = async (sentence: string, message: (world: World) => { from: number; message: unknown }) => {
    const heard: Frame[] = [];
    for (const world of [worlds.reference, worlds.ours]) {
      const step = message(world);
      heard.push(await world.step(step.from, step.message));
    }
    expect({ sentence, ...heard[1] }).toEqual({ sentence, ...heard[0] });
    for (const { offer_id } of heard[0]!.offers as Frame[]) open.push(offer_id as string);
    seen.offers += (heard[0]!.offers as Frame[]).length;
    seen.answers += (heard[0]!.answers as Frame[]).length;
    seen.failures += (heard[0]!.told as Frame[]).filter(({ failure }) => failure).length;
  };
  try {
    for (let step = 0; step < steps; ++step) {
      const from = dice(kClients);
      const to = base + dice(kSwarms);
      const sentence = `seed ${seed}, step ${step}`;
      const kind = dice(20);
      if (kind < 10) {
        const event = ['started', 'started', 'completed', 'update', 'paused', 'empty', '', undefined, null][dice(9)];
        const left = [0, 5, 1e20, undefined, undefined, undefined][dice(6)];
        const offers = event === 'completed' ? undefined : offersOf(dice(7), `${seed}.${step}`);
        await both(`${sentence}: announce`, () => ({ from, message: announce(base + from, to, { event, left, offers, numwant: offers?.length }) }));
      } else if (kind < 15 && open.length > 0) {
        const [id] = open.splice(dice(open.length), 1);
        await both(`${sentence}: answer`, (world) => world.answer(id!));
      } else if (kind < 16) {
        await both(`${sentence}: stop`, () => ({ from, message: announce(base + from, to, { event: 'stopped' }) }));
        open.length = 0;
        for (const world of Object.values(worlds)) world.offers.length = 0;
      } else if (kind < 17) {
        const info_hash = dice(2) ? swarm(to) : [swarm(base), swarm(base + 1), swarm(base + 50)];
        await both(`${sentence}: scrape`, () => ({ from, message: { action: 'scrape', info_hash } }));
      } else if (kind < 19) {
        const all = nonsense(base + from, to);
        const message = all[dice(all.length)];
        await both(`${sentence}: ${JSON.stringify(message)}`, () => ({ from, message }));
      } else {
        for (const world of Object.values(worlds)) {
          await world.leave(from);
          world.offers.length = 0;
        }
        open.length = 0;
      }
    }
  } finally {
    for (const world of Object.values(worlds)) await world.close();
  }
  return seen;
}

test.each([1, 2, 3, 4, 5, 6])('300 messages of seed %i are heard alike', async (seed) => {
  const { offers, answers, failures } = await compare(seed, 300);
  expect(offers).toBeGreaterThan(100);
  expect(answers).toBeGreaterThan(20);
  expect(failures).toBeGreaterThan(10);
}, 60_000);

describe('on purpose it is different that', () => {
  /** What the clients of a script hear from each server: counts of frames by kind. */
  async function hear(script: (open: () => Promise<Client>, say: (client: Client, message: unknown) => Promise<Frame[]>) => Promise<unknown>) {
    const results: Record<string, unknown> = {};
    for (const [name, { url }] of Object.entries(servers)) {
      const clients: Client[] = [];
      const open = async () => {
        const client = await Client.open(url);
        clients.push(client);
        return client;
      };
      const say = async (client: Client, message: unknown) => {
        client.say(message);
        await settled(client, clients.filter((each) => each.isOpen));
        return client.take();
      };
      results[name] = await script(open, say);
      for (const client of clients) await client.close();
    }
    return results;
  }
  let fresh = 10_000;
  const members = (frames: Frame[]) => frames.map(({ complete, incomplete }) => Number(complete) + Number(incomplete));

  test('numwant limits how many offers are passed on', async () => {
    const to = ++fresh;
    const heard = await hear(async (open, say) => {
      const [a, b, c] = [await open(), await open(), await open()];
      await say(b, announce(2, to));
      await say(c, announce(3, to));
      await say(a, announce(1, to, { numwant: 1, offers: offersOf(2, 'n') }));
      return b.take().length + c.take().length;
    });
    expect(heard).toEqual({ ours: 1, reference: 2 });
  });

  test('of one announce ten offers are passed on', async () => {
    const to = ++fresh;
    const heard = await hear(async (open, say) => {
      const others: Client[] = [];
      for (let i = 0; i < 12; ++i) {
        others.push(await open());
        await say(others[i]!, announce(10 + i, to));
      }
      await say(await open(), announce(1, to, { offers: offersOf(12, 'm') }));
      return others.flatMap((other) => other.take()).length;
    });
    expect(heard).toEqual({ ours: 10, reference: 12 });
  });

  test('an answer without its offer reaches nobody', async () => {
    const to = ++fresh;
    const heard = await hear(async (open, say) => {
      const [a, b] = [await open(), await open()];
      await say(a, announce(1, to));
      await say(b, announce(2, to));
      await say(b, announce(2, to, { to_peer_id: peer(1), offer_id: 'never made', answer: { type: 'answer', sdp: 'x' } }));
      return a.take().length;
    });
    expect(heard).toEqual({ ours: 0, reference: 1 });
  });

  test('nobody speaks or leaves under another’s peer id', async () => {
    const to = ++fresh;
    const heard = await hear(async (open, say) => {
      const [a, thief] = [await open(), await open()];
      await say(a, announce(1, to));
      const [refused] = await say(thief, announce(1, to));
      await say(thief, announce(1, to, { event: 'stopped' }));
      const [after] = await say(a, { action: 'scrape', info_hash: swarm(to) });
      return [refused !== undefined && 'failure reason' in refused, (after!.files as Frame)[swarm(to)].incomplete];
    });
    expect(heard).toEqual({ ours: [true, 1], reference: [false, 0] });
  });

  test('a socket that closes takes all its peers along', async () => {
    const to = ++fresh;
    const heard = await hear(async (open, say) => {
      const [page, other] = [await open(), await open()];
      await say(page, announce(1, to));
      await say(page, announce(2, to));
      await departed(page, other.url);
      return members(await say(other, announce(3, to)));
    });
    expect(heard).toEqual({ ours: [1], reference: [2] });
  });

  test('who does not know what is left is not complete', async () => {
    const to = ++fresh;
    const heard = await hear(async (open, say) => (await say(await open(), announce(1, to, { left: null })))[0]!.complete);
    expect(heard).toEqual({ ours: 0, reference: 1 });
  });

  test('nobody scrapes everything', async () => {
    const heard = await hear(async (open, say) => 'failure reason' in (await say(await open(), { action: 'scrape' }))[0]!);
    expect(heard).toEqual({ ours: true, reference: false });
  });

  test('of an offer only type and sdp are passed on, and what is no offer not at all', async () => {
    const to = ++fresh;
    const heard = await hear(async (open, say) => {
      const [a, b] = [await open(), await open()];
      await say(b, announce(2, to));
      const offer = { type: 'offer', sdp: 'x', more: 1 };
      await say(a, announce(1, to, { offers: [{ offer, offer_id: 'with more' }] }));
      await say(a, announce(1, to, { offers: [{ offer: 'x', offer_id: 'a string' }] }));
      return b.take().map(({ offer: heardOffer }) => heardOffer as unknown);
    });
    expect(heard).toEqual({ ours: [{ type: 'offer', sdp: 'x' }], reference: [{ type: 'offer', sdp: 'x', more: 1 }, 'x'] });
  });
});
