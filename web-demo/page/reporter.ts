// Owns: telling the demo's server once a second how this viewer fares, and handing back the sums over all viewers.
// Refuses: to matter: without an answer the page shows only itself.
// Invariant: one report is under way at a time.
import { type Player } from './player';

export interface SwarmTotals {
  viewers: number;
  bytesFromCdn: number;
  bytesFromPeers: number;
  offload: number;
}

export function startReporting(player: Player, onTotals: (totals: SwarmTotals) => void = () => undefined): void {
  let busy = false;
  setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch('/viewer-report', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(reportOf(player)),
        signal: AbortSignal.timeout(4000),
      });
      if (answer.ok) onTotals((await answer.json()) as SwarmTotals);
    } catch {
      // The server went away; the video knows that better than we do.
    } finally {
      busy = false;
    }
  }, 1000);
}

export function reportOf(player: Player): Record<string, unknown> {
  const { cdn, peers, uploaded } = player.totals();
  const latency = player.latencyS;
  return {
    viewer: player.viewer,
    bytesFromCdn: cdn,
    bytesFromPeers: peers,
    bytesUploaded: uploaded,
    peers: player.p2p?.stats.peers ?? 0,
    stalls: player.stalls,
    ...(Number.isFinite(latency) && latency >= 0 ? { latencyS: latency } : {}),
    state: player.p2p ? 'p2p' : 'plain',
  };
}
