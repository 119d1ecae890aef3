// The scene of scene.hpp in WebAssembly: the shipped module under Node, driven through the boundary of docs/boundary.md.
// Owns an engine and its outside; refuses to measure. Frames are made with @msgpack/msgpack, so the codec here is not its
// own witness. Invariant: every turn is drained, and the views are of fixed memory.
import { readFile } from "node:fs/promises";
import { Decoder, Encoder } from "@msgpack/msgpack";

export const BLOCK_BYTES = 60 * 1024;
export const BLOCKS_MAX = 1024;
const SEND = 1;
const FETCH = 4;
const CONNECT = 9;
const build = new URL("../build/wasm/", import.meta.url);
const encoder = new Encoder({ useBigInt64: true });
const decoder = new Decoder({ useBigInt64: true });

export const bytesOfBlocks = (blocks) => blocks * BLOCK_BYTES - 1000;
export const blockBytesOf = (total, block) =>
  Math.min(BLOCK_BYTES, total - block * BLOCK_BYTES);

export async function loadCore() {
  const { default: createCore } = await import(
    new URL("bazaar_core.mjs", build)
  );
  return createCore({
    wasmBinary: await readFile(new URL("bazaar_core.wasm", build)),
  });
}

/** Head of a BLOCK whose payload is not here: [3, id, bin 16]. */
export function blockHead(id, bytes) {
  const head = encoder.encode([3, id]);
  const out = new Uint8Array(head.length + 3);
  out.set(head);
  out[0] = 0x93;
  out.set([0xc5, bytes >> 8, bytes & 255], head.length);
  return out;
}

function pack(picture) {
  const packed = new Uint8Array(Math.ceil(picture.length / 4));
  [...picture].forEach(
    (letter, i) => (packed[i >> 2] |= ".pcH".indexOf(letter) << (2 * (i % 4))),
  );
  return packed;
}

export class Scene {
  #module;
  #inbox;
  #wordsAt = 0;
  #keys = 0;
  now = 1000;
  peers = [];

  constructor(module, neighbours, swarmSize) {
    this.#module = module;
    this.engine = new module.Engine(1);
    this.#inbox = this.engine.inbox();
    this.heap = module.HEAPU8;
    const { engine } = this;
    engine.at(this.now);
    engine.configure(0, 1e12);
    engine.configure(1, 32);
    engine.rendition_active(0, 1);
    this.#learnThatTheCdnIsFast();
    engine.tracker_opened();
    this.turn();
    const ids = Array.from({ length: neighbours }, (_, i) => 100 + i);
    engine.tracker_message(
      0,
      this.put(encoder.encode([17, 1, swarmSize, ids])),
    );
    while (this.peers.length < neighbours) {
      this.turn(
        (record) => record[0] === CONNECT && this.peers.push(record[1]),
      );
      engine.at((this.now += 1000));
    }
    for (const peer of this.peers) {
      engine.link_opened(peer);
      this.hear(peer, encoder.encode([0, 1, new Uint8Array(16), 0, 0]));
    }
    this.turn();
  }

  close() {
    this.engine.delete();
  }

  put(bytes) {
    this.heap.set(bytes, this.#inbox);
    return bytes.length;
  }

  hear(peer, bytes) {
    this.engine.peer_message(peer, 0, this.put(bytes), bytes.length);
  }

  /** Steps and drains, showing each record (eight int32). */
  turn(visit = () => {}) {
    for (;;) {
      const count = this.engine.step();
      const records = new Int32Array(
        this.heap.buffer,
        this.engine.actions(),
        count * 8,
      );
      for (let i = 0; i < count; ++i) visit(records.subarray(i * 8, i * 8 + 8));
      if (count < this.engine.actions_max()) return;
    }
  }

  goOn(ms, aheadMs) {
    this.engine.at((this.now += ms));
    if (this.now >= this.#wordsAt) {
      for (const peer of this.peers)
        this.hear(peer, encoder.encode([1, false, 10, []]));
      this.#wordsAt = this.now + 1000;
    }
    this.engine.playhead(100_000 - aheadMs, 100_000, 1);
  }

  window(segments, blocks, picture) {
    for (let i = 0; i < segments; ++i) {
      const low = ++this.#keys;
      this.engine.segment_seen(0xfeed0000, low, 0, 100_000 + 2000 * i, 2000);
      const key = (0xfeed0000n << 32n) + BigInt(low);
      const status = encoder.encode([
        1,
        false,
        10,
        [[key, bytesOfBlocks(blocks), 0, picture.length, pack(picture)]],
      ]);
      for (const peer of this.peers) this.hear(peer, status);
    }
  }

  /** The requests of a turn: [{ peer, id, block }]. */
  requests() {
    const asked = [];
    const outbox = this.engine.outbox();
    this.turn((record) => {
      if (record[0] !== SEND) return;
      const [type, id, , block] = decoder.decode(
        this.heap.slice(outbox + record[2], outbox + record[2] + record[3]),
      );
      if (type === 2) asked.push({ peer: record[1], id, block });
    });
    return asked;
  }

  #learnThatTheCdnIsFast() {
    const { engine } = this;
    engine.segment_wanted(engine.segment_seen(0, 1, 9, 0, 2000));
    let fetch = 0;
    this.turn((record) => (fetch = record[0] === FETCH ? record[1] : fetch));
    engine.at((this.now += 1));
    engine.cdn_headers(fetch, BLOCKS_MAX * BLOCK_BYTES, 0);
    engine.at((this.now += 10));
    for (let block = 0; block < BLOCKS_MAX; ++block)
      engine.cdn_block(fetch, block);
    engine.cdn_done(fetch, 0);
    this.turn();
  }
}
