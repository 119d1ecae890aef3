// The sweep as a picture: offload against its limit, and CPU against CDN-only, by viewers, a line for each segment length.
// Owns the drawing; refuses to read or write files. Invariant: legible on white and on black without a script: the reader's colour scheme
// chooses inks inside the picture, and each line also has a shape of its own.

const kWidth = 760;
const kHeight = 350;
const kPanel = { width: 290, height: 220, top: 46 };
const kLefts = [52, 432];
/** Middle tones: at least 3:1 against either background. */
const kInks = ['#1a7fb8', '#c8621a', '#8a5cc4'];

const n = (/** @type {number} */ value) => String(Math.round(value * 10) / 10);

/** A dot of the line's own shape. */
function mark(shape, x, y, ink) {
  if (shape === 0) return `<circle cx="${n(x)}" cy="${n(y)}" r="4" fill="${ink}"/>`;
  if (shape === 1) return `<rect x="${n(x - 3.6)}" y="${n(y - 3.6)}" width="7.2" height="7.2" fill="${ink}"/>`;
  return `<path d="M${n(x)} ${n(y - 5)}l4.8 8.4h-9.6z" fill="${ink}"/>`;
}

/**
 * @param {{ left: number, title: string, ticks: number[], format: (tick: number) => string, viewers: number[],
 *   lines: { ink?: string, shape?: number, label: string, points: [number, number][] }[] }} panel
 */
function drawPanel({ left, title, ticks, format, viewers, lines }) {
  const [low, high] = [ticks[0], ticks.at(-1)];
  const x = (/** @type {number} */ count) => left + 14 + ((count - viewers[0]) / (viewers.at(-1) - viewers[0])) * (kPanel.width - 28);
  const y = (/** @type {number} */ value) => kPanel.top + kPanel.height * (1 - (value - low) / (high - low));
  const out = [`<text class="title" x="${left}" y="${kPanel.top - 18}">${title}</text>`];
  for (const tick of ticks) {
    out.push(`<path class="grid" d="M${left} ${n(y(tick))}h${kPanel.width}"/>`);
    out.push(`<text class="tick" text-anchor="end" x="${left - 8}" y="${n(y(tick) + 4)}">${format(tick)}</text>`);
  }
  for (const count of viewers) {
    out.push(`<text class="tick" text-anchor="middle" x="${n(x(count))}" y="${kPanel.top + kPanel.height + 20}">${count}</text>`);
  }
  out.push(`<text class="tick" text-anchor="middle" x="${left + kPanel.width / 2}" y="${kPanel.top + kPanel.height + 40}">viewers</text>`);
  for (const { ink, shape, points } of lines) {
    const path = points.map(([count, value], i) => `${i ? 'L' : 'M'}${n(x(count))} ${n(y(value))}`).join('');
    out.push(ink ? `<path class="line" stroke="${ink}" d="${path}"/>` : `<path class="limit" d="${path}"/>`);
    if (ink) for (const [count, value] of points) out.push(mark(shape, x(count), y(value), ink));
  }
  return out.join('\n');
}

function drawKey(lines) {
  let at = kLefts[0];
  return lines
    .map(({ ink, shape, label }) => {
      const [x, y] = [at, kHeight - 12];
      at += 44 + label.length * 7;
      const stroke = ink ? `class="line" stroke="${ink}"` : 'class="limit"';
      const dot = ink ? mark(shape, x + 14, y - 4, ink) : '';
      return `<path ${stroke} d="M${x} ${y - 4}h28"/>${dot}<text class="tick" x="${x + 34}" y="${y}">${label}</text>`;
    })
    .join('\n');
}

/** Ticks that hold the values, at most six. @param {number[]} values @param {number} step */
export function ticksFor(values, step) {
  const low = Math.floor(Math.min(...values) / step);
  const high = Math.max(Math.ceil(Math.max(...values) / step), low + 1);
  if (high - low > 5) return ticksFor(values, step * 2);
  return Array.from({ length: high - low + 1 }, (_, i) => (low + i) * step);
}

/** @param {{ viewers: number, segmentS: number, offload: number, limit: number, cpuRatio: number }[]} points @returns {string} SVG */
export function sweepPlot(points) {
  const viewers = [...new Set(points.map((p) => p.viewers))].sort((a, b) => a - b);
  const lengths = [...new Set(points.map((p) => p.segmentS))].sort((a, b) => a - b);
  const lines = (/** @type {'offload' | 'cpuRatio'} */ what) =>
    lengths.map((segmentS, i) => ({
      ink: kInks[i % kInks.length],
      shape: i % 3,
      label: `${segmentS} s segments`,
      points: points.filter((p) => p.segmentS === segmentS).map((p) => /** @type {[number, number]} */ ([p.viewers, p[what]])),
    }));
  const limit = { label: 'limit, 1 − 1/N', points: viewers.map((count) => /** @type {[number, number]} */ ([count, 1 - 1 / count])) };
  const offload = [limit, ...lines('offload')];
  const all = (of) => of.flatMap(({ points: of }) => of.map(([, value]) => value));
  const style = `text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:14px;font-weight:600}.tick{fill:#57606a}
.grid{stroke:#d0d7de;stroke-width:1}.line{fill:none;stroke-width:2.2}.limit{fill:none;stroke:#57606a;stroke-width:1.6;stroke-dasharray:5 4}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.tick{fill:#9da7b3}.grid{stroke:#30363d}.limit{stroke:#9da7b3}}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${kWidth} ${kHeight}" width="${kWidth}" height="${kHeight}" role="img" aria-labelledby="t">
<title id="t">Offload and CPU by number of viewers, for segments of ${lengths.join(', ')} s</title>
<style>${style}</style>
${drawPanel({ left: kLefts[0], title: 'Offload', ticks: ticksFor(all(offload), 0.1), format: (v) => v.toFixed(1), viewers, lines: offload })}
${drawPanel({ left: kLefts[1], title: 'CPU per MB, × CDN-only', ticks: ticksFor([1, ...all(lines('cpuRatio'))], 0.25), format: (v) => v.toFixed(2), viewers, lines: lines('cpuRatio') })}
${drawKey(offload)}
</svg>
`;
}
