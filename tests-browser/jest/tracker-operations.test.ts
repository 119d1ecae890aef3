// What docs/operations.md tells an operator to do, done to the real binary: tokens of its examples, pages, `tracker top`, the file.
// Owns one tracker that wants tokens; refuses to know its insides. Needs build/tracker/tracker, or BAZAAR_TRACKER.
import { decode, encode } from '@msgpack/msgpack';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import WebSocket from 'ws';

const binary = process.env.BAZAAR_TRACKER ?? 'build/tracker/tracker';
const document = readFileSync('docs/operations.md', 'utf8');
const examples = (language: string) => [...document.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code!);
const key = randomBytes(32).toString('base64url');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const folder = mkdtempSync(join(tmpdir(), 'hls-bazaar-operations-'));
const stream = createHash('sha256').update('hls-bazaar swarm\nthe final').digest().subarray(0, 16);
let child: ChildProcess;
let url: string;
let log: Interface;

beforeAll(async () => {
  const jwk = publicKey.export({ format: 'jwk' }).x as string;
  writeFileSync(join(folder, 'keys'), `plain:hmac-sha256:${key}\nsigned:ed25519:${jwk}\n`);
  writeFileSync(join(folder, 'tracker.toml'), `port = 0\ntoken_keys = ["@${join(folder, 'keys')}"]\n`);
  child = spawn(binary, ['--config', join(folder, 'tracker.toml')], { stdio: ['ignore', 'pipe', 'pipe'] });
  log = createInterface({ input: child.stderr! });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  url = /ws:\S+/.exec(line)![0];
});
afterAll(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** JOIN with this token: "welcome", or the code of the refusal. */
async function joined(token: string): Promise<number | 'welcome'> {
  const socket = new WebSocket(url, 'hls-bazaar.v2');
  try {
    for (;;) {
      const [data] = (await once(socket, 'message')) as [Buffer];
      const [type, code] = decode(data) as [number, number];
      if (type === 16) socket.send(encode([1, 2, stream, 0, Buffer.from(token), new Uint8Array(0), [0, 0, 0, 0, 0]]));
      if (type === 17) return 'welcome';
      if (type === 21) return code;
    }
  } finally {
    socket.close();
  }
}

async function node(code: string): Promise<Record<string, (...args: unknown[]) => string>> {
  const file = join(folder, `${createHash('sha256').update(code).digest('hex').slice(0, 8)}.mjs`);
  writeFileSync(file, code);
  return import(pathToFileURL(file).href);
}

test('a token of the HMAC example in Node admits to its stream only, while it lasts, unchanged', async () => {
  const { joinToken } = await node(examples('js')[0]!);
  const token = joinToken!('plain', key, 'the final');
  expect(await joined(token)).toBe('welcome');
  expect(await joined(joinToken!('plain', key, 'another match'))).toBe(4010);
  expect(await joined(joinToken!('plain', key, 'the final', -60))).toBe(4010);
  expect(await joined(joinToken!('other', key, 'the final'))).toBe(4010);
  expect(await joined(`${token.slice(0, -2)}AA`)).toBe(4010);
  expect(await joined('')).toBe(4010);
});

test('a token of the Ed25519 example admits, and its public key is what the document says', async () => {
  const example = await node(examples('js')[1]!);
  expect(example.publicKey!(pem)).toBe(publicKey.export({ format: 'jwk' }).x);
  expect(await joined(example.joinToken!('signed', pem, 'the final'))).toBe('welcome');
  expect(await joined(example.joinToken!('plain', pem, 'the final'))).toBe(4010);
});

test('a token of the Python example admits', async () => {
  const code = `${examples('python')[0]}\nimport sys\nprint(join_token("plain", sys.argv[1], "the final"), end="")\n`;
  const done = spawnSync('python3', ['-c', code, key], { encoding: 'utf8' });
  expect(done.stderr).toBe('');
  expect(await joined(done.stdout)).toBe('welcome');
});

test('the pages say what the document says, and the refusals above are counted by reason', async () => {
  const http = url.replace('ws:', 'http:');
  expect((await fetch(`${http}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${http}/readyz`)).text()).toBe('ready\n');
  let text = '';
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^bazaar_tracker_${name}\\{.*\\} (\\S+)$`, 'gm'))].reduce((total, [, n]) => total + Number(n), 0);
  do {
    // workers bring their numbers once a second
    const metrics = await fetch(`${http}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('version=0.0.4');
    text = await metrics.text();
  } while (sum('joins_total') < 3);
  expect(sum('joins_total')).toBe(3);
  expect(sum('turns_total')).toBeGreaterThan(20);
  expect(sum('busy_seconds_total')).toBeGreaterThan(0);
  for (const name of ['token_wrong_stream', 'token_expired', 'token_unknown_key', 'token_bad_signature', 'token_missing'])
    expect(text).toMatch(new RegExp(`refused_joins_total\\{worker="\\d+",reason="${name}"\\} [0-9]`));
  expect(text).toMatch(/refused_joins_total\{worker="\d+",reason="token_expired"\} 1/);
  const status = (await (await fetch(`${http}/status`)).json()) as { workers: unknown[]; node: { workers: number } };
  expect(status.workers).toHaveLength(status.node.workers);
});

test('`tracker top --once` prints a table, and fails in words when nobody answers', () => {
  const once = spawnSync(binary, ['top', '--once', url], { encoding: 'utf8' });
  expect(once.status).toBe(0);
  expect(once.stdout).toMatch(/^all +\d+ /m);
  expect(once.stdout).toContain('refused_joins_total.token_wrong_stream');
  const nobody = spawnSync(binary, ['top', '--once', 'http://127.0.0.1:1'], { encoding: 'utf8' });
  expect(nobody.status).toBe(1);
  expect(nobody.stdout).toMatch(/http:\/\/127\.0\.0\.1:1: \w+/);
});

test('SIGHUP reads the keys again: a key taken away admits nobody, a wrong file changes nothing', async () => {
  const { joinToken } = await node(examples('js')[0]!);
  const changed = async (keys: string, word: string) => {
    writeFileSync(join(folder, 'keys'), keys);
    const said = new Promise<void>((resolve) => log.on('line', (line) => line.includes(word) && resolve()));
    child.kill('SIGHUP');
    await said;
  };
  const other = randomBytes(32).toString('base64url');
  await changed(`next:hmac-sha256:${other}\n`, 'token keys read again');
  expect(await joined(joinToken!('plain', key, 'the final'))).toBe(4010);
  expect(await joined(joinToken!('next', other, 'the final'))).toBe('welcome');
  await changed('nonsense\n', 'the old options stay');
  expect(await joined(joinToken!('next', other, 'the final'))).toBe('welcome');
});

test('the packaged configuration is what the binary explains, and a mistake in it ends with code 2', () => {
  const explained = spawnSync(binary, ['--default-config'], { encoding: 'utf8' });
  expect(readFileSync('tracker/packaging/tracker.toml', 'utf8')).toBe(explained.stdout);
  const wrong = spawnSync(binary, ['--config', 'tracker/packaging/tracker.toml', '--port', 'many'], { encoding: 'utf8' });
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toBe('tracker: --port: expected an integer from 0 to 65535, not "many"\n');
});

test('options that the document names exist', () => {
  const known = new Set([...readFileSync('tracker/packaging/tracker.toml', 'utf8').matchAll(/^#(\w+) = /gm)].map(([, name]) => name));
  const named = [...document.matchAll(/`(\w+)( = [^`]*)?`/g)].map(([, name]) => name!).filter((name) => /_(max|min|s|ms|bytes|keys|secret|proxies|header|allow|origin|window|goal|json|target|prefix|second|burst)$/.test(name));
  expect(named.length).toBeGreaterThan(20);
  const others = new Set(['origin', 'too_fast', 'address_too_fast', 'node_too_fast', 'join_token', 'tcp_rmem']);
  expect(named.filter((name) => !known.has(name) && !others.has(name))).toEqual([]);
});

test('with log_json every line is JSON, whatever it quotes', async () => {
  const file = join(folder, 'json.toml');
  writeFileSync(file, 'port = 0\nlog_json = true\norigins = ["https://good.example"]\n');
  const other = spawn(binary, ['--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const lines = createInterface({ input: other.stderr! });
    await once(createInterface({ input: other.stdout! }), 'line');
    writeFileSync(file, 'port = 0\nlog_json = true\norigins = ["broken"]\n');
    other.kill('SIGHUP');
    const [line] = (await once(lines, 'line')) as [string];
    const said = JSON.parse(line) as { level: string; message: string };
    expect(said.level).toBe('error');
    expect(said.message).toContain('"broken"');
  } finally {
    other.kill('SIGKILL');
  }
});
