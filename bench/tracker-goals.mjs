// What the tracker promises, profile by profile: how each is run, and how its figures are held against the goal.
// Owns goals and wording; refuses to run anything. Invariant: a figure that misses its goal is named, never rounded to a pass.
import { median } from './market-goals.mjs';

/** @typedef {{ server: 'ours' | 'theirs' | 'none', profile: string, load: Record<string, number>, args?: string[], isTls?: boolean, isPair?: boolean, repeats?: number,
 *   isTimed?: boolean }} Run    isTimed: its seconds are the profile's own, not --seconds */

const kb = (bytes) => `${(bytes / 1000).toFixed(2)} KB`;
const ms = (us) => `${(us / 1000).toFixed(us < 10_000 ? 2 : 0)} ms`;
const count = (value) => Math.round(value).toLocaleString('en');
const one = ['--workers', '1'];
const of = (runs, value) => median(runs.map(value));
/** What must never happen is judged by the worst run. */
const most = (runs, value) => Math.max(...runs.map(value));

/** What a message costs and how long it took, in a few words. */
const traffic = (runs) =>
  `${count(of(runs, (r) => r.messages_per_s))} msg/s, ${of(runs, (r) => r.us_per_message).toFixed(1)} µs/msg, p50 ${ms(of(runs, (r) => r.latency.p50_us))}, ` +
  `p99 ${ms(of(runs, (r) => r.latency.p99_us))}, ${count(most(runs, (r) => r.undelivered))} lost`;
const stood = (runs) => runs.every((r) => r.all_ready !== false && r.refused === 0 && r.hung_up === 0 && r.broken === 0);
const wrong = (runs) => runs.reduce((sum, r) => sum + r.again + r.astray, 0);

const idle = { per_swarm: 400, clients: 8000, seconds: 3 };
const pairs = { clients: 2000, per_swarm: 20 };
// 15 KB a second for each: after the warm-up the kernel's buffers of those that don't read are full, and the tracker's are at their bound.
const slow = { clients: 1000, per_swarm: 20, rate: 25_000, payload: 576, warm_up: 15 };
const hot = { clients: 4000, per_swarm: 4000, rate: 20_000 };

export const kDeafBytes = 256 * 1024; // queue_hard_bytes, after which the tracker hangs up
const kDeafSlackBytes = 8 * 1024 * 1024;

/** Each row: what is run under which name, and what `judge` makes of the results (an array for each run): words for ours and for the opponent, and what was missed. */
export const rows = [
  {
    name: 'idle',
    what: '8,000 idle viewers, memory for each',
    goal: '≤ 2.5 KB with membership',
    runs: {
      ours: { server: 'ours', profile: 'native-idle', load: idle, args: one },
      webtorrent: { server: 'ours', profile: 'webtorrent-idle', load: idle, args: one },
      theirs: { server: 'theirs', profile: 'webtorrent-idle', load: idle },
    },
    judge: ({ ours, webtorrent, theirs }) => {
      const native = of(ours, (r) => r.bytes_per_connection);
      const others = of(webtorrent, (r) => r.bytes_per_connection);
      return {
        measured: `${kb(native)} native, ${kb(others)} WebTorrent; kernel ${kb(of(ours, (r) => r.kernel_bytes_per_connection))}, both ends`,
        theirs: kb(of(theirs, (r) => r.bytes_per_connection)),
        missed: [
          native > 2500 && 'native over 2.5 KB',
          others > 2500 && 'WebTorrent over 2.5 KB',
          !(stood(ours) && stood(webtorrent)) && 'not all came in',
        ],
      };
    },
  },
  {
    name: 'idle-tls',
    what: '2,000 idle viewers over TLS',
    goal: '≤ 15 KB',
    runs: { ours: { server: 'ours', profile: 'native-idle', isTls: true, load: { ...idle, clients: 2000, open_rate: 300 }, args: one } },
    judge: ({ ours }) => {
      const bytes = of(ours, (r) => r.bytes_per_connection);
      return { measured: kb(bytes), theirs: '', missed: [bytes > 15_000 && 'over 15 KB', !stood(ours) && 'not all came in'] };
    },
  },
  {
    name: 'webtorrent',
    what: 'WebTorrent heavy: 2,000 clients, 64,000 msg/s offered',
    goal: '≤ 10 µs/msg, p99 ≤ 10 ms, none lost',
    runs: {
      ours: { server: 'ours', profile: 'webtorrent', load: { ...pairs, rate: 2000 }, args: one },
      theirs: { server: 'theirs', profile: 'webtorrent', load: { ...pairs, rate: 2000 } },
    },
    judge: ({ ours, theirs }) => ({
      measured: traffic(ours),
      theirs: traffic(theirs),
      missed: [
        of(ours, (r) => r.us_per_message) > 10 && 'over 10 µs/msg',
        of(ours, (r) => r.latency.p99_us) > 10_000 && 'p99 over 10 ms',
        most(ours, (r) => r.undelivered) > 0 && 'some lost',
        wrong(ours) > 0 && 'some went astray',
      ],
    }),
  },
  {
    name: 'relay',
    what: 'native relay of 300 B signals',
    goal: '≥ 50,000 relays/s, p99 ≤ 5 ms at half load',
    runs: {
      full: { server: 'ours', profile: 'native-relay', load: { ...pairs, rate: 51_000, payload: 300 }, args: one },
      half: { server: 'ours', profile: 'native-relay', load: { ...pairs, rate: 25_000, payload: 300 }, args: one },
    },
    judge: ({ full, half }) => {
      const relays = of(full, (r) => r.messages_per_s) / 2;
      return {
        measured: `${count(relays)} relays/s at ${of(full, (r) => r.us_per_message).toFixed(1)} µs/msg, ${count(most(full, (r) => r.undelivered))} lost; half: ${traffic(half)}`,
        theirs: '',
        missed: [
          relays < 50_000 && 'under 50,000 relays/s',
          of(half, (r) => r.latency.p99_us) > 5000 && 'p99 over 5 ms',
          most(half, (r) => r.undelivered) > 0 && 'some lost',
          wrong(full) + wrong(half) > 0 && 'some went astray',
        ],
      };
    },
  },
  {
    name: 'join-storm',
    what: 'join storm: one stream, 8,000 joins in 4 s',
    goal: 'peers answered p99 ≤ 50 ms, no error',
    runs: { ours: { server: 'ours', profile: 'join-storm', load: { clients: 8000, open_rate: 2000 }, args: one } },
    judge: ({ ours }) => ({
      measured: `p50 ${ms(of(ours, (r) => r.latency.p50_us))}, p99 ${ms(of(ours, (r) => r.latency.p99_us))}, from being due to WELCOME, TCP and upgrade included`,
      theirs: '',
      missed: [
        of(ours, (r) => r.latency.p99_us) > 50_000 && 'p99 over 50 ms',
        of(ours, (r) => r.never_welcomed + r.failures + r.refused + r.hung_up) > 0 && 'errors',
      ],
    }),
  },
  {
    name: 'hot-stream',
    what: 'one hot stream, 1 → 2 workers',
    goal: '≥ 1.7 ×',
    runs: {
      one: { server: 'ours', profile: 'native-relay', load: hot, args: one, repeats: 3 },
      two: { server: 'ours', profile: 'native-relay', load: hot, args: ['--workers', '2'], repeats: 3 },
    },
    judge: ({ one: single, two }) => {
      // The best run of each: what else the machine does can only make a message dearer, by half and more on a busy host.
      const of_one = most(single, (r) => r.messages_per_busiest_core_s);
      const of_two = most(two, (r) => r.messages_per_busiest_core_s);
      return {
        measured: `${(of_two / of_one).toFixed(2)} ×: ${count(of_one)} → ${count(of_two)} messages for each second of the busiest worker's processor time`,
        theirs: '1 × (one process)',
        missed: [of_two / of_one < 1.7 && 'under 1.7 ×', most([...single, ...two], (r) => r.undelivered) > 0 && 'some lost'],
      };
    },
  },
  {
    name: 'deaf',
    what: '5 % of clients not reading',
    goal: "memory bounded, others' p99 + ≤ 20 %",
    runs: {
      none: { server: 'ours', profile: 'native-relay', load: slow, args: one, repeats: 3 },
      some: { server: 'ours', profile: 'native-relay', load: { ...slow, deaf: 0.05 }, args: one, repeats: 3 },
    },
    judge: ({ none, some }) => {
      const before = of(none, (r) => r.latency.p99_us);
      const after = of(some, (r) => r.latency.p99_us);
      const grown = of(some, (r) => r.memory_bytes) - of(none, (r) => r.memory_bytes);
      return {
        measured: `p99 ${ms(before)} → ${ms(after)} (${((after / before - 1) * 100).toFixed(0)} %), ${(grown / 1e6).toFixed(1)} MB more for ${some[0].deaf} of them`,
        theirs: '',
        missed: [
          after > 1.2 * before && 'p99 + over 20 %',
          grown > some[0].deaf * kDeafBytes + kDeafSlackBytes && 'memory',
          wrong(some) > 0 && 'some went astray',
        ],
      };
    },
  },
  {
    name: 'drain',
    what: 'drain under load: SIGTERM to one of two nodes',
    goal: '≥ 99 % resumed within 10 s, no relay lost among the rest',
    runs: {
      ours: {
        server: 'ours',
        profile: 'drain',
        isPair: true,
        isTimed: true,
        load: { ...pairs, rate: 4000, seconds: 40 },
        args: [...one, '--drain-percent-per-second', '5'],
        repeats: 3,
      },
    },
    judge: ({ ours }) => {
      const share = of(ours, (r) => r.resumed / r.clients);
      const back = of(ours, (r) => r.back_within_10_s / r.clients);
      return {
        measured: `${(100 * share).toFixed(2)} % resumed, ${(100 * back).toFixed(2)} % back within 10 s, away p99 ${ms(of(ours, (r) => r.away.p99_us))}; ${count(most(ours, (r) => r.lost_among_the_rest))} lost among the rest`,
        theirs: 'drops everybody',
        missed: [
          share < 0.99 && 'under 99 % resumed',
          back < 0.99 && 'under 99 % in 10 s',
          most(ours, (r) => r.lost_among_the_rest) > 0 && 'relays lost',
        ],
      };
    },
  },
  {
    name: 'churn',
    what: 'churn: 2,000 viewers of a minute each, signalling',
    goal: 'memory slope 0, descriptors flat',
    runs: { ours: { server: 'ours', profile: 'churn', isTimed: true, load: { ...pairs, rate: 1000 }, args: one } },
    judge: ({ ours }) => {
      const slope = of(ours, (r) => r.memory_slope_bytes_per_minute);
      const share = (slope * 30) / of(ours, (r) => r.memory_mean_bytes);
      const spread = of(ours, (r) => r.descriptors_most - r.descriptors_least);
      return {
        measured: `${of(ours, (r) => r.minutes)} minutes, ${count(of(ours, (r) => r.lives))} lives: ${(slope / 1000).toFixed(1)} KB/min at ${(of(ours, (r) => r.memory_mean_bytes) / 1e6).toFixed(1)} MB, descriptors within ${spread}`,
        theirs: '',
        missed: [share > 0.02 && 'memory grows by over 2 % in 30 minutes', spread > 40 && 'descriptors'],
      };
    },
  },
  {
    name: 'million',
    what: 'a million viewers on 72 workers of 9 nodes, without sockets: one stream of 80 %, 20,000 small ones',
    goal: 'skew ≤ 1.3 ×, Redis ≤ 20,000 operations/s',
    runs: { ours: { server: 'none', profile: 'million', isTimed: true, load: {} } },
    judge: ({ ours }) => {
      const skew = of(ours, (r) => r.worker_skew);
      const most = of(ours, (r) => r.redis_per_s_max);
      const away = of(ours, (r) => r.relays_between_workers / r.relays);
      return {
        measured:
          `${count(of(ours, (r) => r.viewers))} in ${count(of(ours, (r) => r.cells))} cells; fullest worker ${skew.toFixed(2)} × the mean, node ` +
          `${of(ours, (r) => r.node_skew).toFixed(2)} ×; Redis ${count(of(ours, (r) => r.redis_per_s_mean))} operations/s, ${count(most)} in the worst second; ` +
          `${(100 * away).toFixed(0)} % of relays leave their worker`,
        theirs: 'Centrifugo: 20 pods, 40 cores',
        missed: [
          skew > 1.3 && 'skew over 1.3',
          most > 20_000 && 'Redis over 20,000',
          of(ours, (r) => r.joins - r.welcomed) > 0 && 'not all were welcomed',
        ],
      };
    },
  },
];

/** @param {{ judge: Function }} row @param {Record<string, object[]>} results */
export function judgeRow(row, results) {
  const { measured, theirs, missed } = row.judge(results);
  return { measured, theirs, missed: missed.filter(Boolean) };
}

/** The record as Markdown, for docs/performance.md. */
export function trackerMarkdown(record) {
  return [
    '| profile | goal | ours | bittorrent-tracker, same run | missed |',
    '|---|---|---|---|---|',
    ...record.rows.map((row) => `| ${row.what} | ${row.goal} | ${row.measured} | ${row.theirs} | ${row.missed.join('; ')} |`),
  ].join('\n');
}
