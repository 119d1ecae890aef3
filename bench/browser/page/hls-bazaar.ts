// Ours, as a site without a bundler loads it: the file in dist/, its .wasm beside it.
// Owns the options; refuses to probe. Invariant: no STUN: nobody outside the bridge is asked or told anything.
import Hls from 'hls.js';
import { hlsConfig, play, query, settings } from './viewer';

interface Stats {
  bytesUploaded: number;
  bytesDownloaded: number;
}
interface Library {
  attach(hls: Hls, options: Record<string, unknown>): { stats: Stats };
}

const path = '/lib/hls-bazaar.js';
const { attach } = (await import(path)) as Library;
const hls = new Hls(hlsConfig);
const p2p = attach(hls, { tracker: query.get('tracker'), iceServers: [], ...settings('p2p') });
play(hls, () => ({ ...p2p.stats, uploadedBytes: p2p.stats.bytesUploaded, downloadedBytes: p2p.stats.bytesDownloaded }));
