// All connections, by the engine's peer handle: performs CONNECT, SIGNAL, SEND, SEND_BLOCK, CLOSE_PEER and tells the engine
// what links report.
// Owns the links; refuses to choose peers or to limit their number (the engine does). Invariant: a handle has one link at
// most, and every link ends through drop() or close(), which release everything the browser holds for it.
import type { Core } from './core.js';
import { PeerLink, SignalKind } from './peer-link.js';

interface Member {
  link: PeerLink;
  /** The id that the tracker gave the peer. */
  remoteId: number;
  isOpen: boolean;
}

export interface PoolReport {
  /** A SIGNAL frame for the tracker. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  peerOpened(remoteId: number): void;
  /** Only for peers that had opened. `reason` as in CLOSE_PEER; 1 when the link went away by itself. */
  peerClosed(remoteId: number, reason: number): void;
  /** No connection came of an attempt: the network does not let us. */
  attemptFailed(): void;
}

export const kReasonFailed = 1;

export class PeerPool {
  #core: Core;
  #iceServers: RTCIceServer[];
  #report: PoolReport;
  #members = new Map<number, Member>();

  constructor(core: Core, iceServers: RTCIceServer[], report: PoolReport) {
    this.#core = core;
    this.#iceServers = iceServers;
    this.#report = report;
  }

  get size(): number {
    return this.#members.size;
  }

  connect(peer: number, remoteId: number): void {
    this.#add(peer, remoteId).link.offer();
  }

  /** An offer makes the link; anything else for a link that has gone is late and ignored. */
  signalled(peer: number, kind: SignalKind, text: string, remoteId: number): void {
    if (kind === SignalKind.offer && !this.#members.has(peer)) this.#add(peer, remoteId);
    this.#members.get(peer)?.link.signalled(kind, text);
  }

  send(peer: number, message: Uint8Array<ArrayBuffer>, isBlock: boolean): void {
    this.#members.get(peer)?.link.send(message, isBlock);
  }

  opened(peer: number, remoteId: number): void {
    const member = this.#members.get(peer);
    if (!member) return;
    member.remoteId = remoteId || member.remoteId;
    member.isOpen = true;
    this.#report.peerOpened(member.remoteId);
  }

  drop(peer: number, reason: number): void {
    const member = this.#members.get(peer);
    if (!member) return;
    this.#members.delete(peer);
    member.link.close();
    if (member.isOpen) this.#report.peerClosed(member.remoteId, reason);
    else if (reason === kReasonFailed) this.#report.attemptFailed();
  }

  remoteIdOf(peer: number): number {
    return this.#members.get(peer)?.remoteId ?? 0;
  }

  close(): void {
    for (const peer of [...this.#members.keys()]) this.drop(peer, 0);
  }

  #add(peer: number, remoteId: number): Member {
    const core = this.#core;
    const link = new PeerLink(this.#iceServers, {
      signal: (kind, text) => {
        const frame = core.encodeSignal(peer, kind, text);
        if (frame) this.#report.send(frame);
      },
      opened: () => core.tell((engine) => engine.link_opened(peer)),
      message: (bytes) => core.tellPeerMessage(peer, bytes),
      writable: () => core.tell((engine) => engine.peer_writable(peer)),
      closed: () => {
        core.tell((engine) => engine.link_closed(peer));
        this.drop(peer, kReasonFailed);
      },
    });
    const member = { link, remoteId, isOpen: false };
    this.#members.set(peer, member);
    return member;
  }
}
