// Bundles the library into dist/: an ES module with its .wasm beside it, a single file for a script tag, and the types.
// Owns the esbuild settings; refuses to build WASM (CMake does). Invariant: dist/ never holds a half-written bundle of an
// older WASM: both are written in one run.
import { minify } from '@swc/core';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const wasm = `${root}build/wasm/bazaar_core.wasm`;

// Names of ours that only our own files say to each other: a letter or two in what a page downloads. None is part of the API, of
// hls.js, of the browser, or of the engine (whose names stand in the .wasm as text).
const ownNames = `
  activeMs activity answered assemble attemptFailed blockCount broken bufferedEndMs byteEnd bytesOf bytesTotal chunks closed
  copyOutbox decodeSignal desk emit encodeSignal failed fetchAnswered fetchBegan fetchBrought fetchEnded fetcher finish
  firstBlock firstByteMs handle held hi index isComplete isListed isOpen isRanged known link listed lo loadedOutside
  mainRendition noToken onNotice onRole opened peerAnswered peerAsked peerClosed peerOpened pointer pool positionMs progress
  question rangesHidden refresh remoteId remoteIdOf rendition segmentBytes signalled stayAway store surplusBytes tell
  tellPeerMessage tellTrackerMessage tellTrackerOpened unwant want writable writeInbox
`
  .trim()
  .split(/\s+/);

const shared = {
  entryPoints: [`${root}js-glue/index.ts`],
  bundle: true,
  minify: true,
  mangleProps: new RegExp(`^(${ownNames.join('|')})$`),
  target: ['chrome111', 'firefox113', 'safari16.4'],
  legalComments: 'none',
  logLevel: 'warning',
};

/** For the single file: the bytes travel in the script. */
const embeddedWasm = {
  name: 'embedded-wasm',
  setup(builder) {
    builder.onLoad({ filter: /wasm-source\.ts$/ }, async () => ({
      resolveDir: `${root}js-glue`,
      loader: 'ts',
      contents: `
        import createCore from '../build/wasm/bazaar_core.mjs';
        export const factory = createCore;
        export async function fetchWasm(url?: string | URL): Promise<ArrayBuffer> {
          if (url !== undefined) return (await fetch(url)).arrayBuffer();
          const text = atob(${JSON.stringify((await readFile(wasm)).toString('base64'))});
          return Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer;
        }`,
    }));
  },
};

/** esbuild joins, swc minifies once more: 4 % less to download than either alone. */
async function bundle(name, options) {
  const outfile = `${root}dist/${name}`;
  await build({ ...shared, ...options, outfile });
  const module = options.format === 'esm';
  const { code } = await minify(await readFile(outfile, 'utf8'), {
    module,
    ecma: 2022,
    compress: { sequences: 0, inline: 1, passes: 3, comparisons: false, unsafe_methods: true },
    mangle: { toplevel: module },
  });
  await writeFile(outfile, code);
}

await mkdir(`${root}dist`, { recursive: true });
await Promise.all([
  bundle('hls-bazaar.js', { format: 'esm' }),
  bundle('hls-bazaar.global.js', { format: 'iife', globalName: 'HlsBazaar', plugins: [embeddedWasm] }),
  copyFile(wasm, `${root}dist/hls-bazaar.wasm`),
  promisify(execFile)('npx', ['tsc', '-p', `${root}tsconfig.build.json`], { cwd: root }).catch((failure) => {
    throw new Error(`tsc found errors in js-glue:\n${failure.stdout}`);
  }),
]);
