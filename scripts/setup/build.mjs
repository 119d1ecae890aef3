// Native and WebAssembly by CMake, the library's bundle by esbuild. Owns the order and the question "is it needed"; refuses to
// know compilers. Invariant: the bundle is remade when any of its sources, or the WASM, is newer than it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { say, Stop } from './stop.mjs';

/** @param {string} root @param {string} command @param {string[]} args @param {boolean} isQuiet shows output only on failure */
function run(root, command, args, isQuiet = true) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: isQuiet ? 'pipe' : 'inherit', maxBuffer: 1 << 28 });
  if (done.status === 0) return;
  if (isQuiet) console.error(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  throw new Stop(`\`${command} ${args.join(' ')}\` failed${done.error ? `: ${done.error.message}` : '; its output is above'}`);
}

/** Newest modification time below a folder, ms. @param {string} path @returns {number} */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Ninja cannot say beforehand whether globbed folders leave it work, so time decides whether there is something to say. A child of its
 *  own, because ours waits for the compiler. @param {string} sentence */
function sayUnlessQuick(sentence) {
  const script = `setTimeout(() => console.log(${JSON.stringify(`set-up: ${sentence}`)}), 1000)`;
  return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'ignore'] });
}

/** Whether a build was never configured, or when the presets were others. @param {string} root @param {string} folder */
function isToConfigure(root, folder) {
  if (!existsSync(join(folder, 'build.ninja'))) return true;
  return statSync(join(root, 'CMakePresets.json')).mtimeMs > statSync(join(folder, 'build.ninja')).mtimeMs;
}

/** Configures when needed and builds one CMake preset. @param {string} root @param {string} preset @param {string[]} targets all without */
export function buildPreset(root, preset, targets = []) {
  const folder = join(root, preset === 'native' ? 'build' : `build/${preset}`);
  if (isToConfigure(root, folder)) {
    say(`configuring ${preset}`);
    run(root, 'cmake', ['--fresh', '--preset', preset]); // a cache keeps the compiler it began with
  }
  const what = targets.length > 0 ? targets.join(' and ') : `${preset}${preset === 'native' ? ' and WebAssembly' : ''}`;
  const notice = sayUnlessQuick(`building ${what} (minutes the first time)`);
  try {
    run(root, 'cmake', ['--build', '--preset', preset, ...(targets.length > 0 ? ['--target', ...targets] : [])]);
  } finally {
    notice.kill();
  }
}

/** dist/ from js-glue and the WASM. @param {string} root */
export function buildBundle(root) {
  const sources = ['js-glue', 'build/wasm/bazaar_core.wasm', 'build/wasm/bazaar_core.mjs', 'scripts/build-js.mjs', 'package.json'];
  const bundle = join(root, 'dist/hls-bazaar.js');
  if (existsSync(bundle) && Math.max(...sources.map((path) => newest(join(root, path)))) < statSync(bundle).mtimeMs) return;
  say('bundling the library into dist/');
  run(root, process.execPath, [join(root, 'scripts/build-js.mjs')]);
}
