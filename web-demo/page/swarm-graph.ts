// Owns: the picture of the swarm: this viewer in the middle, the CDN above, its peers around, blocks moving between them.
// Refuses: peers beyond its own links; nobody can see the whole swarm. Invariant: it rests while nobody can see it.
import { BlockDots, type Flow } from './block-dots';
import { formatRate } from './format';
import type { PeerTraffic } from './library';
import { prepare, theme, type Theme } from './theme';

interface Node {
  label: string;
  angle: number;
  in: { bytes: number; rate: number };
  out: { bytes: number; rate: number };
  seen: boolean;
}
interface Spot {
  x: number;
  y: number;
}
const CDN = 'cdn';
/** Peers share the arc below and beside this viewer, clear of the CDN's line: degrees clockwise from the right. */
const ARC = { from: -28, to: 208 };
/** Beyond this many peers their rates would overprint one another; the edges' widths still tell. */
const LABELLED_MAX = 5;

export class SwarmGraph {
  #nodes = new Map<string, Node>();
  #dots = new BlockDots();
  #visible = true;
  #fedMs = 0;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly list: HTMLElement,
  ) {
    new IntersectionObserver((entries) => (this.#visible = entries.at(-1)!.isIntersecting)).observe(canvas);
    const frame = (nowMs: number) => {
      if (this.#visible) this.#draw(nowMs);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Twice a second: what each link has carried since it opened. */
  feed(nowMs: number, peers: PeerTraffic[], cdnBytes: number): void {
    const spanMs = Math.max(100, nowMs - this.#fedMs);
    this.#fedMs = nowMs;
    for (const node of this.#nodes.values()) node.seen = false;
    this.#traffic(CDN, 'CDN', cdnBytes, 0, nowMs, spanMs);
    for (const { id, bytesIn, bytesOut } of peers)
      this.#traffic(String(id), shortId(id), bytesIn, bytesOut, nowMs, spanMs);
    for (const [id, node] of this.#nodes) {
      if (node.seen) continue;
      this.#nodes.delete(id);
      this.#dots.forget(id);
    }
    this.canvas.setAttribute('aria-label', `You, the CDN and ${peers.length} peers`);
  }

  /** The same for a screen reader; seldom, because it is read out. */
  describe(peers: PeerTraffic[]): void {
    this.list.replaceChildren(
      ...peers.map(({ id, rttMs }) => {
        const node = this.#nodes.get(String(id));
        const text = `Peer ${shortId(id)}: ${formatRate(node?.in.rate ?? 0)} in, ${formatRate(node?.out.rate ?? 0)} out, ${Math.round(rttMs)} ms away`;
        return Object.assign(document.createElement('li'), { textContent: text });
      }),
    );
  }

  #traffic(id: string, label: string, bytesIn: number, bytesOut: number, nowMs: number, spanMs: number): void {
    let node = this.#nodes.get(id);
    if (!node) {
      node = { label, angle: 90, in: { bytes: bytesIn, rate: 0 }, out: { bytes: bytesOut, rate: 0 }, seen: true };
      this.#nodes.set(id, node);
    }
    node.seen = true;
    for (const [flow, bytes] of [
      ['in', bytesIn],
      ['out', bytesOut],
    ] as [Flow, number][]) {
      const moved = Math.max(0, bytes - node[flow].bytes);
      node[flow].bytes = bytes;
      // About three seconds of memory: a segment's burst and the pause after it make one figure.
      node[flow].rate += (1 - Math.exp(-spanMs / 3000)) * ((moved * 8000) / spanMs - node[flow].rate);
      if (!theme().still) this.#dots.feed(id, flow, moved, nowMs, spanMs);
    }
  }

  #draw(nowMs: number): void {
    const { context, width, height } = prepare(this.canvas);
    const t = theme();
    const me: Spot = { x: width / 2, y: height * 0.47 };
    const spots = this.#place(width, height, me);
    for (const [id, spot] of spots) this.#edge(context, t, spot, me, this.#nodes.get(id)!);
    for (const { edge, flow, progress, lane } of this.#dots.moving(nowMs)) {
      const spot = spots.get(edge);
      if (spot)
        dot(
          context,
          flow === 'in' ? (edge === CDN ? t.cdnFill : t.peersFill) : t.upFill,
          spot,
          me,
          flow,
          progress,
          lane,
        );
    }
    for (const [id, spot] of spots) this.#node(context, t, id, spot);
    disc(context, me, 23, t.ink, t.card);
    text(context, 'you', me.x, me.y, `600 13px ${t.font}`, t.card);
    if (spots.size <= 1) text(context, 'No peers', width / 2, height * 0.8, `14px ${t.font}`, t.muted);
  }

  #place(width: number, height: number, me: Spot): Map<string, Spot> {
    const spots = new Map<string, Spot>();
    const peers = [...this.#nodes.keys()].filter((id) => id !== CDN);
    if (this.#nodes.has(CDN)) spots.set(CDN, { x: me.x, y: 22 });
    // Few peers stand together below, with room for their figures; many fill the arc.
    const many = peers.length > LABELLED_MAX;
    const span = Math.min(ARC.to - ARC.from, (many ? 62 : 56) * Math.max(0, peers.length - 1));
    const reach = { x: Math.min(width / 2 - 44, 250), y: height * (many ? 0.44 : 0.36) };
    peers.forEach((id, i) => {
      const node = this.#nodes.get(id)!;
      const wanted = peers.length > 1 ? 90 + span / 2 - (span * i) / (peers.length - 1) : 90;
      node.angle += (wanted - node.angle) * (theme().still ? 1 : 0.12);
      const radians = (node.angle * Math.PI) / 180;
      spots.set(id, { x: me.x + reach.x * Math.cos(radians), y: me.y + reach.y * Math.sin(radians) });
    });
    return spots;
  }

  #edge(context: CanvasRenderingContext2D, t: Theme, from: Spot, to: Spot, node: Node): void {
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.strokeStyle = t.line;
    context.lineWidth = 1.5 + Math.min(7, (node.in.rate + node.out.rate) / 4e5);
    context.lineCap = 'round';
    context.stroke();
  }

  #node(context: CanvasRenderingContext2D, t: Theme, id: string, spot: Spot): void {
    const node = this.#nodes.get(id)!;
    const labelled = this.#nodes.size <= LABELLED_MAX + 1;
    if (id === CDN) {
      disc(context, spot, 20, t.card, t.cdnFill);
      text(context, 'CDN', spot.x, spot.y, `600 12px ${t.font}`, t.cdn);
      text(context, `↓ ${formatRate(node.in.rate)}`, spot.x + 30, spot.y, `12px ${t.font}`, t.cdn, 'left');
      return;
    }
    disc(context, spot, 17, t.card, t.peersFill);
    text(context, node.label, spot.x, spot.y, `600 11px ${t.font}`, t.ink);
    if (!labelled) return;
    text(context, `↓ ${formatRate(node.in.rate)}`, spot.x, spot.y + 27, `12px ${t.font}`, t.peers);
    text(context, `↑ ${formatRate(node.out.rate)}`, spot.x, spot.y + 42, `12px ${t.font}`, t.up);
  }
}

function shortId(id: number | string): string {
  return (typeof id === 'number' ? (id >>> 0).toString(16).padStart(8, '0') : id).slice(0, 3);
}

function dot(
  context: CanvasRenderingContext2D,
  colour: string,
  far: Spot,
  me: Spot,
  flow: Flow,
  progress: number,
  lane: number,
): void {
  const [from, to] = flow === 'in' ? [far, me] : [me, far];
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  // Each direction keeps to its own side of the line, as on a road.
  const aside = 5 + lane * 2.5;
  const eased = progress * progress * (3 - 2 * progress);
  context.beginPath();
  context.arc(
    from.x + (to.x - from.x) * eased - ((to.y - from.y) / length) * aside,
    from.y + (to.y - from.y) * eased + ((to.x - from.x) / length) * aside,
    3.4,
    0,
    7,
  );
  context.fillStyle = colour;
  context.fill();
}

function disc(context: CanvasRenderingContext2D, { x, y }: Spot, radius: number, fill: string, ring: string): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = ring;
  context.lineWidth = 2;
  context.stroke();
}

function text(
  context: CanvasRenderingContext2D,
  words: string,
  x: number,
  y: number,
  font: string,
  colour: string,
  align: CanvasTextAlign = 'center',
): void {
  context.font = font;
  context.textAlign = align;
  context.textBaseline = 'middle';
  context.fillStyle = colour;
  context.fillText(words, x, y);
}
