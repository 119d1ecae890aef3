// Owns: the tracker as a child process: starts it, learns its address from its one line, ends it.
// Refuses: to build it. Invariant: `startTracker` either gives a tracker that listens or leaves no process behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DemoError } from '../origin/demo-error.mjs';

const BINARY = process.env.BAZAAR_TRACKER ?? fileURLToPath(new URL('../../build/tracker/tracker', import.meta.url));
const START_MS = 5000;
const END_MS = 2000;

/**
 * @param {{ host: string, port?: number, onExit?: (sentence: string) => void, wrapper?: string[] }} options  `wrapper`: the
 *   command, such as setpriv, that runs it
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function startTracker({ host, port = 0, onExit = () => {}, wrapper = [] }) {
  await access(BINARY, constants.X_OK).catch(() => {
    throw new DemoError(`The tracker is not built (no ${BINARY}): run npm run build.`);
  });
  const [command, ...args] = [...wrapper, BINARY, '--port', String(port), '--host', host];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (data) => (complaint = (complaint + data).slice(-1000)));
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve((complaint = error.message)));
    child.once('exit', resolve);
  });
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGINT'); // SIGTERM would drain: send viewers elsewhere first
    const force = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await gone;
    clearTimeout(force);
  };

  const lines = createInterface({ input: child.stdout });
  const url = await Promise.race([
    new Promise((resolve) =>
      lines.on('line', (line) => {
        const found = /wss?:\/\/\S+/.exec(line)?.[0];
        if (found) resolve(found);
      }),
    ),
    exited.then(() => undefined),
    new Promise((resolve) => setTimeout(resolve, START_MS).unref()),
  ]);
  if (typeof url !== 'string') {
    await close();
    throw new DemoError(`The tracker did not start: ${complaint.trim() || 'it never said that it listens'}`);
  }
  let closing = false;
  void exited.then(
    () =>
      closing ||
      onExit(
        `The tracker ended by itself: ${complaint.trim() || 'it said nothing'}. Playback and open links go on; newcomers find nobody.`,
      ),
  );
  return { url, close: () => ((closing = true), close()) };
}
