// Runs every libFuzzer target for a while, from the documents' own examples. Owns the corpus folders below build/fuzz/corpus; refuses to
// decide what is a bug (the targets abort). Invariant: exits 1 when any target found something, and says where the input is.
//   node scripts/fuzz.mjs [--seconds 60] [TARGET …]        Run with `npm run fuzz`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from 'commander';
import { buildPreset } from './setup/build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
program.option('--seconds <n>', 'for each target', Number, 60).argument('[targets...]', 'all when none is named').parse();
const { seconds } = program.opts();
if (!Number.isInteger(seconds) || seconds < 1) program.error('--seconds is a whole number of at least 1');

buildPreset(root, 'fuzz');
const folder = join(root, 'build/fuzz/tests-native/fuzz');
const targets = readdirSync(folder).filter((name) => /^fuzz_\w+$/.test(name));
const wanted = program.args.length > 0 ? program.args.map((name) => `fuzz_${name}`) : targets;
const unknown = wanted.filter((name) => !targets.includes(name));
if (unknown.length > 0) program.error(`no such target: ${unknown.join(', ')}; there are ${targets.join(', ')}`);

/** The hex examples of a document: ```hex NAME blocks. @param {string} path */
function examples(path) {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/```hex (\w+)\n([\s\S]*?)```/g)].map(([, name = '', hex = '']) => ({
    name,
    bytes: Buffer.from(hex.replace(/\s+/g, ''), 'hex'),
  }));
}

let failed = 0;
for (const target of wanted) {
  const corpus = join(root, 'build/fuzz/corpus', target);
  mkdirSync(corpus, { recursive: true });
  if (target === 'fuzz_tracker_wire')
    for (const { name, bytes } of examples('docs/tracker-protocol.md')) writeFileSync(join(corpus, name), bytes);
  const done = spawnSync(
    join(folder, target),
    [corpus, `-max_total_time=${seconds}`, '-print_final_stats=1', `-artifact_prefix=${corpus}-`],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  const runs = /stat::number_of_executed_units:\s*(\d+)/.exec(done.stderr)?.[1] ?? '?';
  console.log(`${target}: ${done.status === 0 ? 'nothing found' : 'FOUND SOMETHING'} in ${runs} runs`);
  if (done.status !== 0) {
    ++failed;
    console.error(done.stderr.split('\n').slice(-40).join('\n'));
  }
}
console.log(`\n${wanted.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
