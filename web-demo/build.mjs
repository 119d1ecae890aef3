// Owns: bundling web-demo/page/ into web-demo/dist/ with esbuild: two pages, hls.js inside, its worker beside.
// Refuses: the library; pages load /lib/hls-bazaar.js as it is, the way a site without a bundler would.
// Invariant: a file is replaced in one rename and only when its content changed, so a build never disturbs a page that
// is being served.
import { build, stop } from 'esbuild';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, 'dist');
const COPIED = ['index.html', 'viewer.html', 'viewer.css', 'favicon.svg'].map((name) => join(HERE, 'page', name));

/** @type {Promise<void> | undefined} */
let building;

/** Build once a process. */
export function buildPages() {
  return (building ??= buildNow());
}

async function buildNow() {
  const result = await build({
    entryPoints: ['demo.ts', 'viewer.ts', 'style.css'].map((name) => join(HERE, 'page', name)),
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    outdir: OUT,
    write: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
  // esbuild keeps a service process for the next build; there is none, and the demo promises to leave nothing running.
  await stop();
  // hls.js's module build has no worker of its own inside; as a file of ours it needs no `blob:` in the page's policy.
  const worker = join(dirname(createRequire(import.meta.url).resolve('hls.js')), 'hls.worker.js');
  await mkdir(OUT, { recursive: true });
  await Promise.all([
    ...result.outputFiles.map(({ path, contents }) => replace(path, contents)),
    ...[...COPIED, worker].map(async (path) => replace(join(OUT, basename(path)), await readFile(path))),
  ]);
}

/** @param {string} path @param {Uint8Array} contents */
async function replace(path, contents) {
  const old = await readFile(path).catch(() => undefined);
  if (old && Buffer.compare(old, contents) === 0) return;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, path);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await buildPages();
