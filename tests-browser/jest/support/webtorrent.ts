// Two trackers of WebTorrent's protocol, ours and npm's, and a client that speaks to either.
// Owns processes and sockets; refuses to judge. Invariant: `settled()` returns after everything that this server sends
// because of messages said before has arrived at the clients given.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
// @ts-expect-error it has no types
import BittorrentTracker from 'bittorrent-tracker/server';
import WebSocket from 'ws';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON of either server
export type Frame = Record<string, any>;

const binary = process.env.BAZAAR_TRACKER ?? 'build/tracker/tracker';
const kBarrier = 'barrier-------------';

export interface Server {
  url: string;
  close(): Promise<unknown>;
}

export async function startOurs(...args: string[]): Promise<Server> {
  const child: ChildProcess = spawn(binary, ['--port', '0', '--log-level', 'off', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  const close = async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return { url: /ws:\S+/.exec(line)![0], close };
}

export async function startReference(): Promise<Server> {
  const server = new BittorrentTracker({ udp: false, http: false, ws: true, stats: false });
  server.on('warning', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${server.ws.address().port}`;
  return { url, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** One connection; frames that answer barriers are kept apart. */
export class Client {
  #frames: Frame[] = [];
  #barriers = 0;
  #waiting: (() => void)[] = [];
  readonly socket: WebSocket;
  private constructor(readonly url: string) {
    const socket = (this.socket = new WebSocket(url));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      if (frame.action === 'scrape' && frame.files && kBarrier in frame.files) ++this.#barriers;
      else this.#frames.push(frame);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    socket.on('error', () => {});
  }
  static async open(url: string): Promise<Client> {
    const client = new Client(url);
    await once(client.socket, 'open');
    return client;
  }
  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }
  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }
  async barrier(): Promise<void> {
    const due = this.#barriers + 1;
    this.say({ action: 'scrape', info_hash: kBarrier });
    while (this.#barriers < due) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  /** What was heard since the last call. */
  take(): Frame[] {
    return this.#frames.splice(0);
  }
  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    const gone = once(this.socket, 'close');
    this.socket.close();
    await gone;
  }
}

/** Twice: npm's tracker answers an announce that opens a swarm a turn later than a scrape that came after it. */
export async function settled(speaker: Client, clients: Iterable<Client>): Promise<void> {
  await speaker.barrier();
  await Promise.all([...clients].map((client) => client.barrier()));
}

/** Closes a client; the server has seen it go when it has answered others' messages that were sent after it had gone. */
export async function departed(client: Client, url: string): Promise<void> {
  await client.close();
  const witness = await Client.open(url);
  for (let round = 0; round < 3; ++round) await witness.barrier();
  await witness.close();
}

/** Random numbers that a seed repeats (mulberry32). */
export function diceOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return Math.floor((((z ^ (z >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Twenty characters that no number shares with another. */
export const idOf = (kind: string, number: number): string => `${kind}${'\u0001\u00ff"\\é\n'}${String(number).padStart(20 - kind.length - 6, '0')}`;
