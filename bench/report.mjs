// How the benchmark's numbers read: goals, ratios, tables.
// Owns goals and wording; refuses to measure. Invariant: a missed goal is shown as missed, and nothing is rounded to a pass.
import Table from "cli-table3";

/** Nanoseconds in WebAssembly that the project promises. */
export const goals = {
  block_received: 2_000,
  step_rolling: 20_000,
  step_waiting: 20_000,
  step_watching: 20_000,
};

const meaning = {
  block_received: "a block received: message in → actions queued",
  block_turn: "the same with a turn of its own: message, step, drain",
  step_rolling: "a step: 12 peers, 200 blocks nobody has, dice for each",
  step_waiting: "a step: 12 peers, 200 blocks they hold, all requests open",
  step_watching: "a step: 12 peers, 200 blocks on their way to them",
};

export function time(ns) {
  return ns < 1000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(2)} µs`;
}

export function coreTable({ native, wasm }) {
  const table = new Table({
    head: ["core", "native", "WASM", "goal in WASM", ""],
    style: { head: [], border: [] },
  });
  for (const [name, words] of Object.entries(meaning)) {
    const goal = goals[name];
    table.push([
      words,
      time(native[name]),
      time(wasm[name]),
      goal ? `< ${time(goal)}` : "",
      goal ? (wasm[name] < goal ? "met" : "MISSED") : "",
    ]);
  }
  return table.toString();
}

export function codecTable({ native, codecs }) {
  const head = [
    "codec",
    "native",
    "ours in WASM",
    "@msgpack/msgpack",
    "msgpackr",
    "they take / we take",
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const [name, row] of Object.entries(codecs)) {
    const others = ["@msgpack/msgpack", "msgpackr"];
    const ratios = others
      .map((who) => `${(row[who] / row.ours).toFixed(1)}×`)
      .join(" · ");
    table.push([
      name,
      time(native[name.replace(" ", "_")]),
      time(row.ours),
      ...others.map((who) => time(row[who])),
      ratios,
    ]);
  }
  return table.toString();
}
