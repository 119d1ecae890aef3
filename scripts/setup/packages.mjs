// What Debian must have installed, and how it comes to be. Owns the list and the reasons to stop; refuses to install anything
// that is not on the list. Invariant: nothing is run when nothing is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { say, Stop } from './stop.mjs';

export const packages = [
  // the engine: native and WebAssembly
  'clang',
  'cmake',
  'ninja-build',
  'pkg-config',
  'emscripten',
  'binaryen',
  'libmsgpack-cxx-dev',
  // its tests and benchmarks
  'libgtest-dev',
  'libbenchmark-dev',
  'clang-format',
  'clang-tidy',
  'gcovr',
  // the tracker
  'libssl-dev',
  'libcli11-dev',
  'libspdlog-dev',
  'prometheus-cpp-dev',
  'libhiredis-dev',
  'redis-server',
  'libsimdjson-dev',
  'libcurl4-openssl-dev',
  // the simulator
  'libtomlplusplus-dev',
  'nlohmann-json3-dev',
  // live video and the browser that plays it
  'ffmpeg',
  'chromium',
  'fonts-dejavu-core',
];

/** apt without a network says a line a package; its last ones tell the same. */
const kLinesOfFailure = 12;

/** What a machine is, as far as installing goes; replaced in tests. */
export const thisMachine = {
  isDebian: () => existsSync('/etc/debian_version'),
  isRoot: () => process.getuid?.() === 0,
  /** A person at a terminal may be asked for the password, once; a script never is. */
  hasSudo: () =>
    spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ||
    (process.stdin.isTTY === true && spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status === 0),
  /** @param {string[]} names @returns {string[]} those that are not installed */
  missing(names) {
    const asked = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${Status}\n', ...names], { encoding: 'utf8' });
    const here = new Set(
      (asked.stdout ?? '')
        .split('\n')
        .filter((line) => line.endsWith(' installed'))
        .map((line) => line.split(' ')[0]),
    );
    return names.filter((name) => !here.has(name));
  },
  hasLists: () => existsSync('/var/lib/apt/lists') && readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages')),
  /** apt's hundreds of lines are shown only when it fails. @param {string[]} command @returns {number | null} exit code */
  run(command) {
    const quiet = ['env', 'DEBIAN_FRONTEND=noninteractive']; // behind sudo, which keeps no environment
    const line = command[0] === 'sudo' ? [...command.slice(0, 2), ...quiet, ...command.slice(2)] : [...quiet, ...command];
    const done = spawnSync(line[0] ?? '', line.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
    const said = `${done.stdout ?? ''}${done.stderr ?? ''}`.trimEnd().split('\n');
    if (done.status !== 0) console.error(said.slice(-kLinesOfFailure).join('\n'));
    return done.status;
  },
};

/** @param {string[]} names */
const byHand = (names) => `Install by hand, then run this again:\n\n    apt-get install --no-install-recommends ${names.join(' ')}\n`;

/** Installs what is missing, or stops with what to install by hand. @param {typeof thisMachine} machine */
export function installPackages(machine = thisMachine) {
  if (!machine.isDebian()) {
    if (process.env.BAZAAR_SKIP_PACKAGES) return;
    throw new Stop(
      `this is not Debian, so nothing was installed. ${byHand(packages)}\n(or the like for your system, and set BAZAAR_SKIP_PACKAGES=1)`,
    );
  }
  const missing = machine.missing(packages);
  if (missing.length === 0) return;
  const sudo = machine.isRoot() ? [] : ['sudo', '-n'];
  if (!machine.isRoot() && !machine.hasSudo()) {
    throw new Stop(`Debian packages are missing, and this is neither root nor a user with sudo. ${byHand(missing)}`);
  }
  say(`installing ${missing.length} Debian packages: ${missing.join(' ')}`);
  const install = [...sudo, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing];
  if (machine.hasLists() && machine.run(install) === 0) return;
  say('refreshing the package lists');
  if (machine.run([...sudo, 'apt-get', 'update', '-qq']) !== 0) {
    throw new Stop(`the package lists could not be fetched: is there a network? ${byHand(missing)}`);
  }
  if (machine.run(install) !== 0) throw new Stop(`apt-get could not install them: is there a network? ${byHand(missing)}`);
}
