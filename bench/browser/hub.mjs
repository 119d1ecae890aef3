// What stands on the hub: the origin with the stream and the contestants' pages, and the trackers.
// Owns their lives; refuses to open viewers. Invariant: pages, hls.js and stream come from one address, so no contestant pays for a
// preflight that another is spared.
import files from '@fastify/static';
import BittorrentTracker from 'bittorrent-tracker/server';
import { build, stop } from 'esbuild';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTracker } from '../../web-demo/launcher/tracker-process.mjs';
import { startOrigin } from '../../web-demo/origin/origin.mjs';
import { recipes } from '../../web-demo/origin/recipes.mjs';
import { kVideoKbps } from './cases.mjs';
import { kHub } from './network.mjs';

const kHere = fileURLToPath(new URL('.', import.meta.url));
const kLibrary = fileURLToPath(new URL('../../dist/', import.meta.url));
const kPages = ['cdn-only', 'hls-bazaar', 'p2p-media-loader', 'channel'];

const kModules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const buildOf = (/** @type {string} */ name) => join(kModules, name, 'dist', `${name}.es.min.js`);

/** Scripts by name; each holds hls.js, and its library only where it has one. @returns {Promise<Map<string, Uint8Array>>} */
export async function buildPages() {
  const built = await build({
    entryPoints: kPages.map((name) => join(kHere, 'page', `${name}.ts`)),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'chrome111',
    // Its own builds for browsers: they hold the polyfills that its modules want from a bundler.
    alias: Object.fromEntries(['core', 'hlsjs'].map((part) => [`p2p-media-loader-${part}`, buildOf(`p2p-media-loader-${part}`)])),
    outdir: kHere,
    write: false,
    logLevel: 'warning',
  });
  await stop();
  return new Map(kPages.map((name, i) => [`${name}.js`, built.outputFiles[i].contents]));
}

// Not muted: for a muted element Chromium makes up a clock on the thread that also demuxes and decodes, and on a busy machine that
// clock loses time; what is heard has a thread of its own. The decision is in docs/decisions/0023-viewers-who-listen.md.
const html = (/** @type {string} */ name) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name}</title></head>` +
  `<body><video playsinline width="320" height="180"></video><script type="module" src="/bench/${name}.js"></script></body></html>`;

/**
 * @param {{ segmentS: number, pages: Awaited<ReturnType<typeof buildPages>>, say?: (line: string) => void }} options
 */
export async function startHub({ segmentS, pages, say }) {
  const [rendition] = recipes.test.renditions;
  const origin = await startOrigin({
    host: kHub,
    recipe: { ...recipes.test, segmentS, renditions: [{ ...rendition, videoKbps: kVideoKbps }] },
    pages: false,
    routes: async (app) => {
      await app.register(files, { root: kLibrary, prefix: '/lib/', decorateReply: false });
      app.get('/bench/:file', (request, reply) => {
        const { file } = /** @type {{ file: string }} */ (request.params);
        const script = pages.get(file);
        if (script) return reply.type('text/javascript').send(Buffer.from(script));
        const name = file.replace(/\.html$/, '');
        return kPages.includes(name) ? reply.type('text/html').send(html(name)) : reply.callNotFound();
      });
    },
    say,
  });
  return origin;
}

/** @param {'ours' | 'bittorrent' | undefined} kind @returns {Promise<{ url: string | undefined, close: () => unknown }>} */
export async function openTracker(kind) {
  // The kernel ends it with us, even when nobody else can.
  if (kind === 'ours') return startTracker({ host: kHub, wrapper: ['setpriv', '--pdeathsig', 'KILL', '--'] });
  if (kind === undefined) return { url: undefined, close: () => undefined };
  const server = new BittorrentTracker({ udp: false, http: false, ws: true, stats: false });
  server.on('warning', () => {});
  server.listen(0, kHub);
  await once(server, 'listening');
  const url = `ws://${kHub}:${server.ws.address().port}`;
  return { url, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** When the next segment appears at the origin, ms from now. @param {string} origin @param {number} segmentS */
export async function untilNextSegment(origin, segmentS) {
  const text = await (await fetch(`${origin}/live/main/live.m3u8`)).text();
  const last = Date.parse([...text.matchAll(/#EXT-X-PROGRAM-DATE-TIME:(\S+)/g)].at(-1)?.[1] ?? '');
  const periodMs = segmentS * 1000;
  return periodMs - ((((Date.now() - last) % periodMs) + periodMs) % periodMs);
}
