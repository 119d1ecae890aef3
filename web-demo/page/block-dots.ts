// Owns: the dots that travel along the swarm's edges: one for each 60 KiB that really moved.
// Refuses: where edges are. Invariant: a dot is born for bytes already counted, never for bytes hoped for.

const BLOCK_BYTES = 61_440;
const TRAVEL_MS = 1100;
/** More would be a smear, and a hidden tab that wakes would burst. */
const DOTS_MAX = 240;

export type Flow = 'in' | 'out';
interface Dot {
  edge: string;
  flow: Flow;
  bornMs: number;
  lane: number;
}

export class BlockDots {
  #dots: Dot[] = [];
  #left = new Map<string, number>();

  /** `bytes` moved along an edge since the last look; the dots leave one after another during the next `spreadMs`. */
  feed(edge: string, flow: Flow, bytes: number, nowMs: number, spreadMs: number): void {
    const key = `${edge} ${flow}`;
    const due = (this.#left.get(key) ?? 0) + Math.max(0, bytes);
    const count = Math.floor(due / BLOCK_BYTES);
    this.#left.set(key, due - count * BLOCK_BYTES);
    for (let i = 0; i < count && this.#dots.length < DOTS_MAX; i++) {
      this.#dots.push({ edge, flow, bornMs: nowMs + (spreadMs * i) / count, lane: (i % 3) - 1 });
    }
  }

  /** Dots under way, each with its progress from 0 (sender) to 1 (receiver). */
  *moving(nowMs: number): Generator<{ edge: string; flow: Flow; progress: number; lane: number }> {
    this.#dots = this.#dots.filter(({ bornMs }) => nowMs - bornMs < TRAVEL_MS);
    for (const { edge, flow, bornMs, lane } of this.#dots) {
      if (nowMs >= bornMs) yield { edge, flow, progress: (nowMs - bornMs) / TRAVEL_MS, lane };
    }
  }

  /** An edge is gone, and its dots with it. */
  forget(edge: string): void {
    this.#dots = this.#dots.filter((dot) => dot.edge !== edge);
    for (const flow of ['in', 'out']) this.#left.delete(`${edge} ${flow}`);
  }
}
