// Every linter, each to its end. Owns the list. Exits 1 when any complains. Run with `npm run lint`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cpp = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.cpp', '*.hpp'], { cwd: root, encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
const tidy = cpp.filter((name) => name.endsWith('.cpp') && /^(wasm\/core|tracker)\//.test(name));

const linters = {
  'docs and lock file': ['node', 'scripts/check-docs.mjs'],
  'TypeScript': ['npx', 'tsc', '-p', 'tsconfig.json'],
  'TypeScript of the demo': ['npx', 'tsc', '-p', 'web-demo'],
  'eslint': ['npx', 'eslint', '.', '--max-warnings=0'],
  'clang-format': ['clang-format', '--dry-run', '-Werror', ...cpp],
  'clang-tidy': ['clang-tidy', '-p', 'build', '--quiet', ...tidy],
  'demo page': ['npx', 'html-validate', 'web-demo/page/*.html'],
};
let complaints = 0;
for (const [name, [command = '', ...args]] of Object.entries(linters)) {
  const began = Date.now();
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  const isGood = done.status === 0;
  if (!isGood) {
    ++complaints;
    console.error(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
  }
  console.log(`lint ${name}: ${isGood ? 'good' : 'COMPLAINS'}, ${Math.round((Date.now() - began) / 1000)} s`);
}
process.exit(complaints === 0 ? 0 : 1);
