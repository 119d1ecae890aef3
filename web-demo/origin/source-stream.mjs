// Owns: serving somebody's own packager: a folder with playlists that are rewritten in place, exactly as it is on disk.
// Refuses: to repair, rewrite or cache what the packager made.
// Invariant: start-up fails with a sentence unless the folder holds a playlist that a player can start from.
import { readFile, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DemoError } from './demo-error.mjs';

/**
 * @param {import('fastify').FastifyInstance} app
 * @param {{ source: string, say?: (line: string) => void }} options
 * @returns {Promise<string>} path of the stream
 */
export async function serveSource(app, { source, say = () => {} }) {
  const folder = resolve(source);
  const entry = await findPlaylist(folder);
  if (entry.text.includes('#EXT-X-ENDLIST')) {
    say(`${entry.name} ends (#EXT-X-ENDLIST): it plays, but only live streams are shared between viewers.`);
  }
  app.get('/source/*', (request, reply) => {
    const file = /** @type {{ '*': string }} */ (request.params)['*'];
    if (file.endsWith('.m3u8')) reply.type('application/vnd.apple.mpegurl');
    return reply.sendFile(file, folder);
  });
  return `/source/${encodeURIComponent(entry.name)}`;
}

/**
 * The playlist to start from: a multivariant one if there is one, else the first by name.
 * @param {string} folder
 * @returns {Promise<{ name: string, text: string }>}
 */
export async function findPlaylist(folder) {
  const names = await readdir(folder).catch((error) => {
    throw new DemoError(
      error.code === 'ENOTDIR'
        ? `${folder} is a file; --source wants the folder of an HLS packager.`
        : `The source folder ${folder} cannot be read (${error.code}).`,
    );
  });
  const playlists = await Promise.all(
    names
      .filter((name) => name.endsWith('.m3u8'))
      .sort()
      .map(async (name) => ({ name, text: await readFile(resolve(folder, name), 'utf8') })),
  );
  const usable = playlists.filter(({ text }) => text.startsWith('#EXTM3U'));
  if (usable.length === 0) {
    throw new DemoError(
      playlists.length === 0
        ? `The source folder ${folder} has no playlist (*.m3u8).`
        : `No playlist in ${folder} starts with #EXTM3U (looked at ${playlists.map(({ name }) => name).join(', ')}).`,
    );
  }
  return usable.find(({ text }) => text.includes('#EXT-X-STREAM-INF')) ?? usable[0];
}
