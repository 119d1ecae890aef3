// Owns: the demo's moving picture: a day passing over dunes while lanterns rise, drawn pixel by pixel.
// Refuses: text, sound and grain (ffmpeg adds them) and randomness (the same frame comes out every time).
// Invariant: frame(0) follows frame(last) seamlessly, because every motion makes a whole number of turns a loop.

const TURN = 2 * Math.PI;

/** Four moments of the day, evenly spaced round the loop: [zenith, horizon, far dune, near dune]. */
const MOMENTS = [
  [0x24365e, 0xf2a65a, 0xb5656b, 0x2c1f38],
  [0x0a1230, 0x31466f, 0x2b3c63, 0x0b1020],
  [0x3b4a7a, 0xf3b8a8, 0xa9798f, 0x33294a],
  [0x4f97c4, 0xf5e3c0, 0xd9a573, 0x6e4330],
].map((moment) => moment.map((rgb) => [rgb >> 16, (rgb >> 8) & 255, rgb & 255]));

/** @param {number[]} a @param {number[]} b @param {number} k */
const mix = (a, b, k) => a.map((value, i) => value + (b[i] - value) * k);
/** rgb0 in memory, little endian. @param {number[]} c */
const packed = (c) => (Math.min(255, c[0]) | (Math.min(255, c[1]) << 8) | (Math.min(255, c[2]) << 16)) >>> 0;
/** A repeatable number in 0..1 for the i-th thing. @param {number} i @param {number} salt */
const lot = (i, salt) => Math.abs((Math.sin(i * 127.1 + salt * 311.7) * 43758.5453) % 1);

const RIDGES = [
  // height of the base line, swell, [waves across, turns a loop, weight] …
  {
    base: 0.6,
    swell: 0.05,
    waves: [
      [1.3, 1, 0.7],
      [3.1, 2, 0.3],
    ],
  },
  {
    base: 0.7,
    swell: 0.06,
    waves: [
      [1.1, -1, 0.6],
      [2.3, -3, 0.4],
    ],
  },
  {
    base: 0.8,
    swell: 0.06,
    waves: [
      [0.8, 2, 0.7],
      [2.9, 4, 0.3],
    ],
  },
  {
    base: 0.92,
    swell: 0.05,
    waves: [
      [0.6, -3, 0.8],
      [1.7, -5, 0.2],
    ],
  },
];
const LANTERNS = 22;
const STARS = 90;

/**
 * @param {number} width @param {number} height @param {number} phase  0..1 round the loop
 * @param {Uint32Array} out  width × height pixels, written whole
 */
export function drawFrame(width, height, phase, out) {
  const [zenith, horizon, far, near] = palette(phase);
  const night = Math.max(0, Math.sin(TURN * (phase + 0.02)));
  for (let y = 0; y < height; y++) {
    const k = Math.min(1, y / (height * 0.72));
    out.fill(packed(mix(zenith, horizon, k * k * (3 - 2 * k))), y * width, (y + 1) * width);
  }
  if (night > 0.05) stars(width, height, phase, night, out);
  // Sun and moon share one path: half a turn apart, each below the ridges while the other is up.
  for (const [offset, colour, radius] of /** @type {const} */ ([
    [0.5, [255, 236, 190], 0.075],
    [0, [214, 224, 250], 0.05],
  ])) {
    const angle = TURN * (phase + offset + 0.02);
    const x = width * (0.5 - 0.42 * Math.cos(angle));
    glow(width, height, x, height * (0.72 - 0.52 * Math.sin(angle)), height * radius, colour, 1, out);
  }
  RIDGES.forEach((ridge, i) => {
    const face = mix(far, near, i / (RIDGES.length - 1));
    // The light on a ridge depends only on how far below its edge a pixel is: one colour a row, worked out once.
    const rows = Uint32Array.from({ length: height }, (_, depth) =>
      packed(mix(face, horizon, 0.35 * Math.max(0, 1 - depth / (height * 0.09)) ** 2)),
    );
    for (let x = 0; x < width; x++) {
      const rise = ridge.waves.reduce(
        (sum, [n, turns, weight]) => sum + weight * Math.sin(TURN * ((n * x) / width + turns * phase) + i),
        0,
      );
      const top = Math.round(height * (ridge.base - ridge.swell * rise));
      for (let y = Math.max(0, top); y < height; y++) out[y * width + x] = rows[y - top];
    }
    lanterns(width, height, phase, i, out);
  });
}

/** @param {number} phase */
function palette(phase) {
  const at = phase * MOMENTS.length;
  const from = Math.floor(at) % MOMENTS.length;
  const k = at - Math.floor(at);
  const eased = k * k * (3 - 2 * k);
  return MOMENTS[from].map((colour, i) => mix(colour, MOMENTS[(from + 1) % MOMENTS.length][i], eased));
}

/** @param {number} width @param {number} height @param {number} phase @param {number} night @param {Uint32Array} out */
function stars(width, height, phase, night, out) {
  for (let i = 0; i < STARS; i++) {
    const x = Math.floor(lot(i, 1) * (width - 1));
    const y = Math.floor(lot(i, 2) * height * 0.55);
    const twinkle = 0.6 + 0.4 * Math.sin(TURN * (phase * (8 + (i % 9)) + lot(i, 3)));
    glow(width, height, x, y, 0.7 + lot(i, 4) * 0.7, [235, 240, 255], night * twinkle, out);
  }
}

/** Lanterns between one ridge and the next, larger in front. */
function lanterns(width, height, phase, depth, out) {
  for (let i = depth; i < LANTERNS; i += RIDGES.length) {
    const climb = (phase * (1 + (i % 2)) + lot(i, 5)) % 1;
    const x = width * (lot(i, 6) + 0.03 * Math.sin(TURN * (phase * (2 + (i % 3)) + lot(i, 7))));
    const y = height * (0.98 - climb * 0.95);
    const fade = Math.min(1, climb * 8, (1 - climb) * 5);
    glow(width, height, x, y, height * (0.007 + 0.004 * depth), [255, 196, 104], fade * (0.75 + 0.25 * lot(i, 8)), out);
  }
}

/** A bright disc in a soft halo, added to what is there. */
function glow(width, height, cx, cy, radius, colour, strength, out) {
  const reach = radius * 4;
  for (let y = Math.max(0, Math.ceil(cy - reach)); y <= Math.min(height - 1, cy + reach); y++) {
    for (let x = Math.max(0, Math.ceil(cx - reach)); x <= Math.min(width - 1, cx + reach); x++) {
      const d = Math.hypot(x - cx, y - cy) / radius;
      if (d > 4) continue;
      const halo = 1 - d / 4;
      const k = strength * (d < 1 ? 1 - 0.15 * d * d : 0.85 * Math.max(0, 2 - d) ** 3 + 0.22 * halo * halo);
      const old = out[y * width + x];
      out[y * width + x] = packed([
        (old & 255) + colour[0] * k * (1 - (old & 255) / 300),
        ((old >> 8) & 255) + colour[1] * k * (1 - ((old >> 8) & 255) / 300),
        ((old >> 16) & 255) + colour[2] * k * (1 - ((old >> 16) & 255) / 300),
      ]);
    }
  }
}
