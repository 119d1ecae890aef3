// What emcc's minimal runtime leaves to be done to the module it links: bytes that are no WebAssembly, or a CSP that forbids it,
// must fail the promise, or the page would wait for ever. The bytes are called what the glue calls them. And what nobody reads is left out.
// Owns these changes to the text; refuses to guess. Invariant: each place is found exactly once, or the build fails.
//   node finish-module.mjs bazaar_core.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const changes = [
  ['WebAssembly.instantiate(Module["wasm"],', 'WebAssembly.instantiate(Module["wasmBinary"],'],
  ['ready()});', 'ready()}).catch(readyPromiseReject);'],
  ['HEAP8=new Int8Array(b);HEAP16=new Int16Array(b);', ''],
  ['HEAPU16=new Uint16Array(b);HEAPU32=new Uint32Array(b);HEAPF32=new Float32Array(b);HEAPF64=new Float64Array(b)', ''],
  [/(?:(?:___getTypeName|___embind_register_native_and_builtin_types|_free)=asm\["\w+"\];){3}/, ''],
];

const path = process.argv[2] ?? '';
let text = readFileSync(path, 'utf8');
for (const [from, to] of changes) {
  const parts = text.split(from);
  if (parts.length !== 2) {
    console.error(
      `${path}: expected ${typeof from === 'string' ? JSON.stringify(from) : from} once, found it ${parts.length - 1} times: is this another Emscripten?`,
    );
    process.exit(1);
  }
  text = parts.join(to);
}
writeFileSync(path, text);
