// The bytes of blocks, by segment handle and index.
// Owns the memory; refuses to decide what goes (the engine says DROP_SEGMENT, DROP_BLOCK) or whether bytes are good.
// Invariant: `bytes` is the sum of what is stored, and assemble() gives either a whole segment or nothing.

export const kBlockBytes = 60 * 1024;
export const kBlocksPerSegmentMax = 1024;

export type Block = Uint8Array<ArrayBuffer>;

export const blockCountOf = (bytesTotal: number): number => Math.ceil(bytesTotal / kBlockBytes);

export class BlockStore {
  #segments = new Map<number, Map<number, Block>>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a block; the later one wins. The caller gives the array away. */
  put(segment: number, index: number, block: Block): void {
    let blocks = this.#segments.get(segment);
    if (!blocks) this.#segments.set(segment, (blocks = new Map()));
    this.#bytes += block.length - (blocks.get(index)?.length ?? 0);
    blocks.set(index, block);
  }

  get(segment: number, index: number): Block | undefined {
    return this.#segments.get(segment)?.get(index);
  }

  /** Stored bytes of one segment. */
  bytesOf(segment: number): number {
    let sum = 0;
    for (const block of this.#segments.get(segment)?.values() ?? []) sum += block.length;
    return sum;
  }

  /** A new buffer with the whole segment, the player's own copy; null unless exactly `bytesTotal` bytes are here. */
  assemble(segment: number, bytesTotal: number): ArrayBuffer | null {
    const blocks = this.#segments.get(segment);
    if (!blocks || bytesTotal <= 0) return null;
    const whole = new Uint8Array(bytesTotal);
    for (let index = 0; index < blockCountOf(bytesTotal); ++index) {
      const block = blocks.get(index);
      const begin = index * kBlockBytes;
      if (!block || block.length !== Math.min(kBlockBytes, bytesTotal - begin)) return null;
      whole.set(block, begin);
    }
    return whole.buffer;
  }

  dropBlock(segment: number, index: number): void {
    const blocks = this.#segments.get(segment);
    this.#bytes -= blocks?.get(index)?.length ?? 0;
    blocks?.delete(index);
  }

  dropSegment(segment: number): void {
    this.#bytes -= this.bytesOf(segment);
    this.#segments.delete(segment);
  }

  clear(): void {
    this.#segments.clear();
    this.#bytes = 0;
  }
}
