// The WebSocket to the tracker: opens it, carries frames both ways, opens it again when it falls or is told to move.
// Owns the back-off (exponential, full jitter), the page's token and the socket; refuses to read frames beyond recognising a WELCOME.
// Invariant: one socket at a time, one timer at a time, nothing after close(). A tracker that accepts and hangs up at once is
// not asked every second: the count of attempts starts anew only after a connection that was welcomed and stayed.
import { isToken, type Settings } from './options.js';

export type TrackerState = 'idle' | 'connecting' | 'open' | 'joined' | 'waiting' | 'closed';

export interface TrackerReport {
  /** `token` as the page gave it, in UTF-8; empty when it gave none. */
  opened(token: Uint8Array): void;
  message(frame: Uint8Array): void;
  /** `isFinal`: this tracker will not be asked again. */
  closed(code: number, isFinal: boolean): void;
  /** The page's function failed or returned no token; it will be asked again. */
  noToken(cause: unknown): void;
}

const kSubprotocol = 'hls-bazaar.v2';
const kBackoffMinMs = 200;
const kBackoffBaseMs = 1_000;
const kBackoffMaxMs = 15_000;
const kStayMs = 10_000;
/** Another version of the protocol, or our address is not welcome: asking again cannot help. */
const kCodesFinal = [4003, 4011];
/** The token was refused: a fresh one may help, once. */
const kCodeToken = 4010;
/** WebSocket's own code for a server that stops, and ours for leaving one that is about to. No failure. */
export const kCodeGoingAway = 1001;
const kLeave = [0x91, 4];
const kWelcome = 17;

/** Our id from WELCOME [17, id, …] (docs/tracker-protocol.md), 0 for any other frame. */
export function welcomedAs(frame: Uint8Array): number {
  if (frame[0] !== 0x97 || frame[1] !== kWelcome || frame.length < 3) return 0;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const head = view.getUint8(2);
  const bytes = head === 0xcc ? 1 : head === 0xcd ? 2 : head === 0xce ? 4 : 0;
  if (head < 0x80) return head;
  if (bytes === 0 || frame.length < 3 + bytes) return 0;
  return bytes === 1 ? view.getUint8(3) : bytes === 2 ? view.getUint16(3) : view.getUint32(3);
}

export class TrackerSocket {
  #settings: Pick<Settings, 'tracker' | 'token' | 'joinWindowMs'>;
  #report: TrackerReport;
  #random: () => number;
  #socket: WebSocket | null = null;
  #attempts = 0;
  /** The tracker's wish, for the next attempt only. */
  #stayAwayMs = 0;
  #isTokenRefused = false;
  /** Counts connections, so that a token that comes late finds out that nobody waits for it. */
  #generation = 0;
  #welcomedMs = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: TrackerState = 'idle';
  #id = 0;

  constructor(settings: Pick<Settings, 'tracker' | 'token' | 'joinWindowMs'>, report: TrackerReport, random: () => number = Math.random) {
    this.#settings = settings;
    this.#report = report;
    this.#random = random;
  }

  get state(): TrackerState {
    return this.#state;
  }

  /** The id that the tracker gave us last; 0 before the first WELCOME. */
  get id(): number {
    return this.#id;
  }

  open(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'connecting';
    const { joinWindowMs } = this.#settings;
    if (joinWindowMs === 0) this.#connect();
    else this.#connectAfter(this.#random() * joinWindowMs);
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState !== 1) return; // OPEN; what is lost is said again after the next WELCOME
    this.#socket.send(frame);
  }

  /** The tracker does not want to see us before that; for whenever this connection falls. */
  stayAway(ms: number): void {
    this.#stayAwayMs = ms;
  }

  /** Leaves this connection after `ms` for another one, on which the engine will resume. */
  reconnect(ms: number): void {
    if (!this.#socket) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#release();
      this.#report.closed(kCodeGoingAway, false);
      this.#connect();
    }, ms);
  }

  close(): void {
    if (this.#state === 'joined') this.send(new Uint8Array(kLeave)); // or our place is kept, and peers dial nobody
    this.#state = 'closed';
    this.#release();
  }

  #connectAfter(ms: number): void {
    this.#timer = setTimeout(() => this.#connect(), ms);
  }

  #connect(): void {
    this.#state = 'connecting';
    const { token = '' } = this.#settings;
    if (typeof token === 'string') return this.#dial(token);
    const generation = ++this.#generation;
    new Promise<string>((resolve) => resolve(token()))
      .then((given) => {
        if (!isToken(given)) throw new TypeError('hls-bazaar: not a token');
        if (generation === this.#generation) this.#dial(given);
      })
      .catch((cause: unknown) => {
        if (generation !== this.#generation) return;
        this.#report.noToken(cause);
        this.#fell(0);
      });
  }

  #dial(token: string): void {
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#settings.tracker, kSubprotocol);
    } catch {
      // A CSP or mixed content forbids it, and throws where it might have closed.
      return this.#fell(0);
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#state = 'open';
      this.#report.opened(new TextEncoder().encode(token));
    };
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return; // text is none of this protocol
      const frame = new Uint8Array(data);
      const id = welcomedAs(frame);
      if (id !== 0) this.#welcomed(id);
      this.#report.message(frame);
    };
    socket.onclose = ({ code }) => this.#fell(code);
  }

  #welcomed(id: number): void {
    this.#id = id;
    this.#state = 'joined';
    this.#isTokenRefused = false;
    this.#welcomedMs = performance.now();
  }

  #fell(code: number): void {
    const isStale = code === kCodeToken && (this.#isTokenRefused || typeof this.#settings.token !== 'function');
    const isFinal = isStale || kCodesFinal.includes(code);
    if (code === kCodeToken) this.#isTokenRefused = true;
    if (performance.now() - this.#welcomedMs >= kStayMs) this.#attempts = 0;
    this.#release();
    this.#state = isFinal ? 'closed' : 'waiting';
    if (!isFinal) {
      const ceiling = Math.min(kBackoffMaxMs, kBackoffBaseMs * 2 ** Math.min(this.#attempts++, 16));
      this.#connectAfter(this.#stayAwayMs + kBackoffMinMs + this.#random() * (ceiling - kBackoffMinMs));
    }
    this.#stayAwayMs = 0;
    this.#report.closed(code, isFinal);
  }

  #release(): void {
    clearTimeout(this.#timer);
    ++this.#generation;
    this.#welcomedMs = Infinity;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
