// Owns: `npm start` as a person meets it: what it says, its exit codes, and that nothing outlives it.
// Refuses: what viewers play (Playwright's business). Uses a listening stand-in for the tracker, so that these sentences
// can be tested on a tree that is not built. Invariant: each run gets a process group of its own, empty at the end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../start.mjs', import.meta.url));
let folder, tracker;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  tracker = await script('tracker', `console.log('listening on ws://127.0.0.1:9'); setInterval(() => {}, 1000);`);
});
after(() => rm(folder, { recursive: true }));

async function script(name, text) {
  const path = join(folder, name);
  await writeFile(path, `#!${process.execPath}\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

/** @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function start(args, env) {
  const child = spawn(process.execPath, [START, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, BAZAAR_TRACKER: tracker, ...env },
  });
  const run = { child, text: '', ended: once(child, 'close') };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (run.text += data));
  run.until = async (words) => {
    for (const endMs = Date.now() + 60_000; !words.test(run.text) && child.exitCode === null && Date.now() < endMs;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.match(run.text, words);
  };
  run.leftovers = () => {
    try {
      return process.kill(-child.pid, 0);
    } catch {
      return false;
    }
  };
  return run;
}

async function refused(args, words, env) {
  const run = start(args, env);
  const [code] = await run.ended;
  assert.match(run.text, words);
  assert.equal(run.text.trim().split('\n').length, 1, `one sentence, no stack: ${run.text}`);
  assert.equal(code, 1);
  assert.equal(run.leftovers(), false);
}

test('a tracker that is not built', () =>
  refused([], /tracker is not built.*npm run build/, { BAZAAR_TRACKER: join(folder, 'none') }));

test('a tracker that dies at birth is quoted', async () => {
  const broken = await script('broken', `console.error('no sockets today'); process.exit(1);`);
  await refused([], /tracker did not start: no sockets today/, { BAZAAR_TRACKER: broken });
});

test('a source without a playlist', async () => {
  await mkdir(join(folder, 'empty'));
  await refused(['--source', join(folder, 'empty')], /has no playlist/);
});

test('a source that is not there', () => refused(['--source', join(folder, 'nowhere')], /cannot be read/));

test('a number that is none', () => refused(['--viewers', 'many'], /whole number/));

test('a port in use, found after the tracker has started: the tracker goes too', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref(); // a failing assertion below must not keep this file running
  await refused(
    ['--no-browser', '--port', String(server.address().port), '--source', await packager()],
    /Port \d+ on 127.0.0.1 is in use/,
  );
  server.close();
});

test('no Chromium on the PATH: said, and origin and tracker are gone', async () => {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'node'));
  const run = start(['--port', '0', '--source', await packager()], { PATH: bin });
  const [code] = await run.ended;
  assert.match(run.text, /Chromium is not installed.*--no-browser/);
  assert.equal(code, 1);
  assert.equal(run.leftovers(), false);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`${signal} ends everything that is up, with exit code 0`, async () => {
    const run = start(['--no-browser', '--port', '0', '--source', await packager()]);
    await run.until(/hls-bazaar is live: {2}(http:\S+)/);
    const url = /http:\S+/.exec(run.text)[0];
    assert.equal((await (await fetch(url + 'demo-config.json')).json()).tracker, 'ws://127.0.0.1:9');
    run.child.kill(signal);
    const [code] = await run.ended;
    assert.equal(code, 0);
    assert.equal(run.leftovers(), false);
    await assert.rejects(fetch(url));
  });
}

test('with viewers: Chromium comes up, reports, and goes at Ctrl-C', async () => {
  const run = start(['--viewers', '2', '--port', '0']);
  await run.until(/joins a swarm of 2/);
  await run.until(/viewers 2 · from CDN [1-9]/);
  process.kill(-run.child.pid, 'SIGINT'); // a terminal's Ctrl-C goes to the whole group
  const [code] = await run.ended;
  assert.equal(code, 0);
  assert.equal(run.leftovers(), false);
  assert.doesNotMatch(run.text, /ended by itself/);
});

async function packager() {
  const source = join(folder, 'packager');
  await mkdir(source, { recursive: true });
  await writeFile(join(source, 'live.m3u8'), '#EXTM3U\n');
  return source;
}
