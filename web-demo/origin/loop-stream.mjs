// Owns: the routes of the endless channel: live playlists over an encoded loop, segments under ever-new names.
// Refuses: encoding (encode.mjs), time's arithmetic (live-playlist.mjs), counting (origin.mjs, for all media alike).
// Invariant: a segment is served only from the moment the playlist lists it, and for three windows after it left.
import { join } from 'node:path';
import { encode } from './encode.mjs';
import { liveWindow, livePlaylist, masterPlaylist } from './live-playlist.mjs';
import { recipes, segmentsPerLoop } from './recipes.mjs';

const WINDOW_SEGMENTS = 10;
const WINDOWS_KEPT = 3;

/**
 * @param {import('fastify').FastifyInstance} app
 * @param {{ recipe: string | import('./recipes.mjs').Recipe, cache?: string, windowSegments?: number, say?: (line: string) => void }} options
 * @returns {Promise<string>} path of the stream
 */
export async function serveLoop(app, { recipe: named, cache, windowSegments = WINDOW_SEGMENTS, say }) {
  const recipe = typeof named === 'string' ? recipes[named] : named;
  if (!recipe) throw new TypeError(`no recipe called ${named}; there are ${Object.keys(recipes).join(', ')}`);
  const folder = await encode(recipe, { cache, say });
  const loop = {
    // The stream has been "on air" for one window already: the first viewer finds a full playlist.
    epochMs: Date.now() - windowSegments * recipe.segmentS * 1000,
    segmentS: recipe.segmentS,
    loopSegments: segmentsPerLoop(recipe),
    windowSegments,
  };

  app.get('/live/master.m3u8', (_request, reply) =>
    playlist(reply, masterPlaylist(recipe.renditions, recipe.audioKbps)),
  );

  app.get('/live/:rendition/:file', (request, reply) => {
    const { rendition, file } = /** @type {{ rendition: string, file: string }} */ (request.params);
    if (!recipe.renditions.some(({ name }) => name === rendition)) return reply.callNotFound();
    const nowMs = Date.now();
    if (file === 'live.m3u8') return playlist(reply, livePlaylist(loop, nowMs));
    if (file === 'init.mp4') return reply.sendFile('init.mp4', join(folder, rendition));
    const sn = Number(/^seg-(\d{1,15})\.m4s$/.exec(file)?.[1] ?? NaN);
    const { first, end } = liveWindow(loop, nowMs);
    if (!(sn < end && sn >= first - WINDOWS_KEPT * windowSegments)) return reply.callNotFound();
    return reply.sendFile(`seg-${sn % loop.loopSegments}.m4s`, join(folder, rendition));
  });

  return '/live/master.m3u8';
}

function playlist(reply, text) {
  return reply.header('cache-control', 'no-cache').type('application/vnd.apple.mpegurl').send(text);
}
