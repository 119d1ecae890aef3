// The library as a page uses it, on the real WASM core, with a player, a CDN, a tracker and peers that the test plays.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { decode, encode } from '@msgpack/msgpack';
import { attach, type P2P, type P2PError, type P2POptions } from '../../js-glue/index.js';
import { hash32, segmentKey, segmentText, sha256, swarmText } from '../../js-glue/segment-key.js';
import { fakeBrowser, FakeConnection, FakeSocket, type FakeChannel } from './support/browser.js';
import { makeCallbacks, makeContext, makeDetails, makeFrag, makeLoadConfig, makePlayer, StockLoader, type FakePlayer } from './support/fake-hls.js';
import { block, description, hello, status, trackerHello, welcome } from './support/messages.js';
import { wasmBinary } from './support/wasm.js';

const kBytes = 61_440 + 1000; // two blocks
const realFetch = globalThis.fetch;
const origin = (sn: number): Uint8Array => Uint8Array.from({ length: kBytes }, (_, i) => (i * 7 + sn) % 251);

let player: FakePlayer;
let p2p: P2P;
let errors: P2PError[];
let log: string[];
let requests: string[];
let cdnStatus: number;
let restore: () => void;
let page: EventTarget;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'setImmediate', 'nextTick'], now: 1_000_000 });
  jest.advanceTimersByTime(5_000);
  restore = fakeBrowser();
  page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page) as never;
  globalThis.removeEventListener = page.removeEventListener.bind(page) as never;
  player = makePlayer();
  errors = [];
  log = [];
  requests = [];
  cdnStatus = 200;
  globalThis.fetch = async (input) => {
    const request = input as Request;
    requests.push(request.url);
    const sn = Number(/(\d+)\.m4s/.exec(request.url)?.[1]);
    const bytes = origin(sn);
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.get('range') ?? '');
    if (cdnStatus !== 200) return new Response(null, { status: cdnStatus });
    if (!range) return new Response(bytes as BodyInit, { headers: { 'content-length': `${kBytes}` } });
    const [from, to] = [Number(range[1]), Math.min(kBytes, Number(range[2] || kBytes) + 1)];
    return new Response(bytes.slice(from, to) as BodyInit, { status: 206, headers: { 'content-range': `bytes ${from}-${to - 1}/${kBytes}` } });
  };
});
afterEach(() => {
  p2p.destroy();
  globalThis.fetch = realFetch;
  Reflect.deleteProperty(globalThis, 'addEventListener');
  Reflect.deleteProperty(globalThis, 'removeEventListener');
  Reflect.deleteProperty(globalThis, 'document');
  jest.restoreAllMocks();
  restore();
  jest.useRealTimers();
});

const realTimeout = globalThis.setTimeout;
const breathe = (): Promise<void> => new Promise((resolve) => realTimeout(resolve, 1));

/** Lets the world run (threads, streams, promises) until something is so; the test's clock stands still. */
async function until(isSo: () => unknown): Promise<void> {
  for (let i = 0; i < 4000; ++i) {
    if (isSo()) return;
    await breathe();
  }
  throw new Error(`never so: ${isSo}`);
}
/** For what must not happen. */
const aWhile = async (): Promise<void> => {
  for (let i = 0; i < 30; ++i) await breathe();
};

function begin(options: Partial<P2POptions> = {}): P2P {
  p2p = attach(player.hls, { tracker: 'wss://tracker.example', wasmBinary, seed: 1, ...options });
  p2p.on('error', (error) => errors.push(error));
  player.emit('hlsFragBuffered'); // what we wait for
  return p2p;
}
function load(sn: number) {
  const loader = new player.config.fLoader!(player.config);
  const callbacks = makeCallbacks(log);
  loader.load(makeContext(makeFrag(sn)), makeLoadConfig(), callbacks);
  return { loader, data: callbacks.data };
}
const playlist = (from: number, to: number): void => player.emit('hlsLevelUpdated', { level: 0, details: makeDetails(from, to) });
/** Started, with a live playlist known to the engine. */
async function live(from = 1, to = 3, options: Partial<P2POptions> = {}): Promise<void> {
  player.levels.push({ details: makeDetails(from, to) });
  begin(options);
  await until(() => p2p.blocks().length === to - from + 1);
}
/** The player plays, at this second, with media up to that one. */
function play(atS: number, endS: number): void {
  const media = { currentTime: atS, buffered: { length: 1, start: () => 0, end: () => endS }, readyState: 4, paused: false, seeking: false, playbackRate: 1 };
  Reflect.set(player.hls, 'media', { ...media, addEventListener: () => {}, removeEventListener: () => {} });
}
const socket = (): FakeSocket => FakeSocket.all.at(-1)!;

/** A peer that has greeted us. */
async function meet(id = 2): Promise<FakeChannel> {
  socket().opens();
  socket().says(trackerHello());
  socket().says(welcome(1, [id]));
  await until(() => FakeConnection.all.at(-1)?.localDescription);
  const channel = FakeConnection.all.at(-1)!.channels[0]!;
  channel.opens();
  const swarm = (await sha256(swarmText('https://cdn.example/live/master.m3u8'))).slice(0, 16);
  says(channel, hello(id, swarm));
  return channel;
}
const says = (channel: FakeChannel, message: Uint8Array): void => channel.onmessage?.({ data: message.slice().buffer });
const sent = (channel: FakeChannel, type: number): unknown[][] =>
  channel.sent.map((message) => decode(message, { useBigInt64: true }) as unknown[]).filter((message) => Number(message[0]) === type);

test('attach returns at once; until all is up, the stock loader loads and its bytes are counted', async () => {
  begin();
  expect(p2p.stats).toMatchObject({ state: 'starting', reason: 'starting', peers: 0, offload: 0 });
  load(1);
  StockLoader.all[0]!.succeeds(new ArrayBuffer(500));
  expect(log).toEqual(['success 500 500/500']);
  const heard: number[] = [];
  p2p.on('stats', (stats) => heard.push(stats.bytesFromCdn));
  jest.advanceTimersByTime(1000);
  playlist(1, 2);
  await aWhile();
  playlist(1, 2);
  await until(() => p2p.blocks().length === 2);
  jest.advanceTimersByTime(1000);
  expect(heard).toEqual([500, 500]); // carried into the engine's count
});

//   attach ── manifest, playlist, first segment: hls.js ──▶ media, or 500 ms ──▶ WebAssembly ──▶ tracker ──▶ peers
test.each<[string, () => void, number]>([
  ['comes after the first media', () => player.emit('hlsFragBuffered'), 1],
  ['does not wait for a slow network beyond 500 ms', () => jest.advanceTimersByTime(1), 1],
  ['never comes once destroyed', () => (p2p.destroy(), player.emit('hlsFragBuffered'), jest.advanceTimersByTime(60_000)), 0],
])('WebAssembly, which takes from the first picture what it needs itself, %s', async (_what, then, fetches) => {
  const quiet = jest.spyOn(console, 'warn').mockImplementation(() => {});
  p2p = attach(player.hls, { tracker: 'wss://tracker.example', wasmUrl: 'https://site.example/core.wasm' });
  jest.advanceTimersByTime(499);
  await aWhile();
  expect(requests).toHaveLength(0);
  then();
  await aWhile();
  expect(requests).toHaveLength(fetches);
  p2p.destroy();
  expect([(player.hls as unknown as { listenerCount(): number }).listenerCount(), jest.getTimerCount()]).toEqual([0, 0]);
  quiet.mockRestore();
});

test('a viewer alone: segments come from the CDN through the engine, byte for byte', async () => {
  await live();
  const { data } = load(2);
  await until(() => log.length > 0);
  expect(log).toEqual([`success ${kBytes} ${kBytes}/${kBytes}`]);
  expect(new Uint8Array(data[0]!)).toEqual(origin(2));
  expect([requests.length, StockLoader.all.length]).toEqual([1, 0]);
  jest.advanceTimersByTime(1000);
  expect(p2p.stats).toMatchObject({ bytesFromCdn: kBytes, bytesFromPeers: 0, state: 'cdn-only', offload: 0 });
  expect([p2p.blockStatus(2, 0), p2p.blockStatus(2, 1), p2p.blockStatus(3, 0), p2p.blockStatus(99, 0)]).toEqual([
    'downloaded',
    'downloaded',
    'not downloaded',
    'not downloaded',
  ]);
  expect([...p2p.blocks()[1]!.states]).toEqual([0b0110, 0b0110]);
});

test('a segment asked for in the task in which its playlist came waits for its name', async () => {
  await live(1, 1);
  playlist(1, 2);
  load(2); // as hls.js does
  await until(() => log.length > 0);
  expect([log, StockLoader.all.length]).toEqual([[`success ${kBytes} ${kBytes}/${kBytes}`], 0]);
});

test('what we hand over may be detached: we still serve and hand over again', async () => {
  await live();
  const first = load(2);
  await until(() => log.length === 1);
  structuredClone(first.data[0], { transfer: [first.data[0]!] });
  const second = load(2);
  await until(() => log.length === 2);
  expect(new Uint8Array(second.data[0]!)).toEqual(origin(2));
  expect(requests).toHaveLength(1);
});

test('the CDN fails: the stock loader takes over and the player hears its verdict', async () => {
  await live();
  cdnStatus = 404;
  load(2);
  await until(() => StockLoader.all.length > 0);
  StockLoader.all[0]!.fails(404);
  expect([log, errors]).toEqual([['error 404'], []]);
});

test('the tracker is asked once there is a live playlist, not before, and joined once the player has begun, with token, rendition and region', async () => {
  begin({ token: 'admit one', region: 'attic' });
  await aWhile();
  expect(FakeSocket.all).toEqual([]);
  playlist(1, 1);
  await until(() => FakeSocket.all.length > 0);
  socket().opens();
  const swarm = (await sha256(swarmText('https://cdn.example/live/master.m3u8'))).slice(0, 16);
  socket().says(trackerHello());
  expect(socket().sent).toEqual([]);
  play(2, 4);
  jest.advanceTimersByTime(250);
  const join = decode(socket().sent[0]!) as unknown[];
  expect(join.slice(0, 4)).toEqual([1, 2, swarm, 12]);
  expect(join[4]).toEqual(new TextEncoder().encode('admit one'));
  expect((join[6] as number[]).slice(0, 2)).toEqual([(hash32('/live/v0.m3u8') >>> 1) + 1, hash32('attic')]);
});

test('VOD: no tracker, no peers, everything from the stock loader', async () => {
  player.levels.push({ details: makeDetails(1, 3, { live: false }) });
  begin();
  await aWhile();
  load(2);
  jest.advanceTimersByTime(1000);
  expect([FakeSocket.all.length, StockLoader.all.length, p2p.stats.reason]).toEqual([0, 1, 'vod']);
});

test('two viewers meet: offer through the tracker, greeting through the channel, an event and a line in peers()', async () => {
  await live();
  const met: number[] = [];
  p2p.on('peerconnect', ({ id }) => met.push(id));
  const channel = await meet(2);
  expect(decode(socket().sent.at(-1)!)).toEqual([2, 2, 0, encode(description(0))]);
  expect(sent(channel, 0)).toHaveLength(1);
  expect([met, p2p.id]).toEqual([[2], 1]);
  expect(p2p.peers()).toMatchObject([{ id: 2, bytesIn: 0, bytesOut: 0 }]);
  jest.advanceTimersByTime(1000);
  expect(p2p.stats).toMatchObject({ state: 'sharing', reason: null, peers: 1, swarmSize: 2, tracker: 'joined' });
});

test('blocks come from a peer, and the segment is the origin’s, byte for byte', async () => {
  await live(1, 8);
  play(4, 14);
  jest.advanceTimersByTime(250);
  const channel = await meet();
  const key = await segmentKey(segmentText(makeFrag(8)));
  says(channel, status(key.hi, key.lo, kBytes, [3, 3]));
  jest.advanceTimersByTime(100);
  // A stranger is asked for one block; when it has delivered that one, for the rest.
  for (let answered = 0; answered < 2; ++answered) {
    const requests = sent(channel, 2);
    expect(requests).toHaveLength(answered + 1);
    const [, id, , index] = requests[answered]!;
    const at = Number(index) * 61_440;
    says(channel, block(Number(id), origin(8).slice(at, at + 61_440)));
    jest.advanceTimersByTime(100);
  }
  expect([...p2p.blocks().at(-1)!.states]).toEqual([0b1010, 0b1010]);
  const { data } = load(8);
  await until(() => log.length > 0);
  expect(new Uint8Array(data[0]!)).toEqual(origin(8));
  jest.advanceTimersByTime(1000);
  expect(p2p.stats).toMatchObject({ bytesFromPeers: kBytes, storeBytes: expect.any(Number) });
  expect(requests.filter((url) => url.endsWith('/8.m4s'))).toEqual([]);
  expect(p2p.peers()[0]!.bytesIn).toBe(kBytes);
});

test('a peer asks for a block that we hold and gets it', async () => {
  await live();
  load(2);
  await until(() => log.length > 0);
  const channel = await meet();
  const key = await segmentKey(segmentText(makeFrag(2)));
  const { encode } = await import('@msgpack/msgpack');
  says(channel, encode([2, 5, (BigInt(key.hi) << 32n) | BigInt(key.lo), 1, 5000], { useBigInt64: true }));
  const [[, id, payload]] = sent(channel, 3) as [[number, number, Uint8Array]];
  expect([Number(id), payload]).toEqual([5, origin(2).slice(61_440)]);
  jest.advanceTimersByTime(1000);
  expect(p2p.stats.bytesUploaded).toBe(1000);
});

test('a hostile peer is dropped, an error says so, and playback does not notice', async () => {
  await live();
  const closed: object[] = [];
  p2p.on('peerclose', (event) => closed.push(event));
  const channel = await meet();
  says(channel, new Uint8Array([0xc9, 0xff, 0xff, 0xff, 0xff, 0x01]));
  expect(errors.map(({ code, fatal }) => [code, fatal])).toEqual([['peer-violation', false]]);
  expect(closed).toEqual([{ id: 2, reason: 2 }]);
  expect(FakeConnection.open()).toEqual([]);
  load(2);
  await until(() => log.length > 0);
  expect(log).toEqual([`success ${kBytes} ${kBytes}/${kBytes}`]);
});

test('the tracker falls: peers and playback go on, it is reported once and tried again', async () => {
  await live();
  await meet();
  socket().falls();
  expect(errors.map(({ code }) => code)).toEqual(['tracker-unreachable']);
  expect(FakeConnection.open()).toHaveLength(1);
  jest.advanceTimersByTime(2000);
  expect(FakeSocket.all.length).toBeGreaterThan(1);
  socket().falls();
  expect(errors).toHaveLength(1);
});

test.each([
  ['seen', false, { state: 'cdn-only', reason: 'overloaded', resting: 1, peers: 0 }],
  ['hidden, where timers come late on purpose', true, { state: 'sharing', reason: null, resting: 0, peers: 1 }],
])('timers that come late again and again, on a page that is %s', async (_name, isHidden, expected) => {
  Reflect.set(globalThis, 'document', { hidden: isHidden });
  await live();
  const channel = await meet();
  const key = await segmentKey(segmentText(makeFrag(3)));
  const now = performance.now.bind(performance);
  const begun = now();
  jest.spyOn(performance, 'now').mockImplementation(() => 2 * now() - begun); // a timer comes after twice its time
  for (let seconds = 0; seconds < 20 && !p2p.stats.resting; ++seconds) {
    jest.advanceTimersByTime(1000);
    says(channel, status(key.hi, key.lo, kBytes, [0, 0]));
  }
  expect(p2p.stats).toMatchObject(expected);
  expect(FakeConnection.open()).toHaveLength(expected.peers);
});

test('destroy: no connection, socket, listener or timer is left, loads go on with the stock loader, fLoader is as before', async () => {
  const before = class extends StockLoader {};
  player.config.fLoader = before as never;
  await live();
  const channel = await meet();
  const { loader } = load(3);
  const held = loader.stats;
  const [tracker, sentBefore] = [socket(), channel.sent.length];
  p2p.destroy();
  p2p.destroy();
  expect(StockLoader.all).toHaveLength(1);
  expect(StockLoader.all[0]).toBeInstanceOf(before);
  StockLoader.all[0]!.succeeds(new ArrayBuffer(9));
  expect([log, held.loaded]).toEqual([['success 9 9/9'], 9]);
  await aWhile();
  jest.advanceTimersByTime(60_000);
  expect(FakeConnection.open()).toEqual([]);
  expect([tracker.readyState, FakeSocket.all.length, channel.sent.length]).toEqual([3, 1, sentBefore]);
  expect(player.config.fLoader).toBe(before);
  expect((player.hls as unknown as { listenerCount(): number }).listenerCount()).toBe(0);
  expect(jest.getTimerCount()).toBe(0);
  expect([p2p.stats.reason, p2p.blocks(), p2p.peers(), p2p.blockStatus(1, 0)]).toEqual(['destroyed', [], [], 'not downloaded']);
});

test('destroy from within an event of ours is safe', async () => {
  await live();
  p2p.on('peerconnect', () => p2p.destroy());
  await meet();
  expect([FakeConnection.open(), errors]).toEqual([[], []]);
});

test('hls.destroy() ends us too, and the player may be attached again after destroy()', async () => {
  await live();
  expect(() => attach(player.hls, { tracker: 'wss://t' })).toThrow('attached');
  player.emit('hlsDestroying');
  expect(socket().readyState).toBe(3);
  expect(() => begin()).not.toThrow();
});

test('another source is another swarm', async () => {
  await live();
  const joined = (): FakeSocket => {
    socket().opens();
    socket().says(trackerHello());
    jest.advanceTimersByTime(1000); // a player without a picture is waited for no longer
    return socket();
  };
  const first = joined();
  Reflect.set(player.hls, 'url', 'https://cdn.example/other.m3u8');
  player.levels.length = 0;
  player.emit('hlsManifestLoading', { url: 'https://cdn.example/other.m3u8' });
  expect(first.readyState).toBe(3);
  await aWhile();
  playlist(1, 1);
  await until(() => FakeSocket.all.length === 2);
  const [a, b] = [first, joined()].map((s) => (decode(s.sent[0]!) as unknown[])[2]);
  expect(a).not.toEqual(b);
});

test('a hidden page leaves; one out of the back-forward cache returns', async () => {
  await live();
  page.dispatchEvent(new Event('pagehide'));
  expect(socket().readyState).toBe(3);
  page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  await until(() => FakeSocket.all.length === 2);
});

test("an ad's player that inherits our loader is left to the stock loader", async () => {
  await live();
  const child = { ...player.config, assetPlayerId: 'ad' };
  const loader = new player.config.fLoader!(child);
  loader.load(makeContext(makeFrag(2)), makeLoadConfig(), makeCallbacks(log));
  expect([StockLoader.all.length, StockLoader.all[0]!.hlsConfig]).toEqual([1, child]);
});

test.each<[string, string, () => Partial<P2POptions> | undefined]>([
  ['a page with xhrSetup', 'xhr-setup', () => ((player.config.xhrSetup = () => {}), undefined)],
  ['a browser without WebRTC', 'no-webrtc', () => (Reflect.deleteProperty(globalThis, 'RTCPeerConnection'), undefined)],
  ['a WASM file that is none', 'wasm-unavailable', () => ({ wasmBinary: new Uint8Array([1, 2, 3]) })],
])('%s stays plain hls.js, and says %s', async (_name, code, prepare) => {
  const quiet = jest.spyOn(console, 'warn').mockImplementation(() => {});
  player.levels.push({ details: makeDetails(1, 3) });
  begin(prepare() ?? {});
  await until(() => errors.length > 0);
  expect(errors.map((error) => [error.code, error.fatal])).toEqual([[code, true]]);
  load(2);
  jest.advanceTimersByTime(1000);
  expect([StockLoader.all.length, FakeSocket.all.length, p2p.stats.reason]).toEqual([1, 0, code]);
  quiet.mockRestore();
});

test('an insecure context stays plain hls.js', async () => {
  const subtle = jest.spyOn(globalThis.crypto, 'subtle', 'get').mockReturnValue(undefined as never);
  begin();
  await until(() => errors.length > 0);
  subtle.mockRestore();
  expect(errors[0]!.code).toBe('insecure-context');
});

test('fetchSetup makes a page with xhrSetup able to share', async () => {
  player.config.xhrSetup = () => {};
  player.config.fetchSetup = (context, init) => new Request(`${context.url}?mine`, init);
  await live();
  load(2);
  await until(() => log.length > 0);
  expect(requests[0]).toMatch(/2\.m4s\?mine$/);
});

test('whatever breaks in us: plain hls.js, one fatal error, the load in progress goes on', async () => {
  let isBroken = false;
  await live(1, 3, {
    segmentKey: (frag) => {
      if (isBroken) throw new Error('bug');
      return `${frag.sn}`;
    },
  });
  cdnStatus = 503;
  load(2);
  isBroken = true;
  expect(() => playlist(1, 4)).not.toThrow();
  expect(errors.map(({ code, fatal }) => [code, fatal])).toEqual([['internal', true]]);
  expect(StockLoader.all).toHaveLength(1);
  load(3);
  expect(StockLoader.all).toHaveLength(2);
  jest.advanceTimersByTime(1000);
  expect([p2p.stats.reason, socket().readyState, log]).toEqual(['failed', 3, []]);
});

test('p2p: false is the engine with the CDN alone', async () => {
  await live(1, 3, { p2p: false });
  load(2);
  await until(() => log.length > 0);
  jest.advanceTimersByTime(1000);
  expect([FakeSocket.all.length, p2p.stats.reason, p2p.stats.bytesFromCdn]).toEqual([0, 'switched-off', kBytes]);
  expect(p2p.stats.resting).toBe(0); // switched off is not tired
});

test('trace: a header with the seed, then what the session tells its engine first', async () => {
  const lines: string[] = [];
  await live(1, 3, { trace: (line) => lines.push(line) });
  expect(JSON.parse(lines[0]!)).toMatchObject({ trace: 1, seed: 1 });
  const calls = lines.slice(1).map((line) => (JSON.parse(line) as { call: string }).call);
  expect(calls.slice(0, 2)).toEqual(['at', 'configure']);
  expect(calls).toContain('segment_seen');
});
