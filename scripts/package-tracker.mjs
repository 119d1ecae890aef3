// The tracker's Debian package: built, packed by CPack, looked into, and its binary run from it.
// Owns the order and the checks; refuses to install. Invariant: exits 0 only when the package holds what docs/operations.md names.
//   node scripts/package-tracker.mjs [--build FOLDER]     Run with `npm run package:tracker`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { build: { type: 'string', default: join(root, 'build/package/tree') } } });
const tree = resolve(values.build);
const out = join(root, 'build/package');
/** By the compiler that its tests are built with. */
const kOptions = ['-DCMAKE_CXX_COMPILER=clang++', '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DBAZAAR_TRACKER_ONLY=ON'];
const kFiles = [
  './usr/bin/hls-bazaar-tracker',
  './usr/lib/systemd/system/hls-bazaar-tracker.service',
  './etc/hls-bazaar/tracker.toml',
  './usr/share/doc/hls-bazaar-tracker/copyright',
  './usr/share/doc/hls-bazaar-tracker/operations.md',
  './usr/share/doc/hls-bazaar-tracker/grafana.json',
  './usr/share/doc/hls-bazaar-tracker/alerts.yml',
];

/** @param {string} command @param {string[]} args @returns {string} what it said on stdout */
function run(command, ...args) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  if (done.status === 0) return done.stdout;
  throw new Error(`${command} ${args.join(' ')} failed: ${done.error?.message ?? ''}\n${done.stdout}${done.stderr}`);
}

/** @param {unknown} isSo @param {string} sentence */
function require(isSo, sentence) {
  if (!isSo) throw new Error(sentence);
}

/** @param {string} file */
function inspect(file) {
  const names = run('dpkg-deb', '--contents', file);
  for (const name of kFiles) require(names.includes(` ${name}\n`), `${name} is not in the package`);
  const depends = run('dpkg-deb', '--field', file, 'Depends');
  for (const library of ['libc6', 'libssl3', 'libstdc++6']) require(depends.includes(library), `Depends lacks ${library}: ${depends}`);
  const place = mkdtempSync(join(tmpdir(), 'hls-bazaar-package-'));
  try {
    run('dpkg-deb', '--raw-extract', file, place);
    require(readFileSync(join(place, 'DEBIAN/conffiles'), 'utf8') === '/etc/hls-bazaar/tracker.toml\n', 'the configuration is no conffile');
    const binary = join(place, 'usr/bin/hls-bazaar-tracker');
    const packed = readFileSync(join(place, 'etc/hls-bazaar/tracker.toml'), 'utf8');
    require(run(binary, '--default-config') === packed, 'the packaged configuration is not what the packaged binary explains');
    return run(binary, '--version').trim();
  } finally {
    rmSync(place, { recursive: true });
  }
}

try {
  mkdirSync(out, { recursive: true });
  if (!existsSync(join(tree, 'build.ninja'))) run('cmake', '-S', root, '-B', tree, '-G', 'Ninja', ...kOptions);
  run('cmake', '--build', tree, '--target', 'tracker');
  for (const old of readdirSync(out).filter((name) => name.endsWith('.deb'))) rmSync(join(out, old));
  run('cpack', '--config', join(tree, 'CPackConfig.cmake'), '-B', out);
  rmSync(join(out, '_CPack_Packages'), { recursive: true, force: true });
  const file = readdirSync(out).find((name) => name.endsWith('.deb'));
  require(file, 'cpack made no package');
  console.log(`build/package/${file}: ${inspect(join(out, file))}`);
} catch (problem) {
  console.error(problem.message);
  process.exit(1);
}
