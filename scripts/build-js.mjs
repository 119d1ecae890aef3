// Bundles the library into dist/: an ES module with its .wasm beside it, a single file for a script tag, and the types.
// Owns the esbuild settings; refuses to build WASM (CMake does). Invariant: dist/ never holds a half-written bundle of an
// older WASM: both are written in one run.
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const wasm = `${root}build/wasm/bazaar_core.wasm`;

const shared = {
  entryPoints: [`${root}js-glue/index.ts`],
  bundle: true,
  minify: true,
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

await mkdir(`${root}dist`, { recursive: true });
await Promise.all([
  build({ ...shared, format: 'esm', outfile: `${root}dist/hls-bazaar.js` }),
  build({
    ...shared,
    format: 'iife',
    globalName: 'HlsBazaar',
    outfile: `${root}dist/hls-bazaar.global.js`,
    plugins: [embeddedWasm],
  }),
  copyFile(wasm, `${root}dist/hls-bazaar.wasm`),
  promisify(execFile)('npx', ['tsc', '-p', `${root}tsconfig.build.json`], { cwd: root }).catch((failure) => {
    throw new Error(`tsc found errors in js-glue:\n${failure.stdout}`);
  }),
]);
