// What the core costs in WebAssembly under Node, through the boundary that the page uses: the same rows as core_bench.cpp.
// Owns the measurements; refuses to judge them. Invariant: set-up is never inside a timing, and medians are reported.
import {
  BLOCKS_MAX,
  Scene,
  blockBytesOf,
  blockHead,
  bytesOfBlocks,
  loadCore,
} from "./wasm-scene.mjs";

const NEIGHBOURS = 12;
const AHEAD_MS = 20_000;
const now = () => performance.now() * 1e6;

export const median = (values) =>
  Float64Array.from(values).sort()[values.length >> 1];

/** Batches of answers to the requests of a viewer whose neighbours hold everything. `each` gets a scene and a batch. */
function runBlocks(module, batches, each) {
  const times = [];
  let scene;
  while (times.length < batches) {
    let asked = [];
    if (scene) {
      scene.goOn(20, AHEAD_MS);
      asked = scene.requests();
    }
    if (asked.length === 0) {
      scene?.close();
      scene = new Scene(module, NEIGHBOURS, 1000);
      scene.window(1, BLOCKS_MAX, "H".repeat(BLOCKS_MAX));
      continue;
    }
    const answers = asked.map(({ peer, id, block }) => {
      const bytes = blockBytesOf(bytesOfBlocks(BLOCKS_MAX), block);
      const head = blockHead(id, bytes);
      return { peer, head, total: head.length + bytes };
    });
    const began = now();
    each(scene, answers);
    times.push((now() - began) / answers.length);
  }
  scene.close();
  return median(times);
}

function runSteps(module, picture, stepMs, swarmSize, steps) {
  const scene = new Scene(module, NEIGHBOURS, swarmSize);
  scene.window(10, 20, picture);
  scene.goOn(100, AHEAD_MS);
  scene.turn();
  const times = [];
  for (let i = 0; i < steps; ++i) {
    scene.goOn(stepMs, AHEAD_MS);
    const began = now();
    scene.engine.step();
    times.push(now() - began);
  }
  scene.close();
  return median(times);
}

/** Nanoseconds by row name. */
export async function runWasm() {
  const module = await loadCore();
  const received = (scene, answers) => {
    const { engine } = scene;
    for (const { peer, head, total } of answers)
      engine.peer_message(peer, 0, scene.put(head), total);
  };
  const turned = (scene, answers) => {
    const { engine } = scene;
    for (const { peer, head, total } of answers) {
      engine.peer_message(peer, 0, scene.put(head), total);
      engine.step();
    }
  };
  runBlocks(module, 500, turned); // warm
  return {
    block_received: runBlocks(module, 2000, received),
    block_turn: runBlocks(module, 2000, turned),
    step_rolling: runSteps(module, ".".repeat(20), 60, 100_000_000, 20_000),
    step_waiting: runSteps(module, "H".repeat(20), 0.01, 1000, 20_000),
    step_watching: runSteps(module, "cp".repeat(10), 60, 1000, 20_000),
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  console.log(await runWasm());
