// Makes a fresh Debian 12 ready: packages, npm modules, native and WASM builds, the bundle. npm's pre-scripts run it.
// Owns the order; uses nothing but Node, because nothing else is there yet. Invariant: run twice, the second does nothing.
//   node scripts/setup.mjs [--no-build | TARGET …]     targets of CMake, for who waits to see something; all of them without
import { fileURLToPath } from 'node:url';
import { buildBundle, buildPreset } from './setup/build.mjs';
import { holdLock } from './setup/lock.mjs';
import { installModules } from './setup/npm-modules.mjs';
import { installPackages } from './setup/packages.mjs';
import { Stop } from './setup/stop.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
try {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new Stop(`Node ${process.versions.node} is too old: 20 or later is needed.`);
  holdLock(root);
  installPackages();
  installModules(root);
  const targets = process.argv.slice(2);
  if (!targets.includes('--no-build')) {
    buildPreset(root, 'native', targets);
    if (targets.length === 0 || targets.includes('wasm')) buildBundle(root);
  }
} catch (problem) {
  if (!(problem instanceof Stop)) throw problem;
  console.error(`set-up stopped: ${problem.message}`);
  process.exit(1);
}
