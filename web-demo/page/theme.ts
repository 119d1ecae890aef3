// Owns: the page's colours and motion preference as the canvases need them, and word of a change.
// Refuses: to define colours: style.css does.
// Invariant: `theme()` is true for the moment it is called; whoever draws asks again each time.

export interface Theme {
  card: string;
  ink: string;
  muted: string;
  line: string;
  empty: string;
  cdn: string;
  cdnFill: string;
  peers: string;
  peersFill: string;
  up: string;
  upFill: string;
  font: string;
  still: boolean;
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const still = matchMedia('(prefers-reduced-motion: reduce)');
let cached: Theme | undefined;

export function theme(): Theme {
  if (cached) return cached;
  const style = getComputedStyle(document.documentElement);
  const variable = (name: string) => style.getPropertyValue(name).trim();
  return (cached = {
    card: variable('--card'),
    ink: variable('--ink'),
    muted: variable('--muted'),
    line: variable('--line'),
    empty: variable('--empty'),
    cdn: variable('--cdn'),
    cdnFill: variable('--cdn-fill'),
    peers: variable('--peers'),
    peersFill: variable('--peers-fill'),
    up: variable('--up'),
    upFill: variable('--up-fill'),
    font: style.fontFamily,
    still: still.matches,
  });
}

export function onThemeChange(listener: () => void): void {
  for (const query of [dark, still]) {
    query.addEventListener('change', () => {
      cached = undefined;
      listener();
    });
  }
}

/** A canvas as sharp as the screen, drawn in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement): {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
} {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = Math.min(3, devicePixelRatio || 1);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}
