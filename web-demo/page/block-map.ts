// Owns: the block map: a row a segment, a cell a block, coloured by state and source, and where the viewer is.
// Refuses: to know how blocks move. Invariant: colour never speaks alone: missing is hollow, coming is hatched, held is
// solid, and what the CDN brought carries a notch.
import type { SegmentBlocks } from './library';
import { prepare, theme, type Theme } from './theme';

const ROWS_MAX = 14;
const ROW = 24;
const LABEL = 64;

export class BlockMap {
  #hatches = new Map<string, CanvasPattern>();

  constructor(readonly canvas: HTMLCanvasElement) {}

  draw(segments: SegmentBlocks[], playheadS: number): void {
    const rows = [...segments].sort((a, b) => a.start - b.start).slice(-ROWS_MAX);
    this.canvas.hidden = rows.length === 0;
    if (rows.length === 0) return;
    this.canvas.style.height = `${Math.max(3, rows.length) * ROW}px`;
    const { context, width } = prepare(this.canvas);
    const t = theme();
    const columns = Math.max(8, ...rows.map(({ states }) => states.length));
    const cell = Math.min(96, (width - LABEL) / columns);
    rows.forEach((row, i) => this.#row(context, t, row, i * ROW, cell, playheadS));
    this.canvas.setAttribute('aria-label', summary(rows));
  }

  #row(
    context: CanvasRenderingContext2D,
    t: Theme,
    { sn, start, duration, states }: SegmentBlocks,
    y: number,
    cell: number,
    playheadS: number,
  ): void {
    const current = playheadS >= start && playheadS < start + duration;
    context.font = `${current ? 600 : 400} 12px ${t.font}`;
    context.textBaseline = 'middle';
    context.fillStyle = current ? t.ink : t.muted;
    context.fillText(`${current ? '▸ ' : ''}${sn}`, current ? 0 : 12, y + ROW / 2);
    const gap = cell > 8 ? 2 : 0.5;
    for (let block = 0; block < states.length; block++) {
      this.#cell(context, t, states[block]!, LABEL + block * cell, y + 3, cell - gap, ROW - 6);
    }
    // A segment nobody here has asked for yet has an unknown size: one quiet bar instead of a made-up number of cells.
    if (states.length === 0) this.#cell(context, t, 0, LABEL, y + 3, cell * 8 - gap, ROW - 6);
    if (current) {
      const x = LABEL + ((playheadS - start) / duration) * Math.max(states.length, 8) * cell;
      context.fillStyle = t.card;
      context.fillRect(x - 2.5, y, 5, ROW);
      context.fillStyle = t.ink;
      context.fillRect(x - 1, y, 2, ROW);
    }
  }

  #cell(context: CanvasRenderingContext2D, t: Theme, state: number, x: number, y: number, w: number, h: number): void {
    const [status, source] = [state & 3, (state >> 2) & 3];
    const colour = source === 1 ? t.cdnFill : source === 2 ? t.peersFill : t.muted;
    context.beginPath();
    context.roundRect(x, y, Math.max(1, w), h, Math.min(3, w / 4));
    context.fillStyle = status === 2 ? colour : t.empty;
    context.fill();
    if (status === 1) {
      context.fillStyle = this.#hatch(context, colour);
      context.fill();
    }
    if (status < 2) {
      context.strokeStyle = status === 1 ? colour : t.line;
      context.lineWidth = 1;
      context.stroke();
    }
    if (status === 2 && source === 1 && w > 8) {
      context.fillStyle = t.card;
      context.beginPath();
      context.moveTo(x + w - 7, y);
      context.lineTo(x + w, y);
      context.lineTo(x + w, y + 7);
      context.fill();
    }
  }

  #hatch(context: CanvasRenderingContext2D, colour: string): CanvasPattern {
    const known = this.#hatches.get(colour);
    if (known) return known;
    const tile = Object.assign(document.createElement('canvas'), { width: 6, height: 6 });
    const pen = tile.getContext('2d')!;
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    for (const shift of [-6, 0, 6]) {
      pen.moveTo(shift, 6);
      pen.lineTo(shift + 6, 0);
    }
    pen.stroke();
    const pattern = context.createPattern(tile, 'repeat')!;
    this.#hatches.set(colour, pattern);
    return pattern;
  }
}

function summary(rows: SegmentBlocks[]): string {
  const all = rows.flatMap(({ states }) => [...states]);
  const count = (status: number, source?: number) =>
    all.filter((s) => (s & 3) === status && (source === undefined || s >> 2 === source)).length;
  return `${rows.length} segments: ${count(2, 2)} blocks from peers, ${count(2, 1)} from the CDN, ${count(1)} on their way, ${count(0)} not yet`;
}
