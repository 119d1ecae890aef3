// Tells the engine where the player is: media time, how far it is buffered, how fast it moves.
// Owns the timer and the listeners on the media element; refuses to change anything on it. Invariant: reports only what the
// element says; nothing before there is something to say (the engine then takes the player for one that waits).
import type Hls from 'hls.js';

export interface Playhead {
  positionMs: number;
  bufferedEndMs: number;
  /** 0 while paused, seeking or without data for the next frame. */
  rate: number;
}

const kIntervalMs = 250;
/** hls.js jumps small holes itself, so a range that begins just ahead is what the player will play. */
const kHoleS = 0.5;
const kEvents = ['playing', 'waiting', 'seeking', 'seeked', 'ratechange', 'pause'] as const;
const kHasMetadata = 1;
const kHasFuture = 3;

type Media = Pick<HTMLMediaElement, 'currentTime' | 'buffered' | 'paused' | 'seeking' | 'readyState' | 'playbackRate'>;

export function readPlayhead(media: Media): Playhead | null {
  const { currentTime, buffered } = media;
  if (media.readyState < kHasMetadata || (currentTime === 0 && buffered.length === 0)) return null;
  let end = currentTime;
  for (let i = 0; i < buffered.length; ++i) {
    if (buffered.start(i) <= end + kHoleS) end = Math.max(end, buffered.end(i));
  }
  const isMoving = !media.paused && !media.seeking && media.readyState >= kHasFuture;
  return { positionMs: currentTime * 1000, bufferedEndMs: end * 1000, rate: isMoving ? media.playbackRate : 0 };
}

export class PlayheadObserver {
  #hls: Hls;
  #tick: () => void;
  #media: HTMLMediaElement | null = null;
  #timer: ReturnType<typeof setInterval>;

  /** `report` is called on each tick, with null while there is nothing to say. */
  constructor(hls: Hls, report: (playhead: Playhead | null) => void) {
    this.#hls = hls;
    this.#tick = () => {
      this.#watch(this.#hls.media ?? null);
      report(this.#media && readPlayhead(this.#media));
    };
    this.#timer = setInterval(this.#tick, kIntervalMs);
    this.#tick();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watch(null);
  }

  #watch(media: HTMLMediaElement | null): void {
    if (media === this.#media) return;
    for (const name of kEvents) this.#media?.removeEventListener(name, this.#tick);
    this.#media = media;
    for (const name of kEvents) media?.addEventListener(name, this.#tick);
  }
}
