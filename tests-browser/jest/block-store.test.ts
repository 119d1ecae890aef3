// The store keeps, counts, forgets, and gives whole segments only.
import { expect, test } from '@jest/globals';
import { BlockStore, kBlockBytes } from '../../js-glue/block-store.js';

const full = (byte: number) => new Uint8Array(kBlockBytes).fill(byte);

test('a segment is assembled once every block is here, as a buffer of its own', () => {
  const store = new BlockStore();
  const bytesTotal = kBlockBytes + 2;
  store.put(1, 1, new Uint8Array([8, 9]));
  expect(store.assemble(1, bytesTotal)).toBeNull();
  store.put(1, 0, full(7));
  const whole = store.assemble(1, bytesTotal)!;
  expect(whole.byteLength).toBe(bytesTotal);
  expect([...new Uint8Array(whole).slice(-3)]).toEqual([7, 8, 9]);
  // hls.js detaches what it gets: what we still serve must survive that.
  structuredClone(whole, { transfer: [whole] });
  expect(whole.byteLength).toBe(0);
  expect(store.get(1, 0)).toEqual(full(7));
});

test('a block of the wrong length makes no segment', () => {
  const store = new BlockStore();
  store.put(1, 0, new Uint8Array(5));
  expect(store.assemble(1, 6)).toBeNull();
  expect(store.assemble(1, 4)).toBeNull();
  expect(store.assemble(1, 0)).toBeNull();
  expect(store.assemble(1, 5)).not.toBeNull();
});

test('bytes are what is stored: twice is once, dropped is gone', () => {
  const store = new BlockStore();
  store.put(1, 0, full(1));
  store.put(1, 0, full(2));
  store.put(2, 0, new Uint8Array(10));
  expect(store.bytes).toBe(kBlockBytes + 10);
  store.dropBlock(1, 0);
  store.dropBlock(1, 0);
  expect(store.bytes).toBe(10);
  store.dropSegment(2);
  store.dropSegment(2);
  expect([store.bytes, store.get(2, 0)]).toEqual([0, undefined]);
});
