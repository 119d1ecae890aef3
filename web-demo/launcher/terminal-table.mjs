// Owns: the live table in the terminal. On a TTY it is redrawn in place once a second; in a pipe it is a line every 5 s.
// Refuses: to gather figures. Invariant: `say` may be called at any time and never ends up inside the table.
import Table from 'cli-table3';
import { clearScreenDown, moveCursor } from 'node:readline';

const REDRAW_MS = 1000;
const LINE_MS = 5000;

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const percent = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(0)} %` : '–');
const seconds = (s) => (s === undefined ? '–' : `${s.toFixed(1)} s`);

/**
 * @typedef {{ viewers: import('../origin/viewer-reports.mjs').Report[], totals: { bytesFromCdn: number, bytesFromPeers: number, bytesUploaded: number, stalls: number }, originBytes: number }} Figures
 */
export class TerminalTable {
  #rows = 0;
  #timer;

  /** @param {NodeJS.WriteStream} out @param {() => Figures} read */
  constructor(out, read) {
    this.out = out;
    this.read = read;
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), this.out.isTTY ? REDRAW_MS : LINE_MS);
    if (this.out.isTTY) this.#tick();
  }

  stop() {
    clearInterval(this.#timer);
    this.#rows = 0;
  }

  /** A line of text above the table. @param {string} line */
  say(line) {
    this.#erase();
    this.out.write(`${line}\n`);
  }

  #tick() {
    const figures = this.read();
    if (!this.out.isTTY) {
      this.out.write(`${asLine(figures)}\n`);
      return;
    }
    this.#erase();
    const text = asTable(figures);
    this.out.write(`${text}\n`);
    this.#rows = text.split('\n').length;
  }

  #erase() {
    if (this.#rows === 0) return;
    moveCursor(this.out, 0, -this.#rows);
    clearScreenDown(this.out);
    this.#rows = 0;
  }
}

/** @param {Figures} figures */
export function asLine({ viewers, totals, originBytes }) {
  const { bytesFromCdn: cdn, bytesFromPeers: peers, stalls } = totals;
  return `viewers ${viewers.length} · from CDN ${megabytes(cdn)} · from peers ${megabytes(peers)} · offload ${percent(peers, cdn + peers)} · stalls ${stalls} · origin sent ${megabytes(originBytes)}`;
}

/** @param {Figures} figures */
export function asTable({ viewers, totals, originBytes }) {
  const table = new Table({
    head: ['Viewer', 'Peers', 'From CDN', 'From peers', 'Offload', 'Passed on', 'Behind live', 'Stalls'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: ['bold'], border: ['gray'], compact: true },
  });
  const row = (name, peers, r, latency) => [
    name,
    peers,
    megabytes(r.bytesFromCdn),
    megabytes(r.bytesFromPeers),
    percent(r.bytesFromPeers, r.bytesFromCdn + r.bytesFromPeers),
    megabytes(r.bytesUploaded),
    latency,
    r.stalls,
  ];
  // A wall of tabs would scroll the table out of its place.
  for (const viewer of viewers.slice(0, 20))
    table.push(row(viewer.viewer, viewer.peers, viewer, seconds(viewer.latencyS)));
  if (viewers.length > 20) table.push([{ content: `and ${viewers.length - 20} more`, colSpan: 8 }]);
  table.push(row('all', viewers.length, totals, ''));
  return `${table.toString()}\nThe origin counted ${megabytes(originBytes)} of segments leaving.`;
}
