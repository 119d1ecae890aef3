// Messages as another implementation would write them: @msgpack/msgpack, not our codec. Owns the few that tests send.
// Invariant: layouts are those of docs/wire-protocol.md and docs/tracker-protocol.md.
import { encode } from '@msgpack/msgpack';

export const kSwarm = new Uint8Array(16).fill(7);

const kNone = new Uint8Array();
export const trackerHello = (windowMs = 0): Uint8Array => encode([16, windowMs]);
export const welcome = (id: number, others: number[] = [], resume = kNone): Uint8Array =>
  encode([17, id, others.length + 1, others, resume, false, 0]);
export const refusal = (code: number, retryMs = 0): Uint8Array => encode([21, code, 'no', retryMs]);
export const goAway = (withinMs: number): Uint8Array => encode([22, withinMs]);
export const hello = (id: number, swarm: Uint8Array = kSwarm): Uint8Array => encode([0, 1, swarm, id, 0]);
export const relayed = (from: number, kind: number, blob: Uint8Array): Uint8Array => encode([19, from, kind, blob]);

/** What a signal carries (docs/tracker-protocol.md), as fields. */
export const kFingerprint = new Uint8Array(32).fill(0xab);
export const description = (setup: number, ...candidates: unknown[][]): unknown[] => ['EsAw', 'P2uYro0UCOQ4zxjKXaWCBui1', kFingerprint, setup, 262_144, candidates];
export const candidate = (foundation: string, address = [192, 0, 2, 1]): unknown[] => [foundation, 1, 0, 2122, new Uint8Array(address), 50_000, 0, 0, kNone, 0];
export const lineOf = (foundation: string): string => `candidate:${foundation} 1 udp 2122 192.0.2.1 50000 typ host`;

/** Two bits a block, lowest first. */
export function status(keyHi: number, keyLo: number, bytesTotal: number, codes: number[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(codes.length / 4));
  codes.forEach((code, i) => (packed[i >> 2]! |= code << (2 * (i % 4))));
  const key = (BigInt(keyHi) << 32n) | BigInt(keyLo);
  return encode([1, true, 8, [[key, bytesTotal, 0, codes.length, packed]]], { useBigInt64: true });
}

/** The payload is the last element. */
export const block = (id: number, payload: Uint8Array): Uint8Array => encode([3, id, payload]);
