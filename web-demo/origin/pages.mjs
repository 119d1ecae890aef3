// Owns: the pages and the library as a viewer's browser loads them, under a strict content security policy, the page's
// configuration, and the door for viewers' reports.
// Refuses: media. Nothing here is counted as CDN traffic.
// Invariant: no page may run inline script, inline style or `eval`; WebAssembly may be compiled.
import { fileURLToPath } from 'node:url';
import { buildPages } from '../build.mjs';
import { reportSchema } from './viewer-reports.mjs';

const PAGES = fileURLToPath(new URL('../dist/', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../../dist/', import.meta.url));

/** `blob:` is how hls.js hands MediaSource to the video; `ws:` because the tracker listens on a port of its own. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  'media-src blob:',
  "worker-src 'self'",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * @param {import('fastify').FastifyInstance} app
 * @param {{ tracker?: string, viewers?: number, streamPath: string, reports: import('./viewer-reports.mjs').ViewerReports }} options
 */
export async function servePages(app, { tracker, viewers = 0, streamPath, reports }) {
  await buildPages();
  const page = (name) => (_request, reply) =>
    reply
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .header('cache-control', 'no-cache')
      .sendFile(name, PAGES);
  app.get('/', page('index.html'));
  app.get('/viewer.html', page('viewer.html'));
  app.get('/page/*', (request, reply) =>
    reply.header('cache-control', 'no-cache').sendFile(request.params['*'], PAGES),
  );
  app.get('/lib/*', (request, reply) =>
    reply.header('cache-control', 'no-cache').sendFile(request.params['*'], LIBRARY),
  );

  app.get('/demo-config.json', (request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .send({ tracker: trackerFor(tracker, request.hostname), stream: streamPath, viewers }),
  );

  app.post('/viewer-report', { schema: { body: reportSchema }, bodyLimit: 2048 }, (request) => {
    reports.take(request.body, Date.now());
    return reports.totals(Date.now());
  });
}

/**
 * The tracker's address as this visitor can reach it: whoever opened the page by the machine's name must not be sent to
 * his own 127.0.0.1.
 * @param {string | undefined} tracker @param {string} hostname  of the visitor's request
 */
export function trackerFor(tracker, hostname) {
  if (!tracker) return null;
  const url = new URL(tracker);
  if (['0.0.0.0', '[::]', '127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) url.hostname = hostname;
  return url.href.replace(/\/$/, '');
}
