// A real redis-server of a test's own: a free port, nothing on disk. Owns the process; refuses to know what is kept in it.
// Invariant: after start(), resume() and restart() it answers PING.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

export class RedisServer {
  #child: ChildProcess | undefined;
  #host: string;
  #port = 0;

  /** Listens there and on loopback. */
  constructor(host = '127.0.0.1') {
    this.#host = host;
  }

  get url(): string {
    return `redis://${this.#host}:${this.#port}`;
  }

  async start(): Promise<this> {
    this.#port ||= await freePort();
    const hosts = [...new Set(['127.0.0.1', this.#host])];
    const options = ['--port', String(this.#port), '--bind', ...hosts, '--save', '', '--protected-mode', 'no'];
    this.#child = spawn('redis-server', [...options, '--loglevel', 'warning'], { stdio: 'ignore' });
    this.#child.on('error', () => undefined);
    const end = Date.now() + 10_000;
    while (!(await this.#answers())) {
      if (Date.now() > end || this.#child.exitCode !== null) throw new Error('redis-server does not start: is it installed?');
      await sleep(20);
    }
    return this;
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  async resume(): Promise<void> {
    this.#child?.kill('SIGCONT');
    while (!(await this.#answers())) await sleep(20);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Whether it answers within half a second: a stopped one accepts and says nothing. */
  async #answers(): Promise<boolean> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.on('error', () => undefined);
    const answered = once(socket, 'data').then(
      () => true,
      () => false,
    );
    socket.write('PING\r\n');
    const isThere = await Promise.race([answered, sleep(500, false)]);
    socket.destroy();
    return isThere;
  }

  async isSilent(): Promise<boolean> {
    return !(await this.#answers());
  }
}
