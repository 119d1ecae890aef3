// What real browsers' engines did, the native engine does again: three viewers trade, one leaves, and their traces are replayed.
// With BAZAAR_TRACE=FILE (`npm run trace`) the second viewer's trace is also written there: the one that tests-native replays.
import { expect, test } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pause, report, Stage, until } from './stage.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'build/test-results/traces');

test('the traces of three viewers replay natively to the same actions', async () => {
  const stage = await Stage.open();
  try {
    const viewers = await stage.swarm(['a', 'b', 'c'], { trace: true });
    await pause(20_000);
    await viewers[2]!.close();
    await until('the others notice that c left', async () => (await viewers[0]!.stat('peers')) === 1 && (await viewers[1]!.stat('peers')) === 1);
    await pause(1_000);

    mkdirSync(folder, { recursive: true });
    for (const viewer of viewers.slice(0, 2)) {
      expect(await viewer.stat('bytesFromPeers'), `${viewer.name} took`).toBeGreaterThan(1_000_000);
      expect(await viewer.stat('bytesUploaded'), `${viewer.name} gave`).toBeGreaterThan(0);
      const lines = await viewer.trace();
      const text = lines.map((line) => `${line}\n`).join('');
      const path = join(folder, `${viewer.name}.jsonl`);
      writeFileSync(path, text);
      const { status, stdout, stderr } = spawnSync(join(root, 'build/simulator/simulator'), ['replay', path], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
      report(`trace of ${viewer.name}: ${Math.round(text.length / 1024)} KiB, ${stdout.trim()}`);
      if (viewer.name === 'b' && process.env.BAZAAR_TRACE) writeFileSync(join(root, process.env.BAZAAR_TRACE), text);
    }
  } finally {
    await stage.close();
  }
});
