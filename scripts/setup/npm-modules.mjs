// node_modules in line with package-lock.json. Owns one stamp; refuses to change the lock file.
// Invariant: `npm ci` runs only when the lock file is not the one that the stamp remembers.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say, Stop } from './stop.mjs';

/** @param {string} root of the checkout */
export function installModules(root) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.bazaar-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing npm packages');
  const done = spawnSync('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (done.status !== 0) throw new Stop('npm ci failed: is there a network? Run `npm ci` by hand to see more.');
  writeFileSync(stamp, lock);
}
