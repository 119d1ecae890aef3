// A peer that means harm: real WebRTC from Node, real signalling through the tracker, hand-made frames.
// Owns its connection and the conversation up to the open channel; refuses to judge what the viewer does with it.
// Invariant: close() leaves neither socket nor connection behind.
import { decode, encode } from '@msgpack/msgpack';
import { createHash } from 'node:crypto';
import * as nodeDataChannel from 'node-datachannel';
import WebSocket from 'ws';

/** Type numbers of docs/wire-protocol.md and docs/tracker-protocol.md. */
const kJoin = 1;
const kSignal = 2;
const kWelcome = 17;
const kRelayed = 19;
const [kOffer, kAnswer, kCandidates] = [0, 1, 2];

export const swarmOf = (path: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(`hls-bazaar swarm\n${path}`).digest()).slice(0, 16);

export class HostilePeer {
  isOpen = false;
  isClosed = false;
  refusedSends = 0;
  /** Everything that the viewer said, decoded. */
  readonly heard: unknown[][] = [];
  #socket: WebSocket;
  #connection = new nodeDataChannel.PeerConnection('hostile', { iceServers: [] });
  #channel: nodeDataChannel.DataChannel | undefined;

  /** Joins `swarm` and dials the member `target`. */
  constructor(tracker: string, readonly swarm: Uint8Array, target: number, onMessage: (peer: HostilePeer, message: unknown[]) => void = () => undefined) {
    const tell = (kind: number, text: string) => this.#socket.send(encode([kSignal, target, kind, new TextEncoder().encode(text)]));
    this.#socket = new WebSocket(tracker, 'hls-bazaar.v1');
    this.#socket.on('open', () => this.#socket.send(encode([kJoin, 1, swarm, 0])));
    this.#socket.on('message', (data: Buffer) => {
      const frame = decode(data) as [number, number, number, Uint8Array];
      if (frame[0] === kWelcome) this.#open(onMessage);
      if (frame[0] !== kRelayed || this.isClosed) return;
      const text = new TextDecoder().decode(frame[3]);
      if (frame[2] === kCandidates) remote.push(...(JSON.parse(text) as typeof remote));
      if (frame[2] === kAnswer) {
        this.#connection.setRemoteDescription(text, 'answer');
        isAnswered = true;
      }
      if (!isAnswered) return;
      for (const { candidate, sdpMid } of remote.splice(0)) this.#addCandidate(candidate, sdpMid);
    });
    let isDescribed = false;
    let isAnswered = false;
    const remote: { candidate: string; sdpMid: string }[] = [];
    const early: object[] = [];
    this.#connection.onLocalDescription((sdp: string, type: string) => {
      if (type !== 'offer' || isDescribed) return;
      isDescribed = true;
      tell(kOffer, sdp);
      if (early.length > 0) tell(kCandidates, JSON.stringify(early));
    });
    this.#connection.onLocalCandidate((candidate: string, sdpMid: string) => {
      const one = { candidate: candidate.replace(/^a=/, ''), sdpMid, sdpMLineIndex: 0 };
      if (isDescribed) tell(kCandidates, JSON.stringify([one]));
      else early.push(one);
    });
  }

  /** The viewer may have dropped us while its last candidates were on their way through the tracker: the library ends the connection on a
   *  thread of its own, before it tells. */
  #addCandidate(candidate: string, sdpMid: string): void {
    try {
      this.#connection.addRemoteCandidate(candidate, sdpMid);
    } catch (problem) {
      if (!this.isClosed && !['closed', 'failed', 'disconnected'].includes(this.#connection.state())) throw problem;
    }
  }

  /** Making the channel is what starts the offer. */
  #open(onMessage: (peer: HostilePeer, message: unknown[]) => void): void {
    this.#channel = this.#connection.createDataChannel('hls-bazaar', { unordered: true });
    this.#channel.onOpen(() => (this.isOpen = true));
    this.#channel.onClosed(() => (this.isClosed = true));
    this.#channel.onMessage((data: unknown) => {
      const message = decode(new Uint8Array(data as Buffer), { useBigInt64: true }) as unknown[];
      this.heard.push(message);
      onMessage(this, message);
    });
  }

  send(message: Uint8Array): void {
    if (this.isClosed || !this.#channel) return;
    try {
      if (!this.#channel.sendMessageBinary(Buffer.from(message))) ++this.refusedSends;
    } catch {
      ++this.refusedSends;
    }
  }

  say(message: unknown[]): void {
    this.send(encode(message, { useBigInt64: true }));
  }

  hello(version = 1, swarm = this.swarm): void {
    this.say([0, version, swarm, 0, 0]);
  }

  close(): void {
    this.isClosed = true;
    this.#socket.terminate();
    this.#channel?.close();
    this.#connection.close();
  }
}
