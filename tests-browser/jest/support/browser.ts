// The browser's own edge for tests: sockets and connections that do nothing until a test says so.
// Owns the fakes; refuses to imitate behaviour beyond what the standard promises. Invariant: every instance is in `all`, so a
// test can see what was left open.

export class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  binaryType = 'blob';
  sent: Uint8Array[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeSocket.all.push(this);
  }
  send(data: Uint8Array): void {
    this.sent.push(data);
  }
  close(): void {
    this.readyState = 3;
  }
  /** The other side's doings. */
  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  says(frame: Uint8Array): void {
    this.onmessage?.({ data: frame.slice().buffer });
  }
  falls(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export class FakeChannel {
  readyState = 'connecting';
  binaryType = '';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  sent: Uint8Array[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;

  constructor(
    readonly label: string,
    readonly options: object = {},
  ) {}
  send(data: Uint8Array): void {
    if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
    this.sent.push(data.slice()); // a channel copies what it is given
    this.bufferedAmount += data.length;
  }
  close(): void {
    this.readyState = 'closed';
  }
  opens(): void {
    this.readyState = 'open';
    this.onopen?.();
  }
  drains(): void {
    const wasAbove = this.bufferedAmount > this.bufferedAmountLowThreshold;
    this.bufferedAmount = 0;
    if (wasAbove) this.onbufferedamountlow?.();
  }
}

/** What a browser says of a connection with one data channel; an answer takes the active part. */
export const sdpOf = (type: string): string =>
  `v=0\r\no=- 46 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:EsAw\r\n` +
  `a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}\r\n` +
  `a=setup:${type === 'offer' ? 'actpass' : 'active'}\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n`;

export class FakeConnection {
  static all: FakeConnection[] = [];
  static open = (): FakeConnection[] => FakeConnection.all.filter((c) => c.connectionState !== 'closed');
  connectionState = 'new';
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  channels: FakeChannel[] = [];
  candidates: unknown[] = [];
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ondatachannel: ((event: { channel: FakeChannel }) => void) | null = null;

  constructor(readonly config: RTCConfiguration) {
    FakeConnection.all.push(this);
  }
  createDataChannel(label: string, options: object): FakeChannel {
    const channel = new FakeChannel(label, options);
    this.channels.push(channel);
    return channel;
  }
  async setLocalDescription(): Promise<void> {
    const type = this.remoteDescription ? 'answer' : 'offer';
    this.localDescription = { type, sdp: sdpOf(type) };
  }
  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    if (!description.sdp.startsWith('v=0')) throw new DOMException('bad SDP', 'OperationError');
    this.remoteDescription = description;
  }
  async addIceCandidate(candidate: { candidate?: string }): Promise<void> {
    if (candidate.candidate?.includes('bad')) throw new DOMException('bad candidate', 'OperationError');
    this.candidates.push(candidate);
  }
  close(): void {
    this.connectionState = 'closed';
  }
  finds(candidate: string): void {
    this.onicecandidate?.({ candidate: { candidate, sdpMid: '0' } });
  }
  becomes(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

/** Puts the fakes in place; returns a function that takes them away. */
export function fakeBrowser(): () => void {
  const names = ['WebSocket', 'RTCPeerConnection'] as const;
  const before = names.map((name) => [name, Reflect.get(globalThis, name)] as const);
  FakeSocket.all = [];
  FakeConnection.all = [];
  Reflect.set(globalThis, 'WebSocket', FakeSocket);
  Reflect.set(globalThis, 'RTCPeerConnection', FakeConnection);
  return () => before.forEach(([name, value]) => Reflect.set(globalThis, name, value));
}

/** Lets promises run without moving the clock. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; ++i) await Promise.resolve();
}
