// The WebSocket to the tracker: opens it, carries frames both ways, opens it again when it falls.
// Owns the back-off (exponential, full jitter) and the socket; refuses to read frames beyond recognising a WELCOME.
// Invariant: one socket at a time, one timer at a time, nothing after close(). A tracker that accepts and hangs up at once is
// not asked every second: the count of attempts starts anew only after a connection that was welcomed and stayed.

export type TrackerState = 'idle' | 'connecting' | 'open' | 'joined' | 'waiting' | 'closed';

export interface TrackerReport {
  opened(): void;
  message(frame: Uint8Array): void;
  /** `isFinal`: this tracker will not be asked again. */
  closed(code: number, isFinal: boolean): void;
}

const kSubprotocol = 'hls-bazaar.v1';
const kBackoffBaseMs = 1_000;
const kBackoffMaxMs = 30_000;
const kStayMs = 10_000;
/** The tracker speaks another version of the protocol: asking again cannot help. */
const kCodeVersion = 4003;
const kWelcome = 17;

/** Our id from WELCOME [17, id, …] (docs/tracker-protocol.md), 0 for any other frame. */
export function welcomedAs(frame: Uint8Array): number {
  if (frame[0] !== 0x94 || frame[1] !== kWelcome || frame.length < 3) return 0;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const head = view.getUint8(2);
  const bytes = head === 0xcc ? 1 : head === 0xcd ? 2 : head === 0xce ? 4 : 0;
  if (head < 0x80) return head;
  if (bytes === 0 || frame.length < 3 + bytes) return 0;
  return bytes === 1 ? view.getUint8(3) : bytes === 2 ? view.getUint16(3) : view.getUint32(3);
}

export class TrackerSocket {
  #url: string;
  #report: TrackerReport;
  #random: () => number;
  #socket: WebSocket | null = null;
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: TrackerState = 'idle';
  #id = 0;

  constructor(url: string, report: TrackerReport, random: () => number = Math.random) {
    this.#url = url;
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
    if (this.#state === 'idle') this.#connect();
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState !== 1) return; // OPEN; what is lost is said again after the next WELCOME
    this.#socket.send(frame);
  }

  close(): void {
    this.#state = 'closed';
    this.#release();
  }

  #connect(): void {
    this.#state = 'connecting';
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#url, kSubprotocol);
    } catch {
      // A CSP or mixed content forbids it, and throws where it might have closed.
      return this.#fell(0);
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#state = 'open';
      this.#report.opened();
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
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#attempts = 0), kStayMs);
  }

  #fell(code: number): void {
    const isFinal = code === kCodeVersion;
    this.#release();
    this.#state = isFinal ? 'closed' : 'waiting';
    if (!isFinal) {
      const ceiling = Math.min(kBackoffMaxMs, kBackoffBaseMs * 2 ** Math.min(this.#attempts++, 16));
      this.#timer = setTimeout(() => this.#connect(), this.#random() * ceiling);
    }
    this.#report.closed(code, isFinal);
  }

  #release(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
