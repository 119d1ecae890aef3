// What the pages of all contestants share: one hls.js on one video, and a probe that counts what it is handed and how it plays.
// Owns `window.probe`; refuses to know any library. Invariant: the probe is the same for all, so what it costs is, too.
import Hls, { type FragmentLoaderConstructor, type HlsConfig } from 'hls.js';

const kSampleMs = 250;
/** A playhead that stands still this long is a stall, whether or not the element says so. */
const kFrozenMs = 500;

/** What a library says of itself, for the record; the bench judges by bytes on the wire and at the origin. */
export type Payload = () => { uploadedBytes: number; downloadedBytes: number } & Record<string, unknown>;

export const query = new URLSearchParams(location.search);
export const settings = (name: string): Record<string, unknown> => JSON.parse(query.get(name) ?? '{}') as Record<string, unknown>;
export const source = '/live/master.m3u8';
export const video = document.querySelector('video')!;
// hls.js as a bundler gives it: without its worker. With one it detaches the buffers that it is given, and p2p-media-loader 2.3.1, which
// hands over those it serves from, then serves nobody.
export const hlsConfig = settings('hls') as Partial<HlsConfig>;

class Probe {
  bytes = 0;
  stalls = 0;
  frozenMs = 0;
  latencies: number[] = [];
  firstFrameMs: number | null = null;
  errors: string[] = [];
  #hls: Hls;
  #payload: Payload | undefined;
  #position = 0;
  #stillMs = 0;
  #isStalled = false;

  constructor(hls: Hls, payload?: Payload) {
    this.#hls = hls;
    this.#payload = payload;
    hls.on(Hls.Events.ERROR, (_event, { details, fatal }) => this.errors.push(fatal ? `${details} (fatal)` : details));
    video.addEventListener('playing', () => (this.firstFrameMs ??= performance.now()));
    video.addEventListener('waiting', () => !video.seeking && this.#stall());
    video.addEventListener('playing', () => (this.#isStalled = false));
    setInterval(() => this.#sample(), kSampleMs);
    // Where loaders hand over, whoever made them: afterwards hls.js has detached the buffer.
    const Inner = (hls.config.fLoader ?? hls.config.loader) as unknown as FragmentLoaderConstructor;
    const handed = (bytes: number): void => void (this.bytes += bytes);
    hls.config.fLoader = class extends Inner {
      override load(...[context, config, callbacks]: Parameters<InstanceType<FragmentLoaderConstructor>['load']>): void {
        const onSuccess: typeof callbacks.onSuccess = (response, ...rest) => {
          if (context.frag.sn !== 'initSegment' && response.data instanceof ArrayBuffer) handed(response.data.byteLength);
          callbacks.onSuccess(response, ...rest);
        };
        super.load(context, config, { ...callbacks, onSuccess });
      }
    };
  }

  read() {
    const { bytes, stalls, frozenMs, firstFrameMs, latencies, errors } = this;
    const buffered = video.buffered.length > 0 ? video.buffered.end(video.buffered.length - 1) - video.currentTime : 0;
    return { bytes, stalls, frozenMs, firstFrameMs, latencies, errors, buffered, payload: this.#payload?.() ?? null };
  }

  #stall(): void {
    if (this.firstFrameMs === null || this.#isStalled || video.paused) return;
    this.#isStalled = true;
    ++this.stalls;
  }

  #sample(): void {
    if (this.firstFrameMs === null) return;
    this.latencies.push(this.#hls.latency);
    const { currentTime } = video;
    if (currentTime !== this.#position) {
      this.#stillMs = 0;
      this.#position = currentTime;
      return;
    }
    this.#stillMs += kSampleMs;
    this.frozenMs += kSampleMs;
    if (this.#stillMs >= kFrozenMs) this.#stall();
  }
}

declare global {
  interface Window {
    probe: Probe;
  }
}

/** Plays the stream; the library, if any, is in place already. */
export function play(hls: Hls, payload?: Payload): void {
  window.probe = new Probe(hls, payload);
  hls.loadSource(source);
  hls.attachMedia(video);
  void video.play();
}
