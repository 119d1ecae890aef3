// Owns: the page's text: the big figures, the status line, the notice, the sentence about everyone.
// Refuses: to compute anything but a ratio. Invariant: an element changes only when its words do, so that a screen
// reader and the layout rest between news.
import { offloadOf } from './byte-ledger';
import { formatBytes, formatPercent, formatSeconds } from './format';
import type { Player } from './player';
import type { SwarmTotals } from './reporter';

function write(id: string, words: string): void {
  const element = document.getElementById(id)!;
  if (element.textContent !== words) element.textContent = words;
}

export function showFigures(player: Player): void {
  const totals = player.totals();
  const stats = player.p2p?.stats;
  const offload = offloadOf(totals);
  write('offload', (offload * 100).toFixed(0));
  document.getElementById('split-peers')!.style.flexGrow = String(totals.peers);
  document.getElementById('split-cdn')!.style.flexGrow = String(totals.cdn);
  write('bytes-peers', formatBytes(totals.peers));
  write('bytes-cdn', formatBytes(totals.cdn));
  write('bytes-up', formatBytes(totals.uploaded));
  write('peers', String(stats?.peers ?? 0));
  write('latency', formatSeconds(player.latencyS));
  write('stalls', String(player.stalls));
  showStatus(player);
}

/** Why nobody shares with this viewer, in the library's words and in ours. */
const REASONS: Record<string, string> = {
  starting: 'Starting',
  overloaded: 'Too busy to share',
  alone: 'Alone in the swarm so far',
  connecting: 'Meeting the other viewers',
  'no-connection': 'The others cannot be reached',
  'tracker-connecting': 'Looking for other viewers',
  'tracker-unreachable': 'The tracker does not answer',
  vod: 'Not a live stream: plain HLS',
};

function showStatus(player: Player): void {
  const { peers, reason } = player.p2p?.stats ?? { peers: 0, reason: 'off' };
  const waiting = ['starting', 'alone', 'connecting', 'tracker-connecting'].includes(reason ?? '');
  document.getElementById('status')!.dataset['state'] = peers > 0 ? 'sharing' : waiting ? 'starting' : 'plain';
  write(
    'status',
    peers > 0 ? `Sharing with ${peers} ${peers === 1 ? 'viewer' : 'viewers'}` : (REASONS[reason ?? ''] ?? 'Plain HLS'),
  );
}

/** Passing trouble is shown so long; what ended sharing stays as long as nobody shares. */
const NOTICE_MS = 15_000;

/** Only what a person should act on: the library's errors and fatal ones; hls.js heals the rest by itself. */
export function showNotice(player: Player): void {
  const latest = player.errors.findLast(({ source, fatal }) => source === 'bazaar' || fatal);
  const lasting = latest?.source === 'bazaar' && latest.fatal && !player.p2p?.stats.peers;
  const notice = document.getElementById('notice')!;
  notice.hidden = !latest || (!lasting && performance.now() - latest.atMs > NOTICE_MS);
  if (latest && !notice.hidden) write('notice', latest.message);
}

export function showEveryone(totals: SwarmTotals): void {
  if (totals.viewers === 0) return;
  const others = totals.viewers - 1;
  write(
    'everyone',
    `${others === 0 ? 'You are the only viewer here.' : `You and ${others} other ${others === 1 ? 'viewer' : 'viewers'} here.`} ` +
      `Together: ${formatBytes(totals.bytesFromCdn + totals.bytesFromPeers)} watched, ${formatPercent(totals.offload)} of it from one another.`,
  );
}
