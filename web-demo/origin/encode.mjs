// Owns: turning a recipe into files: runs ffmpeg once a rendition, keeps the result under a name that is the hash of
// everything that shaped it.
// Refuses: anything live; live-playlist.mjs makes time pass over these files.
// Invariant: a cache folder that has its final name is complete and was checked (temporary folder first, then rename).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DemoError } from './demo-error.mjs';
import { segmentsPerLoop } from './recipes.mjs';
import { drawFrame } from './scene.mjs';

const CACHE = fileURLToPath(new URL('../.cache/', import.meta.url));

/**
 * @param {import('./recipes.mjs').Recipe} recipe
 * @param {{ cache?: string, ffmpeg?: string, say?: (line: string) => void }} [options]
 * @returns {Promise<string>} folder with one folder a rendition, each holding init.mp4 and seg-0.m4s …
 */
export async function encode(recipe, { cache = CACHE, ffmpeg = 'ffmpeg', say = () => {} } = {}) {
  const recipeHash = await hashOf(recipe);
  const folder = join(cache, recipeHash);
  if (
    await access(folder).then(
      () => true,
      () => false,
    )
  )
    return folder;
  const text = await canDrawText(ffmpeg);
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, `.draft-${recipeHash}-`));
  try {
    for (const rendition of recipe.renditions) {
      say(`encoding ${recipe.loopS} s of ${rendition.width}×${rendition.height} video, once …`);
      await encodeRendition(recipe, rendition, join(draft, rendition.name), ffmpeg, text);
    }
    // Another process may have made the same folder meanwhile: theirs is as good as ours.
    await rename(draft, folder).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

async function encodeRendition(recipe, rendition, folder, ffmpeg, text) {
  await mkdir(folder, { recursive: true });
  const drawn = recipe.picture === 'scene' && Math.round(recipe.loopS * recipe.fps);
  await run(
    ffmpeg,
    ffmpegArguments(recipe, rendition, folder, text),
    drawn ? (stdin) => drawScene(recipe, rendition, drawn, stdin) : undefined,
  );
  const durations = [...(await readFile(join(folder, 'encoded.m3u8'), 'utf8')).matchAll(/#EXTINF:([\d.]+)/g)].map((m) =>
    Number(m[1]),
  );
  if (durations.length !== segmentsPerLoop(recipe) || durations.some((s) => Math.abs(s - recipe.segmentS) > 0.001)) {
    throw new DemoError(
      `ffmpeg made segments of ${durations.join(', ')} s where ${segmentsPerLoop(recipe)} of ${recipe.segmentS} s were asked for.`,
    );
  }
}

/** @returns {string[]} */
export function ffmpegArguments(recipe, { width, height, videoKbps }, folder, text) {
  const size = `${width}x${height}`;
  const input =
    recipe.picture === 'scene'
      ? ['-f', 'rawvideo', '-pix_fmt', 'rgb0', '-s', size, '-r', String(recipe.fps), '-i', 'pipe:0']
      : ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${recipe.fps}`];
  // Grain fills the bit rate with something a decoder must really carry; without it x264 cannot spend 2.4 Mbit/s here.
  const grain = recipe.picture === 'scene' ? 'noise=alls=9:allf=t' : 'noise=alls=40:allf=t+u';
  const clock = `drawtext=font=DejaVu Sans Mono:text='%{pts\\:gmtime\\:0\\:%M\\\\\\:%S}':fontsize=h/6:fontcolor=white@0.92:x=w*0.045:y=h*0.75:shadowcolor=black@0.35:shadowx=2:shadowy=2`;
  const frames = String(Math.round(recipe.segmentS * recipe.fps));
  return [
    '-hide_banner',
    '-loglevel',
    'error',
    '-nostdin',
    '-y',
    ...input,
    '-f',
    'lavfi',
    '-i',
    "aevalsrc=exprs='0.06*(sin(2*PI*110*t)+sin(2*PI*164.8*t)*(0.6+0.4*sin(2*PI*t/8))+sin(2*PI*220*t)*(0.5+0.5*sin(2*PI*t/4)))':s=48000",
    '-t',
    String(recipe.loopS),
    '-vf',
    [grain, ...(text ? [clock] : []), 'format=yuv420p'].join(','),
    '-c:v',
    'libx264',
    '-preset',
    recipe.preset,
    '-profile:v',
    'main',
    '-bf',
    '0',
    '-g',
    frames,
    '-keyint_min',
    frames,
    '-sc_threshold',
    '0',
    '-b:v',
    `${videoKbps}k`,
    '-minrate',
    `${videoKbps}k`,
    '-maxrate',
    `${videoKbps}k`,
    '-bufsize',
    `${videoKbps}k`,
    '-c:a',
    'aac',
    '-b:a',
    `${recipe.audioKbps}k`,
    '-ac',
    '1',
    '-f',
    'hls',
    '-hls_time',
    String(recipe.segmentS),
    '-hls_playlist_type',
    'vod',
    '-hls_segment_type',
    'fmp4',
    '-hls_fmp4_init_filename',
    'init.mp4',
    '-hls_segment_filename',
    join(folder, 'seg-%d.m4s'),
    '-hls_flags',
    'independent_segments',
    join(folder, 'encoded.m3u8'),
  ];
}

async function drawScene(recipe, { width, height }, frames, stdin) {
  const pixels = new Uint32Array(width * height);
  for (let frame = 0; frame < frames; frame++) {
    drawFrame(width, height, frame / frames, pixels);
    // ffmpeg reads slower than we draw: a copy, because the pipe holds what it has not sent yet.
    if (!stdin.write(Buffer.from(pixels.buffer.slice(0)))) await once(stdin, 'drain');
  }
  stdin.end();
}

/** @param {string} command @param {string[]} args @param {(stdin: import('node:stream').Writable) => Promise<void>} [feed] */
async function run(command, args, feed) {
  const child = spawn(command, args, { stdio: [feed ? 'pipe' : 'ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (data) => (complaint = (complaint + data).slice(-2000)));
  const ended = new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(
        error.code === 'ENOENT'
          ? new DemoError(
              `${command} is not installed; the demo's video is encoded with it. On Debian: apt-get install ffmpeg`,
            )
          : error,
      ),
    );
    child.on('close', (code, signal) =>
      code === 0
        ? resolve(undefined)
        : reject(
            new DemoError(
              `${command} failed (${signal ?? `exit code ${code}`}): ${complaint.trim() || 'it said nothing'}`,
            ),
          ),
    );
  });
  child.stdin?.on('error', () => {});
  // A broken pipe means that ffmpeg gave up: its exit code and its words say why, EPIPE does not.
  const fed = feed?.(child.stdin).catch((error) => (error.code === 'EPIPE' ? ended : Promise.reject(error)));
  try {
    // Whichever ends first: an encoder that dies may never drain its pipe.
    await Promise.race([ended, fed ?? ended]);
    await ended;
  } finally {
    if (child.exitCode === null) child.kill();
  }
}

async function canDrawText(ffmpeg) {
  const probe = [
    '-hide_banner',
    '-loglevel',
    'error',
    '-f',
    'lavfi',
    '-i',
    'color=size=64x64',
    '-vf',
    'drawtext=font=DejaVu Sans Mono:text=1',
    '-frames:v',
    '1',
    '-f',
    'null',
    '-',
  ];
  try {
    await run(ffmpeg, probe);
    return true;
  } catch (error) {
    if (error instanceof DemoError && error.message.includes('not installed')) throw error;
    return false; // no font on this machine: the picture goes without its clock
  }
}

async function hashOf(recipe) {
  const hash = createHash('sha256')
    .update(JSON.stringify(recipe))
    .update(await readFile(new URL('scene.mjs', import.meta.url)));
  for (const rendition of recipe.renditions) hash.update(JSON.stringify(ffmpegArguments(recipe, rendition, '', true)));
  return hash.digest('hex').slice(0, 16);
}
