// The stage of a browser spec: a live origin that counts, a tracker that can be killed, Chromium, and viewers with probes in them.
// Owns their lives and the probes; refuses to judge. Invariant: stage.close() leaves no process and no port behind.
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import fastify from 'fastify';
import files from '@fastify/static';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findChromium } from '../../web-demo/launcher/viewer-browser.mjs';
import { startOrigin } from '../../web-demo/origin/origin.mjs';

const trackerBinary = fileURLToPath(new URL('../../build/tracker/tracker', import.meta.url));
const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
];

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Waits until `isSo`, or fails with the sentence. */
export async function until(sentence: string, isSo: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  const over = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > over) throw new Error(`not within ${timeoutMs / 1000} s: ${sentence}`);
    await pause(100);
  }
}

/** Where viewers find a tracker, and how it all ends. */
export interface TrackerSite {
  readonly url: string;
  kill(): Promise<void>;
}

export class Tracker implements TrackerSite {
  #child: ChildProcess;
  private constructor(child: ChildProcess, readonly url: string) {
    this.#child = child;
  }
  static async start(port = 0, options: string[] = []): Promise<Tracker> {
    const child = spawn(trackerBinary, ['--port', String(port), '--log-level', 'off', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    return new Tracker(child, /ws:\S+/.exec(line)![0]);
  }
  get port(): number {
    return Number(new URL(this.url).port);
  }
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** What the probes in a page have seen so far. */
export interface Probe {
  bytesPlayed: number;
  stalls: number;
  currentTime: number;
  latency: number;
  firstFrameMs: number | null;
  stats: Record<string, number | string | null> | null;
  uploadExceeded: number;
  openConnections: number;
  madeConnections: number;
  openSockets: number;
  hlsErrors: string[];
}

/** Runs in the page before anything else: remembers every connection and socket that is ever made. */
function watchConnections(): void {
  const seen = { connections: [] as RTCPeerConnection[], sockets: [] as WebSocket[] };
  Object.assign(window, { seen });
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      seen.connections.push(this);
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      seen.sockets.push(this);
    }
  };
}

/** Runs in the page once window.viewer is there. */
function watchPlayback(): void {
  const w = window as any;
  w.probe = { bytesPlayed: 0, uploadExceeded: 0, hashes: {} as Record<string, string> };
  // Where loaders hand over: later, hls.js has detached the buffer. The stock loader may work for ours: count once.
  const counted = new WeakSet();
  const look = (url: string, payload: ArrayBuffer) => {
    if (counted.has(payload)) return;
    counted.add(payload);
    w.probe.bytesPlayed += payload.byteLength;
    void crypto.subtle.digest('SHA-256', payload.slice(0)).then((hash) => {
      w.probe.hashes[new URL(url, location.href).pathname] = [...new Uint8Array(hash)].map((b) => b.toString(16).padStart(2, '0')).join('');
    });
  };
  const { config } = w.viewer.hls;
  for (const loader of new Set([config.loader, config.fLoader])) {
    if (!loader) continue;
    const { load } = loader.prototype;
    loader.prototype.load = function (context: any, loading: any, callbacks: any) {
      const { onSuccess } = callbacks;
      const isSegment = context.frag && context.frag.sn !== 'initSegment' && !('keyInfo' in context);
      return load.call(this, context, loading, {
        ...callbacks,
        onSuccess(response: any, ...rest: unknown[]) {
          if (isSegment && response.data instanceof ArrayBuffer) look(context.url, response.data);
          return onSuccess(response, ...rest);
        },
      });
    };
  }
  setInterval(() => {
    const stats = w.viewer.p2p?.stats;
    if (stats && stats.bytesUploaded > stats.bytesDownloaded) ++w.probe.uploadExceeded;
  }, 250);
}

export class Viewer {
  constructor(readonly name: string, readonly page: Page, readonly context: BrowserContext, readonly pageErrors: string[]) {}

  probe(): Promise<Probe> {
    return this.page.evaluate(() => {
      const w = window as any;
      return {
        bytesPlayed: w.probe.bytesPlayed,
        stalls: w.viewer.stalls,
        currentTime: w.viewer.video.currentTime,
        latency: w.viewer.latency(),
        firstFrameMs: w.viewer.firstFrameMs,
        stats: w.viewer.p2p ? { ...w.viewer.p2p.stats } : null,
        uploadExceeded: w.probe.uploadExceeded,
        openConnections: w.seen.connections.filter((c: RTCPeerConnection) => c.connectionState !== 'closed').length,
        madeConnections: w.seen.connections.length,
        openSockets: w.seen.sockets.filter((s: WebSocket) => s.readyState < 2).length,
        hlsErrors: w.viewer.errors.filter((e: any) => e.source === 'hls').map((e: any) => e.code),
      };
    });
  }

  async stat(name: string): Promise<number> {
    return Number((await this.probe()).stats?.[name] ?? 0);
  }

  /** What the CDN gave it, by its own count: before the library arrived, too. */
  cdnBytes(): Promise<number> {
    return this.page.evaluate(() => (window as any).viewer.totals().cdn);
  }

  /** SHA-256 of every segment handed to hls.js, by path. */
  hashes(): Promise<Record<string, string>> {
    return this.page.evaluate(() => (window as any).probe.hashes);
  }

  /** What its engine was told and answered, as JSON lines. */
  trace(): Promise<string[]> {
    return this.page.evaluate(() => (window as any).viewer.trace);
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

export class Stage {
  #browsers: Browser[] = [];
  #main: Browser | undefined;
  #sites: { close(): PromiseLike<unknown> }[] = [];

  private constructor(readonly origin: Awaited<ReturnType<typeof startOrigin>>, public tracker: TrackerSite) {}

  /** With one tracker of its own, or whatever answers at another URL. */
  static async open(site?: TrackerSite): Promise<Stage> {
    const tracker = site ?? (await Tracker.start());
    const origin = await startOrigin({ recipe: 'test', tracker: tracker.url });
    return new Stage(origin, tracker);
  }

  async launch(): Promise<Browser> {
    const browser = await chromium.launch({ executablePath: await findChromium(), args: flags });
    this.#browsers.push(browser);
    return browser;
  }

  /** A page of ours on the origin's address, with the connection probes in it. */
  async newPage(browser?: Browser): Promise<{ page: Page; context: BrowserContext; pageErrors: string[] }> {
    const context = await (browser ?? (this.#main ??= await this.launch())).newContext();
    await context.addInitScript(watchConnections);
    const page = await context.newPage();
    const pageErrors: string[] = [];
    page.on('pageerror', (error) => pageErrors.push(error.message));
    return { page, context, pageErrors };
  }

  async viewer(name: string, options: { p2p?: boolean; trace?: boolean; browser?: Browser; bazaar?: object } = {}): Promise<Viewer> {
    const { page, context, pageErrors } = await this.newPage(options.browser);
    const query = new URLSearchParams({
      tracker: this.tracker.url,
      viewer: name,
      p2p: options.p2p === false ? '0' : '1',
      trace: options.trace ? '1' : '0',
      bazaar: JSON.stringify(options.bazaar ?? {}),
    });
    await page.goto(`${this.origin.url}/viewer.html?${query}`, { waitUntil: 'commit' });
    // The probes go into the loaders, so the library's must be in place.
    const isShared = options.p2p !== false;
    await page.waitForFunction((shared) => (window as any).viewer && (!shared || (window as any).viewer.p2p), isShared);
    await page.evaluate(watchPlayback);
    return new Viewer(name, page, context, pageErrors);
  }

  /** Several viewers, playing and (unless p2p is false) connected to each other. */
  async swarm(names: string[], options: { p2p?: boolean; trace?: boolean } = {}): Promise<Viewer[]> {
    const viewers: Viewer[] = [];
    // One after the other: latency is decided at the start, and starts that fight for two cores say nothing about sharing.
    for (const name of names) {
      const viewer = await this.viewer(name, options);
      viewers.push(viewer);
      await until(`${name} plays`, async () => (await viewer.probe()).firstFrameMs !== null);
    }
    for (const viewer of viewers) {
      if (options.p2p !== false) {
        await until(`${viewer.name} has ${names.length - 1} peers`, async () => (await viewer.stat('peers')) >= names.length - 1);
      }
    }
    return viewers;
  }

  /** A site of somebody else's that embeds our player: its own address, the library and hls.js as plain files. */
  async site(html: string): Promise<string> {
    const app = fastify({ forceCloseConnections: true });
    const folder = (path: string) => fileURLToPath(new URL(`../../${path}/`, import.meta.url));
    await app.register(files, { root: folder('dist'), prefix: '/lib/' });
    await app.register(files, { root: folder('node_modules/hls.js/dist'), prefix: '/hls.js/', decorateReply: false });
    app.get('/', (_request, reply) => reply.type('text/html').send(html));
    await app.listen({ port: 0, host: '127.0.0.1' });
    this.#sites.push(app);
    return `http://127.0.0.1:${(app.server.address() as { port: number }).port}/`;
  }

  /** SHA-256 of what the origin itself serves under a path. */
  async trueHash(path: string): Promise<string> {
    const response = await fetch(this.origin.url + path, { headers: { 'x-viewer': 'judge' } });
    if (!response.ok) throw new Error(`the origin no longer serves ${path}: ${response.status}`);
    return createHash('sha256').update(new Uint8Array(await response.arrayBuffer())).digest('hex');
  }

  /** Bytes of media that left the origin for these viewers. */
  bytesServed(viewers: Viewer[]): number {
    return viewers.reduce((sum, viewer) => sum + this.origin.counters.bytesOf(viewer.name), 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.close().catch(() => undefined)));
    for (const site of this.#sites) await site.close();
    await this.origin.close();
    await this.tracker.kill();
  }
}

/** Offload between two moments, by the origin's count: of the bytes handed to players, the share that it did not send. */
export async function measure(stage: Stage, viewers: Viewer[], durationMs: number) {
  const before = await Promise.all(viewers.map((viewer) => viewer.probe()));
  const servedBefore = stage.bytesServed(viewers);
  const latencies: number[] = [];
  const over = Date.now() + durationMs;
  while (Date.now() < over) {
    await pause(1000);
    for (const viewer of viewers) latencies.push((await viewer.probe()).latency);
  }
  const after = await Promise.all(viewers.map((viewer) => viewer.probe()));
  const served = stage.bytesServed(viewers) - servedBefore;
  const sum = (of: (probe: Probe) => number): number => after.reduce((total, probe, i) => total + of(probe) - of(before[i]!), 0);
  const stat = (name: string) => sum((probe) => Number(probe.stats?.[name] ?? 0));
  const played = sum((probe) => probe.bytesPlayed);
  return {
    offload: 1 - served / played,
    served,
    played,
    stalls: sum((probe) => probe.stalls),
    latency: median(latencies),
    fromCdn: stat('bytesFromCdn'),
    fromPeers: stat('bytesFromPeers'),
    wasted: stat('bytesWasted'),
    uploads: after.map((probe) => [Number(probe.stats?.bytesUploaded ?? 0), Number(probe.stats?.bytesDownloaded ?? 0)] as const),
    uploadExceeded: sum((probe) => probe.uploadExceeded),
  };
}

/** One readable line of what was measured; the docs quote these. */
export const report = (line: string): void => console.log(`[measured] ${line}`);
