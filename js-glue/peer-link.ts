// One connection to one peer: RTCPeerConnection, its data channel, and the signals that bring them up (trickle ICE).
// Owns both and every handler on them; refuses to know what messages mean or whom to call. Invariant: nothing is thrown
// outward, `closed` is reported at most once, and after close() nothing is reported or sent at all.

export const enum SignalKind {
  offer = 0,
  answer = 1,
  candidates = 2,
}

export interface LinkReport {
  /** SDP, or candidates, a line each. */
  signal(kind: SignalKind, text: string): void;
  opened(): void;
  message(bytes: Uint8Array): void;
  /** The channel has room for more blocks. */
  writable(): void;
  /** Closed or failed, from the other side or by itself. */
  closed(): void;
}

/** A channel with more than this waiting is full. Less than a block, so that each block sent is also reported drained. */
export const kLowWaterBytes = 32 * 1024;
/** Candidates found close together travel in one signal. */
const kCandidateBatchMs = 50;
const kCandidatesMax = 64;
/** What the core packs into one signal. */
const kCandidatesPerSignal = 15;
const kLabel = 'hls-bazaar';

export class PeerLink {
  #report: LinkReport;
  #connection: RTCPeerConnection | null = null;
  #channel: RTCDataChannel | null = null;
  #found: string[] = [];
  #early: string[] = [];
  #isClosed = false;
  #isDescribed = false;
  #hasRemote = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(iceServers: RTCIceServer[], report: LinkReport) {
    this.#report = report;
    this.#safely(() => {
      const connection = (this.#connection = new RTCPeerConnection({ iceServers }));
      connection.onicecandidate = ({ candidate }) => candidate?.candidate && this.#gather(candidate.candidate);
      connection.onconnectionstatechange = () => {
        if (connection.connectionState === 'failed' || connection.connectionState === 'closed') this.#lost();
      };
      connection.ondatachannel = ({ channel }) => {
        if (this.#channel || channel.label !== kLabel) channel.close();
        else this.#use(channel);
      };
    });
  }

  /** We call. */
  offer(): void {
    this.#safely(async () => {
      const connection = this.#connection!;
      this.#use(connection.createDataChannel(kLabel, { ordered: false }));
      await this.#describe(SignalKind.offer);
    });
  }

  /** What the other side said through the tracker. Anything malformed ends the link. */
  signalled(kind: SignalKind, text: string): void {
    this.#safely(async () => {
      if (!text) throw new TypeError('malformed signal');
      if (kind === SignalKind.candidates) return this.#addCandidates(text.split('\n').filter(Boolean));
      await this.#connection!.setRemoteDescription({ type: kind === SignalKind.offer ? 'offer' : 'answer', sdp: text });
      this.#hasRemote = true;
      await this.#addCandidates(this.#early.splice(0));
      if (kind === SignalKind.offer) await this.#describe(SignalKind.answer);
    });
  }

  /** `isBlock`: counts against the channel's room; a `writable` report follows when there is some again. */
  send(message: Uint8Array<ArrayBuffer>, isBlock: boolean): void {
    const channel = this.#channel;
    if (!channel || channel.readyState !== 'open') return;
    this.#safely(() => {
      channel.send(message);
      // Small last blocks never rise above the low-water mark, so no event will tell that they fell below it.
      if (isBlock && channel.bufferedAmount <= kLowWaterBytes) this.#report.writable();
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const connection = this.#connection;
    const channel = this.#channel;
    this.#connection = this.#channel = null;
    if (channel) channel.onopen = channel.onmessage = channel.onclose = channel.onerror = channel.onbufferedamountlow = null;
    if (connection) connection.onicecandidate = connection.onconnectionstatechange = connection.ondatachannel = null;
    try {
      connection?.close();
    } catch {
      // Closing what the browser has closed already.
    }
  }

  #use(channel: RTCDataChannel): void {
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = kLowWaterBytes;
    channel.onopen = () => this.#report.opened();
    channel.onclose = channel.onerror = () => this.#lost();
    channel.onbufferedamountlow = () => this.#report.writable();
    // Text is no message of ours; it is shown to the engine as an empty one, which it judges.
    channel.onmessage = ({ data }) => this.#report.message(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array());
    if (channel.readyState === 'open') this.#report.opened();
  }

  async #describe(kind: SignalKind): Promise<void> {
    const connection = this.#connection!;
    await connection.setLocalDescription();
    if (this.#isClosed || !connection.localDescription) return;
    this.#report.signal(kind, connection.localDescription.sdp);
    this.#isDescribed = true;
    this.#flushLater();
  }

  #gather(candidate: string): void {
    if (this.#found.length < kCandidatesMax) this.#found.push(candidate);
    this.#flushLater();
  }

  #flushLater(): void {
    // Never before the description: a candidate means nothing to a peer without it.
    if (!this.#isDescribed || this.#found.length === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      while (this.#found.length > 0) this.#report.signal(SignalKind.candidates, this.#found.splice(0, kCandidatesPerSignal).join('\n'));
    }, kCandidateBatchMs);
  }

  async #addCandidates(candidates: string[]): Promise<void> {
    for (const candidate of candidates) {
      if (!this.#hasRemote) {
        if (this.#early.length < kCandidatesMax) this.#early.push(candidate);
        continue;
      }
      // One that this browser cannot use (another family, mDNS blocked) does not spoil the others.
      await this.#connection?.addIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 }).catch(() => {});
    }
  }

  #lost(): void {
    if (this.#isClosed) return;
    this.close();
    this.#report.closed();
  }

  /** Failures are reported later, never from within a call: a constructor's owner does not hold the link yet. */
  #safely(work: () => void | Promise<void>): void {
    const fail = (): void => queueMicrotask(() => this.#lost());
    try {
      work()?.catch(fail);
    } catch {
      fail();
    }
  }
}
