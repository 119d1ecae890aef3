// The recorder behind the option `trace`: everything the engine is told, and everything it answers, as JSON lines that
// `simulator replay` feeds to the native engine (docs/boundary.md, "Traces").
// Owns the line format; refuses to change a call. Invariant: what decides is in the trace, what is private is not: no media, of
// signals between browsers, which hold their addresses, the header only, and of the page's token only its length.
import type { CoreModule, Engine } from './core.js';
import { Emitter } from './events.js';
import { version } from './version.js';

const kTraceVersion = 1;
const kRecordInts = 8;
/** MessagePack's heads of a uint and of a bin by their first byte: how many bytes. */
const headBytes: Record<number, number> = { 0xcc: 2, 0xcd: 3, 0xce: 5, 0xc4: 2, 0xc5: 3, 0xc6: 5 };

/** The header of RELAYED [19, peer, kind, blob]: all but the blob, of which the engine takes only the length. */
function signalHead(frame: string): string {
  const kind = 2 + (headBytes[frame.charCodeAt(2)] ?? 1);
  return frame.slice(0, kind + 1 + (headBytes[frame.charCodeAt(kind + 1)] ?? 1));
}

/** Questions that change nothing in the engine. */
const silent = new Set(
  'pack_signal unpack_signal inbox inbox_bytes outbox actions actions_max stats next_deadline block_status write_states segment_bytes write_stats write_peer delete'.split(' '),
);
/** Where a tell says how many bytes of the inbox are its own: the argument's place. */
const lengthAt: Record<string, number> = { tracker_opened: 0, tracker_message: 1, peer_message: 2 };
/** Where a record of this type (SEND, SEND_BLOCK, SEND_TRACKER) names bytes of the outbox: offset, then length. */
const bytesAt: Record<number, number> = { 1: 2, 2: 2, 12: 1 };

/** The same module, whose engines tell `write` what they do: one line a call, a header first. */
export function traced(module: CoreModule, write: (line: string) => void): CoreModule {
  const { HEAPU8 } = module;
  const lines = new Emitter<{ line: string }>(); // the page's own errors stay the page's
  lines.on('line', write);
  const say = (line: object): void =>
    lines.emit('line', JSON.stringify(line, (_key, value) => (typeof value === 'number' && !isFinite(value) ? `${value}` : value)));
  const text = (from: number, length: number): string => {
    let letters = '';
    for (const byte of HEAPU8.subarray(from, from + length)) letters += String.fromCharCode(byte);
    return letters;
  };

  /** Zeros stand for the token, as long as it is: in JOIN, too, and the replay makes the same JOIN of them. */
  let token = '';
  const blank = (bytes: string): string => (token ? bytes.replace(token, '\0'.repeat(token.length)) : bytes);

  const drained = (engine: Engine, count: number): object => {
    const actions: number[][] = [];
    let out = '';
    for (let i = 0; i < count; ++i) {
      const record = [...new Int32Array(HEAPU8.buffer, engine.actions() + i * kRecordInts * 4, kRecordInts)];
      const at = bytesAt[record[0]!];
      if (at) out += blank(text(engine.outbox() + record[at]!, record[at + 1]!));
      while (record.at(-1) === 0) record.pop();
      actions.push(record);
    }
    return { actions, ...(out && { out: btoa(out) }), next: engine.next_deadline() };
  };

  /** What the tell finds in the inbox. */
  const given = (engine: Engine, call: string, args: number[]): string => {
    const length = call === 'set_swarm' ? 16 : (args[lengthAt[call] ?? -1] ?? 0);
    const bytes = length ? text(engine.inbox(), length) : '';
    if (call === 'tracker_opened') return blank((token = bytes));
    return call === 'tracker_message' && bytes.startsWith('\x94\x13') ? signalHead(bytes) : bytes;
  };

  const answered = (engine: Engine, call: string, is: unknown): object => {
    if (call === 'step') return drained(engine, is as number);
    return { is, ...(call === 'encode_signal' && is ? { out: btoa(text(engine.outbox(), is as number)) } : {}) };
  };

  function TracedEngine(seed: number): Engine {
    say({ trace: kTraceVersion, library: version, seed });
    return new Proxy(new module.Engine(seed), {
      get(engine, name) {
        const call = name as keyof Engine;
        const method = engine[call] as (...args: number[]) => unknown;
        if (silent.has(call)) return method.bind(engine);
        return (...args: number[]) => {
          const bytes = given(engine, call, args);
          const line = { call, ...(args.length && { args }), ...(bytes && { in: btoa(bytes) }) };
          try {
            const is = method.apply(engine, args);
            say({ ...line, ...answered(engine, call, is) });
            return is;
          } catch (cause) {
            say({ ...line, trap: `${cause}` });
            throw cause;
          }
        };
      },
    });
  }
  return { HEAPU8, Engine: TracedEngine as unknown as CoreModule['Engine'] };
}
