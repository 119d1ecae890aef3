// Shows that a shape took effect: every viewer sends to the hub as fast as its uplink lets it, before anything is measured.
// Owns these transfers; refuses to shape. Invariant: a link that does not fit its shape stops the bench with a sentence.
//   node bench/browser/uplink-probe.mjs HOST PORT     the sending side, inside a namespace; ends when the hub hangs up
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { kHub, namespaceOf } from './network.mjs';
import { fitsShape } from './shaping.mjs';
import { Stop } from './stop.mjs';

const kSelf = fileURLToPath(import.meta.url);
/** The burst of the bucket and slow start pass first. */
const kSettleMs = 500;
const kMeasureMs = 2000;
const kStartMs = 10_000;

/** Payload bit/s of every viewer, each at the same time. @param {number} viewers @returns {Promise<number[]>} */
export async function measureUplinks(viewers) {
  const rates = [];
  const server = createServer((socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length));
    socket.on('error', () => {});
    setTimeout(() => (bytes = 0), kSettleMs);
    setTimeout(() => {
      rates.push((bytes * 8000) / kMeasureMs);
      socket.destroy();
    }, kSettleMs + kMeasureMs);
  });
  server.listen(0, kHub);
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const senders = Array.from({ length: viewers }, (_, i) => {
    const args = ['netns', 'exec', namespaceOf(i + 1), process.execPath, kSelf, kHub, String(port)];
    return spawn('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  });
  const late = setTimeout(() => senders.forEach((sender) => sender.kill()), kStartMs);
  await Promise.all(senders.map((sender) => once(sender, 'exit')));
  clearTimeout(late);
  await new Promise((resolve) => server.close(resolve));
  if (rates.length < viewers) throw new Stop(`Only ${rates.length} of ${viewers} viewers reach the hub: is a firewall on the bridge?`);
  return rates;
}

/** @param {number} viewers @param {number} [uplinkBps] @returns {Promise<number[]>} what was measured */
export async function assertUplinks(viewers, uplinkBps) {
  const rates = await measureUplinks(viewers);
  const wrong = rates.find((rate) => !fitsShape(rate, uplinkBps));
  if (wrong !== undefined) {
    const wanted = uplinkBps === undefined ? 'unshaped' : `${uplinkBps / 1e6} Mbit/s`;
    throw new Stop(`An uplink that should be ${wanted} carries ${(wrong / 1e6).toFixed(2)} Mbit/s: the network is not what the case says.`);
  }
  return rates;
}

function send(host, port) {
  const socket = connect(port, host);
  const chunk = Buffer.alloc(64 * 1024);
  const fill = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('connect', fill).on('drain', fill);
  socket.on('error', () => process.exit()).on('close', () => process.exit());
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) send(process.argv[2], Number(process.argv[3]));
