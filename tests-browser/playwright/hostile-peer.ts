// A peer that means harm: real WebRTC from Node, real signalling through the tracker, hand-made frames.
// Owns its connection and the conversation up to the open channel; refuses to judge what the viewer does with it.
// Invariant: close() leaves neither socket nor connection behind.
import { decode, encode } from '@msgpack/msgpack';
import { createHash } from 'node:crypto';
import * as nodeDataChannel from 'node-datachannel';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import createCore from '../../build/wasm/bazaar_core.mjs';

/** Type numbers of docs/wire-protocol.md and docs/tracker-protocol.md. */
const kJoin = 1;
const kSignal = 2;
const kHello = 16;
const kWelcome = 17;
const kRelayed = 19;
const kPeersMax = 64;
const kNone = new Uint8Array();
const [kOffer, kAnswer, kCandidates] = [0, 1, 2];

/** The library's own codec of signals: this peer is hostile in its channel, not in how it calls. */
const { HEAPU8, Engine } = await createCore({
  wasmBinary: readFileSync(fileURLToPath(new URL('../../build/wasm/bazaar_core.wasm', import.meta.url))),
});
const codec = new Engine(1);
function convert(call: 'pack_signal' | 'unpack_signal', kind: number, bytes: Uint8Array): Uint8Array {
  HEAPU8.set(bytes, codec.inbox());
  const length = codec[call](kind, bytes.length);
  return HEAPU8.slice(codec.outbox(), codec.outbox() + length);
}

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
    const tell = (kind: number, text: string) =>
      this.#socket.send(encode([kSignal, target, kind, convert('pack_signal', kind, new TextEncoder().encode(text))]));
    this.#socket = new WebSocket(tracker, 'hls-bazaar.v2');
    this.#socket.on('message', (data: Buffer) => {
      const frame = decode(data) as [number, number, number, Uint8Array];
      // Whoever wants nobody is introduced to nobody, and may signal nobody.
      if (frame[0] === kHello) this.#socket.send(encode([kJoin, 2, swarm, kPeersMax, kNone, kNone, [0, 0, 0, 1, 0]]));
      if (frame[0] === kWelcome) this.#open(onMessage);
      if (frame[0] !== kRelayed || this.isClosed) return;
      const text = new TextDecoder().decode(convert('unpack_signal', frame[2], frame[3]));
      if (frame[2] === kCandidates) remote.push(...text.split('\n').filter(Boolean));
      if (frame[2] === kAnswer) {
        this.#connection.setRemoteDescription(text, 'answer');
        isAnswered = true;
      }
      if (!isAnswered) return;
      for (const candidate of remote.splice(0)) this.#addCandidate(candidate, '0');
    });
    let isDescribed = false;
    let isAnswered = false;
    const remote: string[] = [];
    const early: string[] = [];
    this.#connection.onLocalDescription((sdp: string, type: string) => {
      if (type !== 'offer' || isDescribed) return;
      isDescribed = true;
      tell(kOffer, sdp);
      if (early.length > 0) tell(kCandidates, early.join('\n'));
    });
    this.#connection.onLocalCandidate((candidate: string) => {
      const one = candidate.replace(/^a=/, '');
      if (isDescribed) tell(kCandidates, one);
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
