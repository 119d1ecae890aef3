// What `npm run bench:browser` compares: the cases with their targets, the contestants with their settings, the sweep.
// Owns plain data; refuses to run anything. Invariant: every contestant of a case sees the same stream, the same hls.js and the
// same network, and differs only in what stands here.

/** The bit rate of the picture; sound and boxes come on top. Small pictures under noise: real bytes, cheap decoders. */
export const kVideoKbps = 2430;

/**
 * @typedef {object} Case
 * @property {string} name  what `--cases` calls it
 * @property {number} viewers
 * @property {number} segmentS
 * @property {number} [uplinkBps]  each viewer's, by `tc tbf`; unshaped without
 * @property {number} [offloadMin]  what ours must reach
 */

/** @type {Case[]} */
export const cases = [
  { name: '4', viewers: 4, segmentS: 2, offloadMin: 0.72 },
  { name: '6-shaped', viewers: 6, segmentS: 2, uplinkBps: 4e6, offloadMin: 0.77 },
  { name: '8', viewers: 8, segmentS: 2, offloadMin: 0.84 },
];

/** The sweep has the uplinks of the hardest case: what an unshaped local network can do says little. @type {Case[]} */
export const sweep = [1, 2, 4].flatMap((segmentS) =>
  [2, 4, 6, 8].map((viewers) => ({ name: `${viewers}-viewers-${segmentS}s`, viewers, segmentS, uplinkBps: 4e6 })),
);

/** What every case asks of ours besides its offload. */
export const targets = {
  latencyOverCdnMaxS: 0.5,
  firstPictureOverCdnMaxMs: 100,
  stallsMax: 0,
  cpuOverCdnMax: 1.6,
};

const tuned = { highDemandTimeWindow: 2, simultaneousHttpDownloads: 1, httpDownloadTimeWindow: 6, p2pDownloadTimeWindow: 20 };
/** Without it p2p-media-loader moves the player back to the far end of the playlist. */
const equalLatency = { liveSyncDurationCount: 3 };

/**
 * @typedef {object} Contestant
 * @property {string} name  what `--contestants` calls it
 * @property {string} title
 * @property {'cdn-only' | 'hls-bazaar' | 'p2p-media-loader'} page
 * @property {'ours' | 'bittorrent'} [tracker]
 * @property {Record<string, unknown>} [hls]  configuration of hls.js
 * @property {Record<string, unknown>} [p2p]  configuration of the library
 */

/** @type {Contestant[]} */
export const contestants = [
  { name: 'cdn', title: 'CDN only', page: 'cdn-only' },
  ...[
    { name: 'pml-3', title: 'p2p-media-loader, window 3', p2p: { highDemandTimeWindow: 3 } },
    { name: 'pml-tuned', title: 'p2p-media-loader, tuned', p2p: tuned },
  ].flatMap(({ name, title, p2p }) => {
    const shared = { page: /** @type {const} */ ('p2p-media-loader'), tracker: /** @type {const} */ ('bittorrent'), p2p };
    return [
      { ...shared, name: `${name}-live3`, title: `${title}, live sync given`, hls: equalLatency },
      { ...shared, name, title },
    ];
  }),
  { name: 'ours', title: 'hls-bazaar', page: 'hls-bazaar', tracker: 'ours' },
];
