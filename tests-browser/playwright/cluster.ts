// Several trackers that share streams through a Redis, behind one address: what an operator with more than one node has.
// Owns the processes and a balancer of TCP connections; refuses to judge. Invariant: kill() leaves no process and no port behind.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import getPort from 'get-port';
import { Tracker, until, type TrackerSite } from './stage.js';

const kSecret = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

export class Cluster implements TrackerSite {
  #balancer: Server;
  #sockets = new Set<Socket>();
  #next = 0;

  private constructor(readonly redis: ChildProcess, readonly nodes: Tracker[]) {
    // Newcomers go round; a node that does not answer is passed over, as any load balancer would.
    this.#balancer = createServer((client) => this.#carry(client, this.#next++, nodes.length));
  }

  static async start(nodes: number): Promise<Cluster> {
    const port = await getPort();
    const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
    await until('Redis answers', async () => {
      const socket = connect(port, '127.0.0.1');
      const isThere = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
      socket.destroy();
      return isThere;
    });
    const options = ['--backplane', `redis://127.0.0.1:${port}`, '--resume-secret', kSecret];
    const trackers: Tracker[] = [];
    for (let i = 0; i < nodes; ++i) trackers.push(await Tracker.start(0, options));
    const cluster = new Cluster(redis, trackers);
    cluster.#balancer.listen(0, '127.0.0.1');
    await once(cluster.#balancer, 'listening');
    return cluster;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#balancer.address() as { port: number }).port}`;
  }

  #carry(client: Socket, index: number, tries: number): void {
    this.#sockets.add(client);
    client.once('close', () => this.#sockets.delete(client));
    const server = connect(this.nodes[index % this.nodes.length]!.port, '127.0.0.1');
    let isCarried = false;
    server.once('connect', () => {
      isCarried = true;
      client.pipe(server).pipe(client);
    });
    server.on('error', () => {
      if (!isCarried && tries > 1) this.#carry(client, index + 1, tries - 1);
      else client.destroy();
    });
    server.on('close', () => isCarried && client.destroy());
    client.on('error', () => server.destroy());
    client.on('close', () => server.destroy());
  }

  /** Native sessions that a node has now. */
  async sessions(node: number): Promise<number> {
    const text = await (await fetch(this.nodes[node]!.url.replace('ws:', 'http:') + '/metrics')).text();
    return [...text.matchAll(/^bazaar_tracker_connections\{.*dialect="native".*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  }

  async kill(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#balancer.close();
    await Promise.all(this.nodes.map((node) => node.kill()));
    if (this.redis.exitCode !== null || this.redis.signalCode !== null) return;
    const gone = once(this.redis, 'exit');
    this.redis.kill('SIGKILL');
    await gone;
  }
}
