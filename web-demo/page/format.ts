// Owns: numbers as people read them.
// Refuses: counting. Invariant: a figure keeps its width while it ticks (fixed decimals; the page uses tabular digits).

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units, as networks are sold: 1 MB = 1,000,000 bytes. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

export function formatPercent(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio > 0 && ratio < 0.1 ? 1 : 0)} %`;
}

export function formatSeconds(seconds: number): string {
  return Number.isFinite(seconds) && seconds > 0 ? `${seconds.toFixed(1)} s` : '–';
}

export function formatRate(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e6
    ? `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`
    : `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}
