// Cuts a stream of bytes into blocks as it arrives.
// Owns the one block that is being filled; refuses to know where bytes come from. Invariant: every byte pushed is in
// exactly one emitted block, in the skipped prefix, or in `surplusBytes` once finish() was called.
import { blockCountOf, kBlockBytes, type Block } from './block-store.js';

export class BlockCutter {
  #emit: (index: number, block: Block) => void;
  #index: number;
  #skip: number;
  #bytesTotal: number;
  #filling: Block | null = null;
  #filled = 0;
  #surplus = 0;

  /**
   * @param firstBlock index of the block with which the (unskipped) bytes begin
   * @param bytesTotal size of the whole segment; Infinity while unknown
   * @param skip bytes to pass over first: an answer that began before the segment does
   */
  constructor(firstBlock: number, bytesTotal: number, skip: number, emit: (index: number, block: Block) => void) {
    this.#index = firstBlock;
    this.#bytesTotal = bytesTotal;
    this.#skip = skip;
    this.#emit = emit;
  }

  /** Bytes that made no block: those skipped, those beyond the segment's end, and an incomplete last block. */
  get surplusBytes(): number {
    return this.#surplus;
  }

  /** The segment's last byte has been seen. */
  get isComplete(): boolean {
    return this.#index >= blockCountOf(this.#bytesTotal);
  }

  push(chunk: Uint8Array): void {
    let at = Math.min(this.#skip, chunk.length);
    this.#skip -= at;
    this.#surplus += at;
    while (at < chunk.length) {
      const size = Math.min(kBlockBytes, this.#bytesTotal - this.#index * kBlockBytes);
      if (size <= 0) {
        this.#surplus += chunk.length - at;
        return;
      }
      this.#filling ??= new Uint8Array(size);
      const take = Math.min(size - this.#filled, chunk.length - at);
      this.#filling.set(chunk.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === size) this.#flush(this.#filling);
    }
  }

  /** The stream ended. With the size unknown until now, the bytes so far are the segment; returns how far they reach. */
  finish(): number {
    const bytes = Math.min(this.#bytesTotal, this.#index * kBlockBytes + this.#filled);
    if (this.#filling && this.#filled > 0) {
      if (this.#bytesTotal === Infinity) this.#flush(this.#filling.slice(0, this.#filled));
      else this.#surplus += this.#filled;
    }
    this.#filling = null;
    this.#filled = 0;
    return bytes;
  }

  #flush(block: Block): void {
    this.#filling = null;
    this.#filled = 0;
    this.#emit(this.#index++, block);
  }
}
