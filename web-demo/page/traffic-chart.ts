// Owns: the chart of the last two minutes: Mbit/s by source, stacked, and what was passed on as a line of its own.
// Refuses: totals (byte-ledger.ts). Invariant: the top edge of the stack is what this viewer took in all.
import uPlot from 'uplot';
import type { Totals } from './byte-ledger';
import { onThemeChange, theme } from './theme';

const SPAN_S = 120;
/** Segments come every two seconds; a shorter mean would draw a comb, a longer one would hide what happens. */
const MEAN_S = 4;
/** The first seconds fetch a whole window at once. They may run out of the top: they must not flatten all that follows. */
const START_UP_S = 8;

export class TrafficChart {
  #samples: { atS: number; totals: Totals }[] = [];
  #plot: uPlot;
  #startS: number | undefined;
  #topMbits = 0;

  constructor(readonly box: HTMLElement) {
    this.#plot = this.#make();
    onThemeChange(() => {
      this.#plot.destroy();
      this.#plot = this.#make();
      this.#draw();
    });
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(box);
  }

  add(atS: number, totals: Totals): void {
    this.#startS ??= atS;
    this.#samples.push({ atS, totals });
    while (this.#samples.length > 2 && this.#samples[0]!.atS < atS - SPAN_S - MEAN_S - 1) this.#samples.shift();
    this.#draw();
  }

  #draw(): void {
    const samples = this.#samples;
    const nowS = samples.at(-1)?.atS ?? 0;
    const xs: number[] = [];
    const [cdn, taken, up]: number[][] = [[], [], []];
    for (let i = 1; i < samples.length; i++) {
      const to = samples[i]!;
      let from = samples[i - 1]!;
      for (let j = i - 1; j >= 0 && to.atS - samples[j]!.atS <= MEAN_S + 0.5; j--) from = samples[j]!;
      const rate = (key: keyof Totals) =>
        ((to.totals[key] - from.totals[key]) * 8) / 1e6 / Math.max(0.2, to.atS - from.atS);
      xs.push(to.atS - nowS);
      cdn!.push(rate('cdn'));
      taken!.push(rate('cdn') + rate('peers'));
      up!.push(rate('uploaded'));
    }
    const steady = [...taken!, ...up!].filter((_, i) => nowS + xs[i % xs.length]! > this.#startS! + START_UP_S);
    this.#topMbits = Math.max(4, Math.ceil(1.15 * Math.max(0, ...steady)));
    this.#plot.setData([xs, taken!, cdn!, up!]);
    const last = xs.length - 1;
    if (last >= 0) {
      const peers = (taken![last]! - cdn![last]!).toFixed(1);
      this.box.setAttribute(
        'aria-label',
        `Now: ${peers} Mbit/s from peers, ${cdn![last]!.toFixed(1)} from the CDN, ${up![last]!.toFixed(1)} passed on`,
      );
    }
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(200, this.box.clientWidth), height: this.box.clientHeight };
  }

  #make(): uPlot {
    const t = theme();
    const font = `12px ${t.font}`;
    const axis = { stroke: t.muted, font, ticks: { show: false }, grid: { stroke: t.line, width: 1 } };
    return new uPlot(
      {
        ...this.#size(),
        cursor: { show: false },
        legend: { show: false },
        padding: [10, 16, 0, 0],
        scales: { x: { time: false, range: [-SPAN_S, 0] }, y: { range: () => [0, this.#topMbits || 4] } },
        axes: [
          {
            ...axis,
            size: 28,
            grid: { show: false },
            splits: [-120, -90, -60, -30, 0],
            values: (_u, at) => at.map((s) => (s === 0 ? 'now' : `−${-s} s`)),
          },
          { ...axis, size: 52, values: (_u, at) => at.map((v, i) => (i === at.length - 1 ? `${v} Mb/s` : String(v))) },
        ],
        // The whole first, then the CDN's part painted over it: what stays visible above is the peers' part.
        series: [
          {},
          { stroke: t.peersFill, fill: t.peersFill, width: 1, points: { show: false } },
          { stroke: t.cdnFill, fill: t.cdnFill, width: 1, points: { show: false } },
          { stroke: t.upFill, width: 2, dash: [5, 4], points: { show: false } },
        ],
      },
      [[], [], [], []],
      this.box,
    );
  }
}
