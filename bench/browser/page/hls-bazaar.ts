// Ours as the README attaches it, bundled with hls.js as the others are; its .wasm is fetched from dist/.
// Owns the options; refuses to probe. Invariant: no STUN: nobody outside the bridge is asked or told anything.
import Hls from 'hls.js';
import { attach } from 'hls-bazaar';
import { hlsConfig, play, query, settings } from './viewer';

const hls = new Hls(hlsConfig);
const p2p = attach(hls, { tracker: query.get('tracker')!, iceServers: [], wasmUrl: '/lib/hls-bazaar.wasm', ...settings('p2p') });
play(hls, () => ({ ...p2p.stats, uploadedBytes: p2p.stats.bytesUploaded, downloadedBytes: p2p.stats.bytesDownloaded }));
