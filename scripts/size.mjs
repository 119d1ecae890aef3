// What a page downloads: the ES module and its WASM, minified, gzip -9. hls.js is the player's own and not counted.
// Owns the budget. Exits 1 over it. Run with `npm run size`.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const kBudgetBytes = 45 * 1024;
const kAimBytes = 40 * 1024;
const root = fileURLToPath(new URL('..', import.meta.url));

let sum = 0;
for (const name of ['hls-bazaar.js', 'hls-bazaar.wasm']) {
  const plain = await readFile(`${root}dist/${name}`);
  const packed = gzipSync(plain, { level: 9 }).length;
  sum += packed;
  console.log(`${name.padEnd(16)} ${String(plain.length).padStart(7)} bytes, gzip -9 ${String(packed).padStart(6)}`);
}
console.log(`download size    ${sum} bytes = ${(sum / 1024).toFixed(1)} KiB; budget ${kBudgetBytes / 1024}, aim ${kAimBytes / 1024}`);
if (sum > kBudgetBytes) {
  console.error(`over the budget by ${sum - kBudgetBytes} bytes: see docs/performance.md for what weighs what`);
  process.exit(1);
}
