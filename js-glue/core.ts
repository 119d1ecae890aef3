// The WASM engine as the rest of the glue sees it: tell it what happened, and it acts (docs/boundary.md).
// Owns the module's memory views, the turn (at, tells, step, drain) and the one timer; refuses to know what an action
// means. Invariant: no call enters the engine while records of the last step are being performed: such tells wait for the
// next turn. After a trap the engine is never called again.

/** The Embind class, as in wasm/bindings/engine_bindings.cpp. */
export interface Engine {
  inbox(): number;
  inbox_bytes(): number;
  outbox(): number;
  actions(): number;
  actions_max(): number;
  stats(): number;
  configure(option: number, value: number): boolean;
  set_swarm(): void;
  at(now: number): void;
  tracker_opened(tokenBytes: number): void;
  tracker_closed(): void;
  tracker_message(token: number, length: number): void;
  encode_signal(peer: number, kind: number, blobBytes: number): number;
  pack_signal(kind: number, length: number): number;
  unpack_signal(kind: number, length: number): number;
  link_opened(peer: number): void;
  link_closed(peer: number): void;
  peer_message(peer: number, token: number, length: number, total: number): void;
  peer_writable(peer: number): void;
  segment_seen(keyHi: number, keyLo: number, rendition: number, startMs: number, durationMs: number): number;
  segment_gone(segment: number): void;
  segment_wanted(segment: number): void;
  segment_unwanted(segment: number): void;
  rendition_active(rendition: number, isActive: number): void;
  playhead(positionMs: number, bufferedEndMs: number, rate: number): void;
  cdn_headers(fetch: number, bytesTotal: number, isRanged: number): void;
  cdn_block(fetch: number, block: number): void;
  cdn_done(fetch: number, surplusBytes: number): void;
  cdn_failed(fetch: number, status: number, surplusBytes: number): void;
  block_verified(segment: number, block: number, isOk: number): void;
  bytes_outside(bytes: number): void;
  step(): number;
  next_deadline(): number;
  block_status(segment: number, block: number): number;
  write_states(segment: number): number;
  segment_bytes(segment: number): number;
  write_stats(): number;
  write_peer(index: number): number;
  delete(): void;
}

export interface CoreModule {
  Engine: new (seed: number) => Engine;
  HEAPU8: Uint8Array;
}
export type CoreFactory = (options: { wasmBinary: Uint8Array }) => Promise<CoreModule>;

export const enum Option {
  storeBytesMax = 0,
  peersMax = 1,
  upload = 2,
  p2p = 3,
  cdnRanges = 4,
  region = 6,
  hidden = 7,
}

/** One action record: type, then seven fields. Valid during the call only. */
export type Perform = (record: Int32Array) => void;
export type Tell = (engine: Engine) => void;

const kRecordInts = 8;
const kTimerMaxMs = 0x7fffffff;
/** A BLOCK reaches the engine by its first bytes only: its payload is media, and stays in JavaScript. */
const kHeadBytes = 64;
/** array(3), type 3: how every BLOCK begins (docs/wire-protocol.md). Whatever else is long is handed over whole. */
const isBlock = (message: Uint8Array): boolean => message[0] === 0x93 && message[1] === 3;

export class Core {
  #engine: Engine;
  #perform: Perform;
  #onTrap: (cause: unknown) => void;
  #heap: Uint8Array;
  #queue: Tell[] = [];
  #held = new Map<number, Uint8Array>();
  #nextToken = 1;
  #isBusy = false;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer fires; infinity without one. */
  #timerDue = Infinity;

  constructor(module: CoreModule, seed: number, perform: Perform, onTrap: (cause: unknown) => void) {
    this.#engine = new module.Engine(seed);
    this.#heap = module.HEAPU8; // fixed memory: this view never detaches
    this.#perform = perform;
    this.#onTrap = onTrap;
  }

  /** Runs `tell` and takes a turn; inside a turn, queues it for the next one. Does nothing once closed. */
  tell(tell: Tell): void {
    if (this.#isClosed) return;
    this.#queue.push(tell);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#queue.length > 0 && !this.#isClosed) this.#turn();
      if (!this.#isClosed) this.#arm();
    } catch (cause) {
      this.#stop();
      this.#onTrap(cause);
    } finally {
      this.#isBusy = false;
    }
  }

  /** A message from a peer: held until the turn ends, because actions may name parts of it. */
  tellPeerMessage(peer: number, message: Uint8Array): void {
    this.tell((engine) => {
      const head = isBlock(message) ? message.subarray(0, kHeadBytes) : message;
      engine.peer_message(peer, this.#hold(message), this.writeInbox(head), message.length);
    });
  }

  /** The connection to the tracker is there; `token` admits to the stream. */
  tellTrackerOpened(token: Uint8Array): void {
    this.tell((engine) => engine.tracker_opened(this.writeInbox(token)));
  }

  tellTrackerMessage(frame: Uint8Array): void {
    this.tell((engine) => engine.tracker_message(this.#hold(frame), this.writeInbox(frame)));
  }

  /** Copies into the inbox, as much as fits; returns how much. */
  writeInbox(bytes: Uint8Array): number {
    const length = Math.min(bytes.length, this.#engine.inbox_bytes());
    this.#heap.set(length < bytes.length ? bytes.subarray(0, length) : bytes, this.#engine.inbox());
    return length;
  }

  /** The message or frame behind a token of this turn. */
  held(token: number): Uint8Array | undefined {
    return this.#held.get(token);
  }

  /** A copy of bytes of the outbox. */
  copyOutbox(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const begin = this.#engine.outbox() + offset;
    return this.#heap.slice(begin, begin + length) as Uint8Array<ArrayBuffer>;
  }

  /** The SIGNAL frame for the tracker, header and blob; null when the peer or the tracker is gone, or the text none of ours. */
  encodeSignal(peer: number, kind: number, text: string): Uint8Array<ArrayBuffer> | null {
    if (this.#isClosed) return null;
    const blob = this.copyOutbox(0, this.#engine.pack_signal(kind, this.writeInbox(new TextEncoder().encode(text))));
    const length = blob.length && this.#engine.encode_signal(peer, kind, blob.length);
    if (length === 0) return null;
    const frame = new Uint8Array(length + blob.length);
    frame.set(this.copyOutbox(0, length));
    frame.set(blob, length);
    return frame;
  }

  /** What another viewer signalled, as SDP or lines of candidates; empty when it is malformed. */
  decodeSignal(kind: number, blob: Uint8Array): string {
    return new TextDecoder().decode(this.copyOutbox(0, this.#engine.unpack_signal(kind, this.writeInbox(blob))));
  }

  blockStatus(segment: number, block: number): number {
    return this.#isClosed ? -1 : this.#engine.block_status(segment, block);
  }

  segmentBytes(segment: number): number {
    return this.#isClosed ? 0 : this.#engine.segment_bytes(segment);
  }

  states(segment: number): Uint8Array {
    return this.#isClosed ? new Uint8Array() : this.copyOutbox(0, this.#engine.write_states(segment));
  }

  /** The engine's counters, in the order of docs/boundary.md; empty once closed. */
  stats(): Float64Array {
    return this.#isClosed ? new Float64Array() : this.#readStats(this.#engine.write_stats());
  }

  /** bytes in, bytes out, round trip and remote id of the i-th open peer; null past the end. */
  peer(index: number): Float64Array | null {
    return this.#isClosed || this.#engine.write_peer(index) === 0 ? null : this.#readStats(4);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#stop();
    if (!this.#isBusy) this.#engine.delete(); // mid-turn it is still on the stack; its memory goes with the module
  }

  #turn(): void {
    const engine = this.#engine;
    const tells = this.#queue;
    this.#queue = [];
    engine.at(performance.now());
    for (const tell of tells) tell(engine);
    const countMax = engine.actions_max();
    for (let count = countMax; count === countMax; ) {
      count = engine.step();
      const base = engine.actions();
      const records = new Int32Array(this.#heap.buffer, base, count * kRecordInts);
      for (let i = 0; i < count && !this.#isClosed; ++i) this.#perform(records.subarray(i * kRecordInts, (i + 1) * kRecordInts));
      if (this.#isClosed) return;
    }
    this.#held.clear();
  }

  #arm(): void {
    const deadline = this.#engine.next_deadline();
    if (deadline === this.#timerDue) return; // most turns leave it alone, and a browser's timer costs more than a turn
    clearTimeout(this.#timer);
    this.#timerDue = Infinity;
    if (!Number.isFinite(deadline)) return;
    const delay = Math.min(Math.max(deadline - performance.now(), 0), kTimerMaxMs);
    this.#timerDue = deadline;
    this.#timer = setTimeout(() => {
      this.#timerDue = Infinity;
      this.tell(() => {});
    }, Math.ceil(delay));
  }

  #hold(message: Uint8Array): number {
    const token = this.#nextToken;
    this.#nextToken = token === kTimerMaxMs ? 1 : token + 1;
    this.#held.set(token, message);
    return token;
  }

  #readStats(count: number): Float64Array {
    return new Float64Array(this.#heap.buffer, this.#engine.stats(), count).slice();
  }

  #stop(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#held.clear();
    clearTimeout(this.#timer);
  }
}
