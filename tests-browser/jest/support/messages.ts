// Messages as another implementation would write them: @msgpack/msgpack, not our codec. Owns the few that tests send.
// Invariant: layouts are those of docs/wire-protocol.md and docs/tracker-protocol.md.
import { encode } from '@msgpack/msgpack';

export const kSwarm = new Uint8Array(16).fill(7);

export const welcome = (id: number, others: number[] = []): Uint8Array => encode([17, id, others.length + 1, others]);
export const hello = (id: number, swarm: Uint8Array = kSwarm): Uint8Array => encode([0, 1, swarm, id, 0]);
export const relayed = (from: number, kind: number, text: string): Uint8Array => encode([19, from, kind, new TextEncoder().encode(text)]);

/** Two bits a block, lowest first. */
export function status(keyHi: number, keyLo: number, bytesTotal: number, codes: number[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(codes.length / 4));
  codes.forEach((code, i) => (packed[i >> 2]! |= code << (2 * (i % 4))));
  const key = (BigInt(keyHi) << 32n) | BigInt(keyLo);
  return encode([1, true, 8, [[key, bytesTotal, 0, codes.length, packed]]], { useBigInt64: true });
}

/** The payload is the last element. */
export const block = (id: number, payload: Uint8Array): Uint8Array => encode([3, id, payload]);
