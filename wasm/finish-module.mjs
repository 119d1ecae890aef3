// What emcc's minimal runtime leaves to be done to the module it links: bytes that are no WebAssembly, or a CSP that forbids it,
// must fail the promise, or the page would wait for ever. And the bytes are called what the glue calls them.
// Owns these two changes to the text; refuses to guess. Invariant: each place is found exactly once, or the build fails.
//   node finish-module.mjs bazaar_core.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const changes = [
  ['WebAssembly.instantiate(Module["wasm"],', 'WebAssembly.instantiate(Module["wasmBinary"],'],
  ['ready()});', 'ready()}).catch(readyPromiseReject);'],
];

const path = process.argv[2] ?? '';
let text = readFileSync(path, 'utf8');
for (const [from, to] of changes) {
  const parts = text.split(from);
  if (parts.length !== 2) {
    console.error(`${path}: expected ${JSON.stringify(from)} once, found it ${parts.length - 1} times: is this another Emscripten?`);
    process.exit(1);
  }
  text = parts.join(to);
}
writeFileSync(path, text);
