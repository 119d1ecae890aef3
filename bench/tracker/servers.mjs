// The processes that the tracker's bench runs: trackers, the opponent, Redis, the load itself, each with an end.
// Owns every process it started; refuses to measure. Invariant: stopAll() leaves none of them behind, whatever went wrong.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';

const kReadyMs = 10_000;
const kKillAfterMs = 3_000;
const opponentScript = fileURLToPath(new URL('opponent.mjs', import.meta.url));

/** @typedef {{ url: string, pid: number, child: import('node:child_process').ChildProcess }} Running */

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
let folder = '';

/** @param {string} command @param {string[]} args */
function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.on('error', () => children.delete(child));
  return child;
}

/** The first line on standard output; what was said on the other one when there is none in time. */
async function firstLine(child, what) {
  let out = '';
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints = (complaints + chunk).slice(-2000)));
  const line = new Promise((resolve) => child.stdout.on('data', (chunk) => (out += chunk).includes('\n') && resolve(out)));
  const end = new Promise((resolve) => setTimeout(resolve, kReadyMs).unref());
  const said = await Promise.race([line, end, once(child, 'exit').then(() => undefined)]);
  if (typeof said !== 'string') throw new Error(`${what} did not start: ${complaints}`);
  return said.split('\n')[0];
}

/** A certificate of this run's own. */
function certificate() {
  if (!folder) folder = mkdtempSync(join(os.tmpdir(), 'bench-tracker-'));
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    ...curve,
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-keyout',
    files.key,
    '-out',
    files.cert,
  ]);
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`);
  return files;
}

/** Ours, without limits that the load would only run into: what is measured is the work, not the refusal.
 *  @param {string} program @param {{ isTls?: boolean, args?: string[] }} how @returns {Promise<Running>} */
export async function startTracker(program, { isTls = false, args = [] }) {
  const port = await getPort();
  const none = ['--messages-per-second', '--bytes-per-second', '--messages-per-address-per-second', '--accepts-per-second'];
  none.push('--connections-per-address-per-second', '--joins-per-stream-per-second');
  const limits = none.flatMap((flag) => [flag, '0']).concat('--connections-per-address-max', '100000', '--join-window-ms', '0');
  const { cert, key } = isTls ? certificate() : { cert: '', key: '' };
  const tls = isTls ? ['--cert', cert, '--key', key] : [];
  const child = start(program, [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--log-level',
    'error',
    '--origins',
    '*',
    ...limits,
    ...tls,
    ...args,
  ]);
  await firstLine(child, 'the tracker');
  return { url: `${isTls ? 'wss' : 'ws'}://127.0.0.1:${port}/`, pid: child.pid ?? 0, child };
}

/** @returns {Promise<Running>} */
export async function startOpponent() {
  const child = start(process.execPath, [opponentScript, String(await getPort())]);
  return { url: `ws://127.0.0.1:${await firstLine(child, 'bittorrent-tracker')}/`, pid: child.pid ?? 0, child };
}

/** @returns {Promise<Running>} */
export async function startRedis() {
  const port = await getPort();
  const child = start('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
  await new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => String(chunk).includes('Ready to accept') && resolve(undefined));
    child.once('error', () => reject(new Error('redis-server is not installed; on Debian: apt-get install redis-server')));
    child.once('exit', () => reject(new Error('redis-server did not start')));
  });
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid ?? 0, child };
}

/** One profile's figures. @param {string} program @param {string[]} args @param {number} mostS */
export async function load(program, args, mostS) {
  const child = start(program, args);
  let text = '';
  let complaints = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  child.stderr?.on('data', (chunk) => (complaints = (complaints + chunk).slice(-2000)));
  const timer = setTimeout(() => child.kill('SIGKILL'), mostS * 1000);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  if (code !== 0) throw new Error(`tracker_load ${args.join(' ')} ended with ${code}: ${complaints}`);
  return JSON.parse(text);
}

/** @param {Running} running */
export async function stop({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), kKillAfterMs);
  await gone;
  clearTimeout(timer);
}

export function stopAll() {
  for (const child of children) child.kill('SIGKILL');
  if (folder) rmSync(folder, { recursive: true, force: true });
}
