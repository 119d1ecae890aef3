// The real WASM core for tests, loaded once. Owns nothing else. Invariant: no test replaces the engine by something softer.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import createCore from '../../../build/wasm/bazaar_core.mjs';
import type { CoreModule } from '../../../js-glue/core.js';

const path = fileURLToPath(new URL('../../../build/wasm/bazaar_core.wasm', import.meta.url));

export const wasmBinary = new Uint8Array(readFileSync(path));

export const loadWasm = (): Promise<CoreModule> => createCore({ wasmBinary });
