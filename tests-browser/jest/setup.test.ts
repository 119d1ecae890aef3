// Set-up on machines that we are not: what it runs, what it says, and where it stops.
// Owns the made-up machines; refuses to install anything. Invariant: packages.mjs runs for real, only its machine is invented,
// and npm-modules.mjs and lock.mjs meet real folders and real child processes, with an `npm` that writes down how it was called.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, packages, thisMachine } from '../../scripts/setup/packages.mjs';
import { Stop } from '../../scripts/setup/stop.mjs';

type Machine = typeof thisMachine;

let ran: string[];
let said: string[];
let folder: string;
const npmModules = fileURLToPath(new URL('../../scripts/setup/npm-modules.mjs', import.meta.url));

beforeEach(() => {
  ran = [];
  said = [];
  jest.spyOn(console, 'log').mockImplementation((line: unknown) => void said.push(String(line)));
  delete process.env.BAZAAR_SKIP_PACKAGES;
  folder = mkdtempSync(join(tmpdir(), 'bazaar-setup-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env.BAZAAR_SKIP_PACKAGES;
  rmSync(folder, { recursive: true, force: true });
});

/** A Debian machine with root, package lists and two packages missing; commands succeed unless `fails` says otherwise. */
function machine(change: Partial<Machine> = {}, fails: (line: string) => boolean = () => false): Machine {
  return {
    isDebian: () => true,
    isRoot: () => true,
    hasSudo: () => false,
    missing: () => ['emscripten', 'ffmpeg'],
    hasLists: () => true,
    run(command: string[]) {
      const line = command.join(' ');
      ran.push(line);
      return fails(line) ? 100 : 0;
    },
    ...change,
  };
}

/** The sentence with which set-up stopped. */
function stopOf(work: () => void): string {
  try {
    work();
  } catch (problem) {
    if (problem instanceof Stop) return problem.message;
    throw problem;
  }
  throw new Error('it did not stop');
}
const install = 'apt-get install -y -qq --no-install-recommends emscripten ffmpeg';

test('nothing missing: nothing is run and nothing is said', () => {
  installPackages(machine({ missing: () => [] }));
  expect([ran, said]).toEqual([[], []]);
});

test('root on Debian: what is missing is installed, by name and in one go, and said', () => {
  installPackages(machine());
  expect(ran).toEqual([install]);
  expect(said).toEqual(['set-up: installing 2 Debian packages: emscripten ffmpeg']);
});

test('what is asked about is the whole list, and only the answer is installed', () => {
  const asked: string[][] = [];
  installPackages(machine({ missing: (names: string[]) => (asked.push(names), ['gcovr']) }));
  expect(asked).toEqual([packages]);
  expect(ran).toEqual(['apt-get install -y -qq --no-install-recommends gcovr']);
});

test('not Debian: it stops, runs nothing, and names every package', () => {
  const message = stopOf(() => installPackages(machine({ isDebian: () => false })));
  expect(message).toContain('this is not Debian');
  expect(message).toContain(`apt-get install --no-install-recommends ${packages.join(' ')}\n`);
  expect(message).toContain('BAZAAR_SKIP_PACKAGES=1');
  expect(ran).toEqual([]);
});

test('not Debian, and the person says all is there: it goes on', () => {
  process.env.BAZAAR_SKIP_PACKAGES = '1';
  installPackages(machine({ isDebian: () => false }));
  expect(ran).toEqual([]);
});

test('neither root nor sudo: it stops, runs nothing, and names exactly what is missing', () => {
  const message = stopOf(() => installPackages(machine({ isRoot: () => false })));
  expect(message).toContain('neither root nor a user with sudo');
  expect(message).toContain('apt-get install --no-install-recommends emscripten ffmpeg\n');
  expect(ran).toEqual([]);
});

test('a user with sudo: every command goes through it, and none waits for a password', () => {
  installPackages(machine({ isRoot: () => false, hasSudo: () => true, hasLists: () => false }));
  expect(ran).toEqual(['sudo -n apt-get update -qq', `sudo -n ${install}`]);
});

test('root with sudo at hand does without it', () => {
  installPackages(machine({ hasSudo: () => true }));
  expect(ran).toEqual([install]);
});

test('stale lists: the install fails, the lists are refreshed, the install is tried again', () => {
  let attempts = 0;
  installPackages(machine({}, (line) => line === install && ++attempts === 1));
  expect(ran).toEqual([install, 'apt-get update -qq', install]);
});

test('no network: the update fails, and the sentence asks about it and names what to install', () => {
  const message = stopOf(() => installPackages(machine({ hasLists: () => false }, (line) => line.includes('update'))));
  expect(message).toContain('is there a network?');
  expect(message).toContain('apt-get install --no-install-recommends emscripten ffmpeg\n');
  expect(ran).toEqual(['apt-get update -qq']);
});

test('an install that fails with fresh lists stops, naming what to install', () => {
  const message = stopOf(() => installPackages(machine({}, (line) => line === install)));
  expect(message).toContain('apt-get could not install them');
  expect(message).toContain('emscripten ffmpeg');
});

const onDebian = thisMachine.isDebian() ? test : test.skip;
onDebian('the real question to dpkg tells an installed package from one that does not exist', () => {
  expect(thisMachine.missing(['dpkg', 'no-such-package-as-this'])).toEqual(['no-such-package-as-this']);
});

const lastOfSeq = [...Array(10).keys()].map((n) => `${n + 891}\n`).join('');
test.each([
  ['sudo, which keeps no environment', ['sudo', '-n', 'apt-get']],
  ['root', ['apt-get']],
])('as %s: apt asks nothing, and the end of its output shows when it fails', (_, command) => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'sudo'), `#!/bin/sh\nshift\nexec env -i PATH="$PATH" "$@"\n`, { mode: 0o755 });
  writeFileSync(join(bin, 'apt-get'), `#!/bin/sh\nseq 900\necho "frontend $DEBIAN_FRONTEND"\necho E: no >&2\nexit $1\n`, { mode: 0o755 });
  const module = fileURLToPath(new URL('../../scripts/setup/packages.mjs', import.meta.url));
  const apt = (code: string) => {
    const script = `import { thisMachine } from ${JSON.stringify(module)}; process.exit(thisMachine.run(${JSON.stringify([...command, code])}))`;
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
    return { status, shown: stdout + stderr };
  };
  expect(apt('0')).toEqual({ status: 0, shown: '' });
  expect(apt('7')).toEqual({ status: 7, shown: `${lastOfSeq}frontend noninteractive\nE: no\n` });
});

/** Set-up's npm step in a child of its own, whose PATH begins with an `npm` that notes its call and ends with this code. */
function step(root: string, code = 0): { status: number | null; error: string } {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "$PWD: $*" >> '${folder}/calls'\nmkdir -p node_modules\nexit ${code}\n`, { mode: 0o755 });
  const script = `import { installModules } from ${JSON.stringify(npmModules)}; installModules(${JSON.stringify(root)})`;
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
  return { status: done.status, error: done.stderr };
}
const calls = (): string[] => (existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : []);
function checkout(lock: string): string {
  const root = join(folder, 'checkout');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package-lock.json'), lock);
  return root;
}

test('a fresh checkout: npm ci runs in it once, and not again until the lock file changes', () => {
  const root = checkout('{"lockfileVersion":3}');
  expect(step(root)).toEqual({ status: 0, error: '' });
  expect(calls()).toEqual([`${root}: ci --prefer-offline --no-audit --no-fund --loglevel=error`]);
  step(root);
  expect(calls()).toHaveLength(1);
  checkout('{"lockfileVersion":3,"packages":{}}');
  step(root);
  expect(calls()).toHaveLength(2);
  step(root);
  expect(calls()).toHaveLength(2);
});

test('node_modules removed by hand: npm ci runs again', () => {
  const root = checkout('{}');
  step(root);
  rmSync(join(root, 'node_modules'), { recursive: true });
  step(root);
  expect(calls()).toHaveLength(2);
});

test('npm ci that fails stops with a question about the network, and the next run tries again', () => {
  const root = checkout('{}');
  const failed = step(root, 1);
  expect(failed.status).not.toBe(0);
  expect(failed.error).toContain('npm ci failed: is there a network?');
  expect(step(root)).toEqual({ status: 0, error: '' });
  expect(calls()).toHaveLength(2);
});

const lockModule = fileURLToPath(new URL('../../scripts/setup/lock.mjs', import.meta.url));
const holding = (then: string): string[] => [
  '--input-type=module',
  '-e',
  `import { appendFileSync } from 'node:fs'; import { holdLock } from ${JSON.stringify(lockModule)};
   const note = (word) => appendFileSync(${JSON.stringify(join(folder, 'calls'))}, process.argv[1] + ' ' + word + '\\n');
   holdLock(${JSON.stringify(folder)}); note('begins'); ${then}`,
];

test('two set-ups of one checkout take turns', async () => {
  const first = spawn(process.execPath, [...holding(`console.log(1); setTimeout(() => note('ends'), 400)`), 'first'], { stdio: 'pipe' });
  const ended = once(first, 'exit');
  await once(first.stdout, 'data');
  const second = spawn(process.execPath, [...holding(''), 'second'], { stdio: 'pipe' });
  const [spoken] = await Promise.all([once(second.stdout, 'data'), ended, once(second, 'exit')]);
  expect(String(spoken[0])).toContain('waiting for another set-up');
  expect(calls()).toEqual(['first begins', 'first ends', 'second begins']);
});

test('a set-up that was killed keeps nobody waiting', () => {
  const killed = spawnSync(process.execPath, [...holding(`process.kill(process.pid, 'SIGKILL')`), 'killed']);
  expect(killed.signal).toBe('SIGKILL');
  spawnSync(process.execPath, [...holding(''), 'next'], { timeout: 5000 });
  expect(calls()).toEqual(['killed begins', 'next begins']);
});
