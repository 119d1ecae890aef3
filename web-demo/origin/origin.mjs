// Owns: the origin server: puts the stream, the pages, the faults and the counters on one port and takes them off again.
// Refuses: what each of them does; their files say it. It stands for the CDN and knows nothing of peers.
// Invariant: every media segment, of the loop or of a user's folder, passes one gate: `onSend` below counts and paces it.
import cors from '@fastify/cors';
import files from '@fastify/static';
import fastify from 'fastify';
import { Counters } from './counters.mjs';
import { DemoError } from './demo-error.mjs';
import { delivery, pause } from './delivery.mjs';
import { Faults } from './faults.mjs';
import { serveLoop } from './loop-stream.mjs';
import { servePages } from './pages.mjs';
import { serveSource } from './source-stream.mjs';
import { ViewerReports } from './viewer-reports.mjs';

/** `.mp4` too: packagers with one file a segment use it; init segments are told apart by name. */
const MEDIA = /^\/(live|source)\/.*\.(m4s|mp4|m4v|m4a|cmfv|cmfa|ts|aac)$/;
const INIT = /(^|\/)init[^/]*$/;

/**
 * @typedef {object} OriginOptions
 * @property {number} [port]  0 picks a free one
 * @property {string} [host]
 * @property {string | import('./recipes.mjs').Recipe} [recipe]  `demo`, `test`, `ladder`, or one of your own
 * @property {string} [source]  folder of a packager, instead of a recipe
 * @property {string} [tracker]  WebSocket URL for the pages; without one they play plain HLS
 * @property {number} [viewers]  how many viewers the launcher opens, for the page to say
 * @property {string} [cache]  where encoded loops are kept
 * @property {number} [windowSegments]
 * @property {boolean} [pages]  false: media only
 * @property {(app: import('fastify').FastifyInstance) => unknown} [routes]  more of the caller's own, on the same address
 * @property {(line: string) => void} [say]  progress for a person
 *
 * @param {OriginOptions} [options]
 */
export async function startOrigin({
  port = 0,
  host = '127.0.0.1',
  recipe = 'demo',
  source,
  tracker,
  viewers,
  cache,
  windowSegments,
  pages = true,
  routes,
  say,
} = {}) {
  const counters = new Counters();
  const faults = new Faults();
  const reports = new ViewerReports();
  const app = fastify({ forceCloseConnections: true, logger: false });

  await app.register(cors, {
    origin: true,
    allowedHeaders: ['range', 'x-viewer', 'content-type'],
    exposedHeaders: ['content-range', 'content-length'],
    maxAge: 600,
  });
  await app.register(files, { root: process.cwd(), serve: false, cacheControl: false });
  app.decorateRequest('gate', null);
  app.addHook('onRequest', (request, reply) => admit(request, reply, counters, faults));
  app.addHook('onSend', async (request, reply, payload) => release(request, reply, payload, counters));

  try {
    const streamPath =
      source === undefined
        ? await serveLoop(app, { recipe, cache, windowSegments, say })
        : await serveSource(app, { source, say });
    if (pages) await servePages(app, { tracker, viewers, streamPath, reports });
    await routes?.(app);
    await app.listen({ port, host });
    const address = /** @type {import('node:net').AddressInfo} */ (app.server.address());
    const name = ['0.0.0.0', '::'].includes(address.address)
      ? '127.0.0.1'
      : address.family === 'IPv6'
        ? `[${address.address}]`
        : address.address;
    const url = `http://${name}:${address.port}`;
    return { url, streamUrl: url + streamPath, counters, faults, reports, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw listenProblem(error, host, port);
  }
}

/** Before routing takes effect: count the question, carry out the faults that need no body. */
async function admit(request, reply, counters, faults) {
  counters.requests++;
  // Relative timings are useless to a page on another host unless the server allows them.
  reply.header('timing-allow-origin', '*');
  const path = request.url.split('?')[0];
  const viewer = String(request.headers['x-viewer'] ?? 'anonymous').slice(0, 60);
  const fault = faults.forRequest(request.url, viewer);
  const gone = new AbortController();
  reply.raw.on('close', () => gone.abort());
  request.gate = { path, viewer, fault, gone: gone.signal, media: MEDIA.test(path) && !INIT.test(path) };

  if (fault.spec.ignoreRange) delete request.headers.range;
  if (fault.spec.delayMs && (await pause(fault.spec.delayMs, gone.signal))) return reply.hijack();
  if (fault.spec.status) return reply.code(fault.spec.status).header('cache-control', 'no-store').send();
}

/** The gate: media bodies leave through `delivery`. */
function release(request, reply, payload, counters) {
  const { path, viewer, fault, gone, media } = request.gate ?? {};
  if (path?.endsWith('.m3u8')) reply.header('cache-control', 'no-cache');
  // Header says 200 to whoever wanted a range and lost it: then it must not offer ranges either.
  if (fault?.spec.ignoreRange) reply.header('accept-ranges', 'none');
  if (!media) return payload;
  // Two tabs of one browser share an HTTP cache; the demo wants to see every byte that a viewer takes from the CDN.
  reply.header('cache-control', 'no-store');
  if (request.method !== 'GET' || ![200, 206].includes(reply.statusCode) || typeof payload?.pipe !== 'function')
    return payload;
  const size = Number(
    /\/(\d+)$/.exec(String(reply.getHeader('content-range') ?? ''))?.[1] ?? reply.getHeader('content-length'),
  );
  counters.asked(viewer, path);
  counters.sized(path, size);
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) counters.aborted++;
  });
  return delivery(payload, fault, (bytes) => counters.sent(viewer, path, bytes), gone);
}

function listenProblem(error, host, port) {
  if (error.code === 'EADDRINUSE')
    return new DemoError(`Port ${port} on ${host} is in use; choose another with --port.`);
  if (error.code === 'EACCES')
    return new DemoError(`Port ${port} needs rights this user does not have; choose one above 1023 with --port.`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new DemoError(`This machine has no address ${host} to listen on.`);
  return error;
}
