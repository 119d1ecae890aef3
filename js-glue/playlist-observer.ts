// Turns hls.js's playlist events into the engine's window: which segments are live, which renditions the player follows.
// Owns the subscriptions and the numbering of renditions; refuses VOD, low-latency parts, I-frame and subtitle playlists,
// which stay with the stock loader. Invariant: at most kSegmentsMax segments a rendition are listed, nearest the playhead
// first, and a rendition that is no longer followed has none.
import type Hls from 'hls.js';
import type { LevelDetails, MediaFragment } from 'hls.js';
import type { Core } from './core.js';
import { hash32, pathOf } from './segment-key.js';
import type { SegmentIndex } from './segment-index.js';

/** hls.js asks for what lies just behind the playhead after a small seek back, and slower viewers still play it. */
const kBehindS = 10;
const kSegmentsMax = 64;

/** The part of a live playlist that is worth trading, given the media time of the playhead. */
export function tradeWindow(details: LevelDetails, positionS: number): MediaFragment[] {
  return details.fragments
    .filter((frag) => frag.start + frag.duration > positionS - kBehindS && !frag.gap && /^https?:/.test(frag.url))
    .slice(0, kSegmentsMax);
}

export type Unsupported = 'vod' | 'low-latency';

/** Why a playlist is not traded; null when it is. */
export function unsupported(details: LevelDetails, isLowLatencyMode: boolean): Unsupported | null {
  if (!details.live) return 'vod';
  return details.partList && isLowLatencyMode ? 'low-latency' : null;
}

type Kind = 'main' | 'audio';

export class PlaylistObserver {
  #hls: Hls;
  #core: Core;
  #index: SegmentIndex;
  #onPlaylist: (why: Unsupported | null) => void;
  #onFailure: (cause: unknown) => void;
  #renditions = new Map<string, number>();
  #active = new Map<Kind, number>();
  #off: (() => void)[] = [];

  /**
   * `onPlaylist` hears of each playlist of the player's choice whether it is traded; `onFailure` of whatever goes wrong in
   * a handler (a page's segmentKey hook, say), which must not become an exception inside hls.js.
   */
  constructor(
    hls: Hls,
    core: Core,
    index: SegmentIndex,
    onPlaylist: (why: Unsupported | null) => void,
    onFailure: (cause: unknown) => void,
  ) {
    this.#hls = hls;
    this.#core = core;
    this.#index = index;
    this.#onPlaylist = onPlaylist;
    this.#onFailure = onFailure;
    this.#on('hlsLevelUpdated', ({ level, details }: { level: number; details: LevelDetails }) => this.#level(level, details));
    this.#on('hlsLevelPtsUpdated', ({ details }: { details: LevelDetails }) => this.#moved(details));
    this.#on('hlsLevelSwitching', ({ level }: { level: number }) => this.#switching('main', hls.levels[level]?.details));
    this.#on('hlsAudioTrackUpdated', ({ id, details }: { id: number; details: LevelDetails }) => this.#track(id, details));
    this.#on('hlsAudioTrackSwitching', ({ id }: { id: number }) => this.#switching('audio', hls.audioTracks[id]?.details));
    this.#guard(() => {
      // What was loaded before we came.
      const level = hls.levels[hls.loadLevel];
      if (level?.details) this.#level(hls.loadLevel, level.details);
      const track = hls.audioTracks[hls.audioTrack];
      if (track?.details) this.#track(hls.audioTrack, track.details);
    });
  }

  /** The rendition followed for video (or muxed media); -1 while there is none. */
  get mainRendition(): number {
    return this.#active.get('main') ?? -1;
  }

  close(): void {
    for (const off of this.#off.splice(0)) off();
  }

  #on<T>(name: string, handler: (data: T) => void): void {
    const hls = this.#hls as unknown as { on: (n: string, h: unknown) => void; off: (n: string, h: unknown) => void };
    const listener = (_name: string, data: T): void => this.#guard(() => handler(data));
    hls.on(name, listener);
    this.#off.push(() => hls.off(name, listener));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.#onFailure(cause);
    }
  }

  #level(level: number, details: LevelDetails): void {
    // A level that is loaded only to be looked at (steering, bitrate test) is not followed.
    if (this.#hls.loadLevel === -1 || this.#hls.loadLevel === level) this.#follow('main', details);
  }

  #track(id: number, details: LevelDetails): void {
    if (this.#hls.audioTrack === id) this.#follow('audio', details);
  }

  #follow(kind: Kind, details: LevelDetails): void {
    if (details.iframesOnly) return;
    const why = unsupported(details, this.#hls.config.lowLatencyMode);
    this.#onPlaylist(why);
    if (why) return this.#leave(kind);
    const rendition = this.#numberOf(details);
    if (this.#active.get(kind) !== rendition) {
      this.#leave(kind);
      this.#active.set(kind, rendition);
      this.#core.tell((engine) => engine.rendition_active(rendition, 1));
    }
    this.#list(rendition, details);
  }

  #moved(details: LevelDetails): void {
    const rendition = this.#renditions.get(pathOf(details.url));
    if (rendition !== undefined && [...this.#active.values()].includes(rendition) && details.live) this.#list(rendition, details);
  }

  #switching(kind: Kind, details: LevelDetails | undefined): void {
    const rendition = details && this.#renditions.get(pathOf(details.url));
    if (rendition === undefined || rendition !== this.#active.get(kind)) this.#leave(kind);
  }

  #leave(kind: Kind): void {
    const rendition = this.#active.get(kind);
    if (rendition === undefined) return;
    this.#active.delete(kind);
    if ([...this.#active.values()].includes(rendition)) return; // audio and video of one playlist
    this.#core.tell((engine) => engine.rendition_active(rendition, 0));
    this.#index.list(rendition, [], (work) => this.#core.tell(work));
  }

  #list(rendition: number, details: LevelDetails): void {
    this.#index.list(rendition, tradeWindow(details, this.#positionS(details)), (work) => this.#core.tell(work));
  }

  #positionS(details: LevelDetails): number {
    const media = this.#hls.media;
    if (media && (media.currentTime > 0 || media.buffered.length > 0)) return media.currentTime;
    return this.#hls.liveSyncPosition ?? details.edge - 3 * details.targetduration;
  }

  #numberOf(details: LevelDetails): number {
    const path = pathOf(details.url);
    const known = this.#renditions.get(path);
    if (known !== undefined) return known;
    const number = hash32(path) >>> 1; // the same for all viewers: the tracker brings those of one rendition together
    this.#renditions.set(path, number);
    return number;
  }
}
