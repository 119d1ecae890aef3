// Owns: putting the demo page together: reads the server's configuration, starts the player, feeds what draws.
// Refuses: drawing and playing. Invariant: the video starts first; whatever fails afterwards costs a drawing, not the picture.
import { BlockMap } from './block-map';
import { showEveryone, showFigures, showNotice } from './figures';
import { Player } from './player';
import { startReporting } from './reporter';
import { SwarmGraph } from './swarm-graph';
import { TrafficChart } from './traffic-chart';

interface DemoConfig {
  tracker: string | null;
  stream: string;
  viewers: number;
}
const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

const config = (await (await fetch('/demo-config.json')).json()) as DemoConfig;
const player = new Player(element<HTMLVideoElement>('video'), {
  src: config.stream,
  tracker: config.tracker,
  viewer: `tab-${Math.random().toString(36).slice(2, 6)}`,
  p2p: new URLSearchParams(location.search).get('p2p') !== '0',
});
declare global {
  interface Window {
    player: Player;
  }
}
window.player = player; // for the curious at the console, and for tests
void player.start();

const swarm = new SwarmGraph(element<HTMLCanvasElement>('swarm'), element('swarm-list'));
const chart = new TrafficChart(element('traffic'));
const blocks = new BlockMap(element<HTMLCanvasElement>('blocks'));

const toggle = element<HTMLButtonElement>('p2p-switch');
function showSwitch(): void {
  if (toggle.disabled) return;
  toggle.setAttribute('aria-checked', String(player.p2p !== null));
}
toggle.addEventListener('click', async () => {
  toggle.disabled = true;
  await player.share(player.p2p === null);
  toggle.disabled = false;
  showSwitch();
  showFigures(player);
});

setInterval(() => blocks.draw(player.p2p?.blocks() ?? [], player.video.currentTime), 250);
setInterval(() => swarm.feed(performance.now(), player.p2p?.peers() ?? [], player.totals().cdn), 500);
setInterval(() => {
  showSwitch();
  showFigures(player);
  showNotice(player);
  chart.add(performance.now() / 1000, player.totals());
}, 1000);
setInterval(() => swarm.describe(player.p2p?.peers() ?? []), 5000);
startReporting(player, showEveryone);
