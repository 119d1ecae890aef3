// A viewer as the tracker sees one, without a browser: joins, keeps its resume token, comes back when it is cut off.
// Owns its socket and back-off; refuses to dial anybody. Invariant: layouts are those of docs/tracker-protocol.md, written
// by @msgpack/msgpack, not by our codec; a lost connection is followed by another until leave().
import { decode, encode } from '@msgpack/msgpack';
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';

const kBackOffMs = 1_000;
const kBackOffMaxMs = 15_000;
const type = { join: 1, signal: 2, more: 3, hello: 16, welcome: 17, peers: 18, relayed: 19, gone: 20, error: 21, goaway: 22 };

/** The offer that the protocol's document shows. */
export const offer = Uint8Array.from(
  (/```hex blob offer\n([^`]+)```/.exec(readFileSync('docs/tracker-protocol.md', 'utf8'))?.[1] ?? '')
    .trim()
    .split(/\s+/)
    .map((byte) => parseInt(byte, 16)),
);

export interface Signal {
  peer: number;
  kind: number;
  blob: Uint8Array;
}

export class TrackerViewer {
  id = 0;
  audience = 0;
  isResumed = false;
  welcomes = 0;
  /** Connections that ended without leave(). */
  losses = 0;
  /** Connections that it ended itself because a tracker asked it to go. */
  moves = 0;
  readonly peers = new Set<number>();
  readonly relayed: Signal[] = [];
  readonly gone: number[] = [];
  readonly errors: string[] = [];
  #urls: readonly string[];
  #turn: number;
  #stream: Uint8Array;
  #socket: WebSocket | undefined;
  #token: Uint8Array = new Uint8Array(0);
  #attempts = 0;
  #hasLeft = false;
  #timer: NodeJS.Timeout | undefined;
  #waiting = new Set<() => void>();

  /** Begins with urls[first]; when cut off it tries the next ones in turn, as a balancer in front of them would. */
  constructor(urls: readonly string[], first: number, stream: Uint8Array) {
    this.#urls = urls;
    this.#turn = first;
    this.#stream = stream;
    this.#connect();
  }

  get url(): string {
    return this.#urls[this.#turn % this.#urls.length]!;
  }

  /** To the next tracker, as GOAWAY asks: planned, so no loss. */
  #move(): void {
    ++this.moves;
    ++this.#turn;
    this.#socket?.close();
    this.#connect();
  }

  #connect(): void {
    const socket = new WebSocket(this.url, 'hls-bazaar.v2');
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#heard(decode(data) as unknown[]));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#hasLeft || socket !== this.#socket) return;
      if (this.welcomes > 0 && this.#attempts === 0) ++this.losses;
      const ceiling = Math.min(kBackOffMaxMs, kBackOffMs * 2 ** this.#attempts++);
      ++this.#turn;
      this.#timer = setTimeout(() => this.#connect(), ceiling * (0.2 + 0.8 * Math.random()));
      this.#wake();
    });
  }

  #heard(frame: unknown[]): void {
    if (frame[0] === type.hello) {
      this.#send([type.join, 2, this.#stream, 12, new Uint8Array(0), this.#token, [0, 0, 0, 12, 0]]);
    } else if (frame[0] === type.welcome) {
      const [, id, audience, ids, token, isResumed] = frame as [number, number, number, number[], Uint8Array, boolean];
      Object.assign(this, { id, audience, isResumed });
      for (const peer of ids) this.peers.add(peer);
      this.#token = token;
      this.#attempts = 0;
      ++this.welcomes;
    } else if (frame[0] === type.peers) {
      const [, audience, ids] = frame as [number, number, number[]];
      this.audience = audience;
      for (const peer of ids) this.peers.add(peer);
    } else if (frame[0] === type.relayed) {
      const [, peer, kind, blob] = frame as [number, number, number, Uint8Array];
      this.relayed.push({ peer, kind, blob });
    } else if (frame[0] === type.gone) {
      this.gone.push(frame[1] as number);
    } else if (frame[0] === type.goaway) {
      this.#timer = setTimeout(() => this.#move(), Math.random() * (frame[1] as number));
    } else if (frame[0] === type.error) {
      this.errors.push(`${String(frame[1])} ${String(frame[2])}`);
    }
    this.#wake();
  }

  #send(frame: unknown[]): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(encode(frame));
  }

  signal(peer: number, kind: number, blob: Uint8Array): void {
    this.#send([type.signal, peer, kind, blob]);
  }

  more(want: number): void {
    this.#send([type.more, want, []]);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }

  /** False: it was not so in time. `ask`: done every half second while it is not. */
  async until(isSo: () => boolean, withinMs: number, ask: () => void = () => undefined): Promise<boolean> {
    const end = Date.now() + withinMs;
    while (!isSo() && Date.now() < end) {
      ask();
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(500, Math.max(1, end - Date.now())));
        this.#waiting.add(done);
      });
    }
    return isSo();
  }

  leave(): void {
    this.#hasLeft = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }
}
