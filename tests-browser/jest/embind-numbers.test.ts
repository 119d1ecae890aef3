// The cut-down Embind (wasm/embind_numbers.js) and the finished module around it (wasm/finish-module.mjs), against the real WASM.
// Owns the manners of the crossing: what is refused, and how loading fails. Refuses to know what the engine decides.
// Invariant: nothing here could pass with a module that only pretends.
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import createCore from '../../build/wasm/bazaar_core.mjs';
import { loadWasm } from './support/wasm.js';

test('void, bool, integers and doubles come back as what C++ calls them', async () => {
  const engine = new (await loadWasm()).Engine(7);
  expect(engine.at(1.5)).toBeUndefined();
  expect(engine.configure(1, 5)).toBe(true);
  expect(engine.configure(77, 5)).toBe(false);
  expect(engine.actions_max()).toBe(256);
  expect(engine.step()).toBe(0);
  expect(engine.next_deadline()).toBe(Infinity);
});

test('too few or too many numbers throw before the engine is entered', async () => {
  const { Engine } = await loadWasm();
  const engine = new Engine(7);
  // @ts-expect-error: what TypeScript refuses, JavaScript may still do
  expect(() => engine.at()).toThrow('at takes 1 arguments, not 0');
  // @ts-expect-error: as above
  expect(() => engine.step(1)).toThrow('step takes 0 arguments, not 1');
  // @ts-expect-error: as above
  expect(() => new Engine()).toThrow('constructor takes 1 arguments, not 0');
});

test('a deleted engine is never entered again, deleting it twice is harmless, and others live on', async () => {
  const { Engine } = await loadWasm();
  const [engine, other] = [new Engine(7), new Engine(8)];
  engine.delete();
  engine.delete();
  expect(() => engine.step()).toThrow('step of a deleted object');
  expect(other.step()).toBe(0);
});

test('the memory that the views show is the memory the engine writes', async () => {
  const core = await loadWasm();
  const engine = new core.Engine(7);
  const doubles = engine.write_stats();
  const stats = new Float64Array(core.HEAPU8.buffer, engine.stats(), doubles);
  stats.fill(NaN);
  engine.write_stats();
  expect(stats.filter(Number.isNaN)).toHaveLength(0);
});

test.each([
  ['bytes that are no WebAssembly', new Uint8Array([1, 2, 3])],
  ['WebAssembly of another kind', new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])],
])('%s fail the promise, so that nobody waits for ever', async (_, wasmBinary) => {
  await expect(createCore({ wasmBinary })).rejects.toThrow();
});

test('an unknown Emscripten is a failed build, not a module half finished', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bazaar-finish-'));
  try {
    const module = join(folder, 'core.mjs');
    const text = 'WebAssembly.instantiate(Module["wasm"],imports).then(function(output){done()});';
    writeFileSync(module, text);
    const done = spawnSync(process.execPath, [fileURLToPath(new URL('../../wasm/finish-module.mjs', import.meta.url)), module], {
      encoding: 'utf8',
    });
    expect([done.status, done.stderr]).toEqual([1, expect.stringContaining('expected "ready()});" once, found it 0 times')]);
    expect(readFileSync(module, 'utf8')).toBe(text);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
