// Owns: the encoder's promises: cached by recipe, nothing half-made left behind, a sentence when ffmpeg is missing or fails.
// Refuses: to judge pictures. Invariant: works in a temporary cache of its own.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encode } from '../origin/encode.mjs';

const recipe = {
  picture: 'scene',
  loopS: 8,
  segmentS: 2,
  fps: 10,
  audioKbps: 32,
  preset: 'ultrafast',
  renditions: [{ name: 'tiny', width: 64, height: 36, videoKbps: 50 }],
};
let cache;
before(async () => (cache = await mkdtemp(join(tmpdir(), 'encode-'))));
after(() => rm(cache, { recursive: true }));
/** A program that stands where ffmpeg should and goes wrong. */
async function broken(script) {
  const path = join(cache, `broken-${Math.random()}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}
const folders = async () =>
  (await readdir(cache, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);

test('a missing ffmpeg is named with the package that brings it, and nothing is left behind', async () => {
  await assert.rejects(encode(recipe, { cache, ffmpeg: 'no-such-ffmpeg' }), /not installed.*apt-get install ffmpeg/);
  assert.deepEqual(await folders(), []);
});

test('a failing ffmpeg is quoted, even when it dies without reading its input', async () => {
  await assert.rejects(
    encode(recipe, { cache, ffmpeg: await broken('echo "out of ink" >&2; exit 3') }),
    /failed \(exit code 3\): out of ink/,
  );
  assert.deepEqual(await folders(), []);
});

test('an ffmpeg that makes the wrong segments is caught', async () => {
  const liar = await broken(
    'for last; do :; done; case "$last" in *.m3u8) printf "#EXTINF:1.9,\\n" > "$last";; esac; cat > /dev/null',
  );
  await assert.rejects(encode(recipe, { cache, ffmpeg: liar }), /segments of 1.9 s where 4 of 2 s/);
  assert.deepEqual(await folders(), []);
});

test('the second time nothing is encoded; another recipe gets another folder', async () => {
  const folder = await encode(recipe, { cache });
  assert.deepEqual((await readdir(join(folder, 'tiny'))).sort(), [
    'encoded.m3u8',
    'init.mp4',
    'seg-0.m4s',
    'seg-1.m4s',
    'seg-2.m4s',
    'seg-3.m4s',
  ]);
  const { mtimeMs } = await stat(folder);
  assert.equal(await encode(recipe, { cache, ffmpeg: 'no-such-ffmpeg' }), folder);
  assert.equal((await stat(folder)).mtimeMs, mtimeMs);
  assert.notEqual(await encode({ ...recipe, audioKbps: 48 }, { cache }), folder);
});

test('two at once leave one whole folder', async () => {
  const both = { ...recipe, fps: 5 };
  const [a, b] = await Promise.all([encode(both, { cache }), encode(both, { cache })]);
  assert.equal(a, b);
  assert.deepEqual(
    (await folders()).filter((name) => name.startsWith('.')),
    [],
  );
});
