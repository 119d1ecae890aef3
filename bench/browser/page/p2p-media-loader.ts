// p2p-media-loader 2.3.1 as its documentation attaches it to hls.js: its two loaders in the configuration, then bindHls.
// Owns its options; refuses to probe. Invariant: no STUN, as with ours; the settings under test come in the query.
import Hls from 'hls.js';
import { HlsJsP2PEngine } from 'p2p-media-loader-hlsjs';
import { hlsConfig, play, query, settings } from './viewer';

const engine = new HlsJsP2PEngine({
  core: { announceTrackers: [query.get('tracker')!], rtcConfig: { iceServers: [] }, ...settings('p2p') },
});
const said = { uploadedBytes: 0, downloadedBytes: 0, bytesFromPeers: 0, peers: 0 };
engine.addEventListener('onChunkUploaded', (bytes) => (said.uploadedBytes += bytes));
engine.addEventListener('onChunkDownloaded', (bytes, from) => {
  said.downloadedBytes += bytes;
  if (from === 'p2p') said.bytesFromPeers += bytes;
});
engine.addEventListener('onPeerConnect', () => ++said.peers);
engine.addEventListener('onPeerClose', () => --said.peers);
const hls = new Hls({ ...hlsConfig, ...(engine.getConfigForHlsJs() as object) });
engine.bindHls(hls);
play(hls, () => ({ ...said }));
