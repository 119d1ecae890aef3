// Owns: the bare viewer: what headless browsers and tests open. Query: src, tracker, p2p=0|1, viewer (name),
// report=1 (tell the demo's server), trace=1 (keep the engine's trace), bazaar={json} and hls={json} (options passed on).
// Refuses: looks. Invariant: `window.viewer` exists before anything is loaded.
import { formatBytes, formatPercent } from './format';
import { offloadOf } from './byte-ledger';
import { Player } from './player';
import { startReporting } from './reporter';

const query = new URLSearchParams(location.search);
const json = (name: string): Record<string, unknown> => JSON.parse(query.get(name) ?? '{}') as Record<string, unknown>;
const video = document.querySelector('video')!;

/** JSON lines for `simulator replay`. */
const trace: string[] = [];

const player = new Player(video, {
  src: query.get('src') ?? '/live/master.m3u8',
  tracker: query.get('tracker'),
  viewer: query.get('viewer') ?? `viewer-${Math.random().toString(36).slice(2, 8)}`,
  p2p: query.get('p2p') !== '0',
  bazaar: { ...json('bazaar'), ...(query.get('trace') === '1' && { trace: (line: string) => trace.push(line) }) },
  hls: json('hls'),
});

const api = {
  player,
  video,
  trace,
  hls: player.hls,
  get p2p() {
    return player.p2p;
  },
  get stalls() {
    return player.stalls;
  },
  get firstFrameMs() {
    return player.firstFrameMs;
  },
  get errors() {
    return player.errors;
  },
  latency: () => player.latencyS,
  totals: () => player.totals(),
  share: (on: boolean) => player.share(on),
};
declare global {
  interface Window {
    viewer: typeof api;
  }
}
window.viewer = api;

if (query.get('report') === '1') startReporting(player);
setInterval(() => {
  const totals = player.totals();
  document.querySelector('output')!.textContent =
    `${player.viewer} · ${player.p2p ? `${player.p2p.stats.peers} peers` : 'plain HLS'} · CDN ${formatBytes(totals.cdn)} · ` +
    `peers ${formatBytes(totals.peers)} · offload ${formatPercent(offloadOf(totals))} · ${player.stalls} stalls`;
}, 1000);
await player.start();
