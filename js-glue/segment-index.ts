// Which of the player's fragments is which of the engine's segments.
// Owns the two-way table and the hashing of new names; refuses to decide what belongs in the window. Invariant: an entry
// with a handle is known to the engine; once the engine drops the segment the entry is gone from both sides.
import type { MediaFragment } from 'hls.js';
import type { Engine } from './core.js';
import { segmentKey, segmentText, type KeyHook, type SegmentKey } from './segment-key.js';

export interface SegmentEntry {
  readonly text: string;
  readonly rendition: number;
  /** hls.js's latest object for it; a playlist reload makes new ones. */
  frag: MediaFragment;
  key: SegmentKey | null;
  /** 0 until the name is hashed and the engine has taken it. */
  handle: number;
  /** In the window that the engine was told of. */
  isListed: boolean;
  /** Settles once `handle` is final; never rejects. */
  known: Promise<void>;
}

export class SegmentIndex {
  #hook: KeyHook;
  #byText = new Map<string, SegmentEntry>();
  #byHandle = new Map<number, SegmentEntry>();

  constructor(hook?: KeyHook) {
    this.#hook = hook;
  }

  find(frag: MediaFragment): SegmentEntry | undefined {
    return this.#byText.get(segmentText(frag, this.#hook));
  }

  get(handle: number): SegmentEntry | undefined {
    return this.#byHandle.get(handle);
  }

  listed(rendition: number): SegmentEntry[] {
    return [...this.#byText.values()].filter((entry) => entry.isListed && entry.rendition === rendition);
  }

  /**
   * The window of one rendition now. Known segments are told at once through `tell`; new ones as soon as they are hashed,
   * in one turn. What was listed and is not any more is told gone.
   */
  list(rendition: number, frags: readonly MediaFragment[], tell: (work: (engine: Engine) => void) => void): void {
    const before = new Set(this.listed(rendition));
    const fresh: SegmentEntry[] = [];
    const known: SegmentEntry[] = [];
    for (const frag of frags) {
      const text = segmentText(frag, this.#hook);
      let entry = this.#byText.get(text);
      if (entry) {
        entry.frag = frag;
        before.delete(entry);
        if (entry.handle !== 0) known.push(entry);
      } else {
        entry = { text, rendition, frag, key: null, handle: 0, isListed: true, known: Promise.resolve() };
        this.#byText.set(text, entry);
        fresh.push(entry);
      }
      entry.isListed = true;
    }
    tell((engine) => {
      for (const entry of known) this.#see(entry, engine);
      for (const entry of before) this.#unlist(entry, engine);
    });
    if (fresh.length === 0) return;
    const hashed = Promise.all(
      fresh.map(async (entry) => {
        entry.key = await segmentKey(entry.text);
      }),
    ).then(
      () => tell((engine) => fresh.forEach((entry) => entry.isListed && this.#see(entry, engine))),
      () => fresh.forEach((entry) => this.#byText.delete(entry.text)), // no hash, no name: left to the stock loader
    );
    for (const entry of fresh) entry.known = hashed;
  }

  /** The engine dropped it. */
  drop(handle: number): void {
    const entry = this.#byHandle.get(handle);
    if (!entry) return;
    entry.handle = 0;
    this.#byHandle.delete(handle);
    this.#byText.delete(entry.text);
  }

  #see(entry: SegmentEntry, engine: Engine): void {
    const { key, frag, rendition } = entry;
    if (!key || this.#byText.get(entry.text) !== entry) return;
    const handle = engine.segment_seen(key.hi, key.lo, rendition, frag.start * 1000, frag.duration * 1000);
    if (handle === 0) {
      this.#byText.delete(entry.text); // the window is full; the next playlist asks again
      this.#byHandle.delete(entry.handle);
    } else {
      this.#byHandle.set(handle, entry);
    }
    entry.handle = handle;
  }

  #unlist(entry: SegmentEntry, engine: Engine): void {
    entry.isListed = false;
    if (entry.handle !== 0) engine.segment_gone(entry.handle);
    else this.#byText.delete(entry.text);
  }
}
