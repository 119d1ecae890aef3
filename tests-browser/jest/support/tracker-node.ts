// One tracker process of a cluster. Owns the process and reads its numbers; refuses to know the protocol.
// Invariant: a node that start() gave away listens. Needs build/tracker/tracker, or BAZAAR_TRACKER.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const binary = process.env.BAZAAR_TRACKER ?? 'build/tracker/tracker';

export interface NodeStatus {
  connected: boolean;
  nodes: number;
  viewers: number;
  operations: number;
}

export class TrackerNode {
  readonly child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  /** `through`: what to run it with, such as `ip netns exec NAME`. */
  static async start(args: string[], through: string[] = []): Promise<TrackerNode> {
    const [command, ...rest] = [...through, binary, '--port', '0', ...args];
    const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data) => (said = `${said}${data}`.slice(-2_000)));
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line').then(([text]) => text as string),
      once(child, 'exit').then(() => ''),
    ]);
    const url = /wss?:\S+/.exec(line)?.[0];
    if (!url) throw new Error(`the tracker does not start: ${said}`);
    return new TrackerNode(child, url);
  }

  async status(): Promise<NodeStatus> {
    const text = await (await fetch(`${this.url.replace('ws:', 'http:')}/metrics`)).text();
    const number = (name: string): number => {
      let sum = 0;
      for (const match of text.matchAll(new RegExp(`^bazaar_tracker_${name}(?:{[^}]*})? (\\S+)$`, 'gm'))) sum += Number(match[1]);
      return sum;
    };
    return {
      connected: number('backplane_connected') === 1,
      nodes: number('backplane_nodes'),
      viewers: number('connections'),
      operations: number('backplane_operations_total'),
    };
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
