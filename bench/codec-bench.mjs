// Our codec in WebAssembly beside @msgpack/msgpack and msgpackr: the same messages, the same process, bytes to bytes.
// Owns the comparison; refuses to be kind: ours pays for copying into and out of WebAssembly's memory, and for checking the
// schema, which the others leave to their caller. Invariant: before timing, each codec reads what each other wrote.
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Decoder, Encoder } from "@msgpack/msgpack";
import { Packr } from "msgpackr";
import { median } from "./wasm-bench.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = `${root}build/bench`;

/** Compiles codec_exports.cpp with the flags that the library ships with. */
async function buildCodec() {
  await mkdir(out, { recursive: true });
  const sources = [
    "bench/codec_exports.cpp",
    "wasm/core/wire.cpp",
    "wasm/core/msgpack_tokens.cpp",
  ];
  const flags = [
    "-std=c++20",
    "-Oz",
    "-flto",
    "-DNDEBUG",
    "-DMSGPACK_NO_BOOST",
    "-Iwasm/core",
    "-Ibuild/wasm/include",
  ];
  const link = [
    "-sMODULARIZE",
    "-sEXPORT_ES6",
    "-sENVIRONMENT=web",
    "-sFILESYSTEM=0",
    "-sMALLOC=emmalloc",
    "-sASSERTIONS=0",
  ];
  await promisify(execFile)(
    "emcc",
    [...flags, ...link, ...sources, "-o", `${out}/codec.mjs`],
    {
      cwd: root,
      env: { ...process.env, NODE_PATH: "/usr/share/nodejs" },
    },
  );
  const { default: create } = await import(`${out}/codec.mjs`);
  return create({ wasmBinary: await readFile(`${out}/codec.wasm`) });
}

const payload = new Uint8Array(60 * 1024).map((_, i) => i);
const key = (low) => 0xfeed000000000000n + BigInt(low);
const messages = {
  status: [
    1,
    false,
    12,
    Array.from({ length: 8 }, (_, i) => [
      key(i + 1),
      625_000,
      0,
      20,
      new Uint8Array([255, 27, 85, 170, 3]),
    ]),
  ],
  request: [2, 70_000, key(1), 7, 3000],
  block: [3, 70_000, payload],
};

/** Codecs as { encode(), decode() } of one message. */
function ours(module, name, bytes) {
  const heap = module.HEAPU8;
  const inbox = module._inbox();
  const outbox = module._outbox();
  const encodeHead = module[`_encode_${name}`];
  const head = name === "block" ? bytes.subarray(0, 64) : bytes;
  const decode = () => {
    heap.set(head, inbox);
    return module._decode(head.length, bytes.length);
  };
  if (decode() !== 0)
    throw new Error(
      `our codec refuses the ${name} that @msgpack/msgpack wrote`,
    );
  const encode = () => {
    const length = encodeHead();
    if (name !== "block") return heap.slice(outbox, outbox + length);
    const message = new Uint8Array(length + payload.length); // header, then the stored block: one message for send()
    message.set(heap.subarray(outbox, outbox + length));
    message.set(payload, length);
    return message;
  };
  return { encode, decode };
}

function theirs(message, bytes) {
  const encoder = new Encoder({
    useBigInt64: true,
    initialBufferSize: 64 * 1024,
  });
  const decoder = new Decoder({ useBigInt64: true });
  const packr = new Packr({ useRecords: false });
  return {
    "@msgpack/msgpack": {
      encode: () => encoder.encode(message),
      decode: () => decoder.decode(bytes),
    },
    msgpackr: {
      encode: () => packr.pack(message),
      decode: () => packr.unpack(bytes),
    },
  };
}

function nanoseconds(work) {
  const rounds = 200;
  for (let i = 0; i < 20_000; ++i) work();
  const times = [];
  for (let sample = 0; sample < 100; ++sample) {
    const began = performance.now();
    for (let i = 0; i < rounds; ++i) work();
    times.push(((performance.now() - began) * 1e6) / rounds);
  }
  return median(times);
}

/** { 'decode status': { ours, '@msgpack/msgpack', msgpackr }, … } in nanoseconds. */
export async function runCodecs() {
  const module = await buildCodec();
  const rows = {};
  for (const [name, message] of Object.entries(messages)) {
    const bytes = new Encoder({ useBigInt64: true }).encode(message);
    const codecs = {
      ours: ours(module, name, bytes),
      ...theirs(message, bytes),
    };
    for (const [who, codec] of Object.entries(codecs)) {
      const written = codec.encode();
      if (Buffer.compare(written, bytes) !== 0)
        throw new Error(`${who} writes another ${name} than @msgpack/msgpack`);
    }
    for (const action of ["encode", "decode"]) {
      rows[`${action} ${name}`] = Object.fromEntries(
        Object.entries(codecs).map(([who, codec]) => [
          who,
          nanoseconds(codec[action]),
        ]),
      );
    }
  }
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await runCodecs());
