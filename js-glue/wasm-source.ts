// Where the WebAssembly core comes from when the page says nothing: `hls-bazaar.wasm` beside this script.
// Owns the factory import and the default URL; refuses to know the engine. The single-file build replaces this file by one
// that carries the bytes. Invariant: nothing is fetched before fetchWasm() is called.
import createCore from '../build/wasm/bazaar_core.mjs';
import type { CoreFactory } from './core.js';

export const factory: CoreFactory = createCore;

export async function fetchWasm(url: string | URL = new URL('./hls-bazaar.wasm', import.meta.url)): Promise<ArrayBuffer> {
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`HTTP ${response.status} for the WebAssembly core`);
  return response.arrayBuffer();
}
