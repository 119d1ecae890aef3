// Docs name files: each must exist; and the lock file must not say where packages came from.
// Owns both checks. Exits 1 with a line a problem. Run with `npm run lint`.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const top = new Set(readdirSync(root));
const problems = [];

const documents = readdirSync(root).filter((name) => name.endsWith('.md')).map((name) => name);
for (const folder of ['docs', 'docs/decisions']) {
  for (const name of readdirSync(join(root, folder))) if (name.endsWith('.md')) documents.push(`${folder}/${name}`);
}

for (const document of documents) {
  const text = readFileSync(join(root, document), 'utf8');
  // `path/to/file.ext` or `dir/` in backticks, and [text](path) links, when their first part is something of ours.
  const named = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g), ...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)];
  for (const [, path] of named) {
    if (path === undefined || !path.includes('/')) continue;
    const first = path.split('/')[0] ?? '';
    if (first === 'build' || first === 'dist' || first === 'node_modules') continue;
    const fromHere = join(root, document, '..', path);
    if (!top.has(first) && !existsSync(fromHere)) continue;
    if (!existsSync(join(root, path)) && !existsSync(fromHere)) problems.push(`${document} names ${path}, which does not exist`);
  }
}
if (/"resolved"\s*:/.test(readFileSync(join(root, 'package-lock.json'), 'utf8'))) {
  problems.push('package-lock.json records download addresses: remove the "resolved" fields (npm install --omit-lockfile-registry-resolved)');
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${documents.length} documents name only files that exist`);
