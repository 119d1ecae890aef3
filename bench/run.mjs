// `npm run bench`: the core natively and in WebAssembly, and the codec beside two others; a table here, numbers in
// bench/results/latest.json. Owns the order and the record of the machine; refuses to build (npm run build did).
// Invariant: it writes latest.json and, for the codec's module, build/bench; nothing else.
import { execFile } from "node:child_process";
import { access, writeFile } from "node:fs/promises";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runCodecs } from "./codec-bench.mjs";
import { codecTable, coreTable, goals } from "./report.mjs";
import { runWasm } from "./wasm-bench.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const coreBench = `${root}build/bench/core_bench`;

/** Nanoseconds by row name: the median where the benchmark reports one, else the mean. */
async function runNative() {
  const { stdout } = await run(
    coreBench,
    ["--benchmark_format=json", "--benchmark_min_time=0.2"],
    { maxBuffer: 1 << 24 },
  );
  return Object.fromEntries(
    JSON.parse(stdout).benchmarks.map((row) => [
      row.name.split("/")[0],
      row.each === undefined ? row.cpu_time : row.each * 1e9,
    ]),
  );
}

const firstLine = async (command) =>
  (await run(command, ["--version"])).stdout.split("\n")[0];

for (const file of [coreBench, `${root}build/wasm/bazaar_core.wasm`]) {
  await access(file).catch(() => {
    console.error(
      `${file.slice(root.length)} is not built: run "npm run build" first.`,
    );
    process.exit(1);
  });
}

const results = {
  native: await runNative(),
  wasm: await runWasm(),
  codecs: await runCodecs(),
};
console.log(coreTable(results));
console.log(codecTable(results));

const round = (value) =>
  typeof value === "number"
    ? Math.round(value * 10) / 10
    : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, round(v)]));
const record = {
  command: "npm run bench",
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: os.cpus()[0].model,
    cores: os.cpus().length,
    system: `${os.type()} ${os.release()}`,
    load: os.loadavg()[0],
  },
  tools: {
    node: process.version,
    compiler: await firstLine("c++"),
    emcc: await firstLine("emcc"),
  },
  unit: "ns",
  goals_in_wasm: goals,
  ...round(results),
};
await writeFile(
  new URL("results/latest.json", import.meta.url),
  `${JSON.stringify(record, null, 2)}\n`,
);
