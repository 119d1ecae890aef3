// Every linter, each to its end, with one closing count. Owns the list; refuses to repair anything but white space.
// Invariant: exits 1 when any complains, and then shows what it said.
//   node scripts/lint.mjs [--format]     --format lays files out instead of complaining. Run with `npm run lint`, `npm run format`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cpp = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.cpp', '*.hpp'], { cwd: root, encoding: 'utf8' })
  .stdout.split('\n')
  .filter(Boolean);
const tidy = cpp.filter((name) => name.endsWith('.cpp') && /^(wasm\/core|tracker)\//.test(name));
/** Grows a folder at a time: `npx prettier --write FOLDER`, then name it here. */
const pretty = [
  'scripts',
  'bench/browser',
  'bench/browser.mjs',
  'bench/market.mjs',
  'bench/market-goals.mjs',
  'bench/tracker',
  'bench/tracker.mjs',
  'bench/tracker-goals.mjs',
  'bench/test',
  'wasm/**/*.{js,mjs}',
  'tracker/packaging/*.json',
  '*.{js,json}',
];

const linters = {
  'docs and lock file': ['node', 'scripts/check-docs.mjs'],
  TypeScript: ['npx', 'tsc', '-p', 'tsconfig.json'],
  'TypeScript of the demo': ['npx', 'tsc', '-p', 'web-demo'],
  'TypeScript of the bench': ['npx', 'tsc', '-p', 'bench/browser/page'],
  eslint: ['npx', 'eslint', '.', '--max-warnings=0'],
  prettier: ['npx', 'prettier', '--check', ...pretty],
  'clang-format': ['clang-format', '--dry-run', '-Werror', ...cpp],
  // One process a core, a few files each: it is the slowest by far.
  'clang-tidy': ['sh', '-c', 'printf "%s\\n" "$@" | xargs -P "$(nproc)" -n 5 clang-tidy -p build --quiet', 'sh', ...tidy],
  Dockerfile: ['npx', 'dockerfile-utils', 'lint', 'tracker/packaging/Dockerfile'],
  'demo page': ['npx', 'html-validate', 'web-demo/page/*.html'],
};
const formatters = {
  prettier: ['npx', 'prettier', '--write', '--log-level=warn', ...pretty],
  'clang-format': ['clang-format', '-i', ...cpp],
};
const wanted = process.argv.includes('--format') ? formatters : linters;
/** @type {string[]} */
const complaints = [];
for (const [name, [command = '', ...args]] of Object.entries(wanted)) {
  const began = Date.now();
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  const isGood = done.status === 0;
  if (!isGood) {
    complaints.push(name);
    console.error(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
  }
  console.log(`lint ${name}: ${isGood ? 'good' : 'COMPLAINS'}, ${Math.round((Date.now() - began) / 1000)} s`);
}
console.log(['', ...complaints.map((name) => `FAILED lint ${name}`)].join('\n'));
console.log(`${Object.keys(wanted).length - complaints.length} passed, ${complaints.length} failed`);
process.exit(complaints.length === 0 ? 0 : 1);
