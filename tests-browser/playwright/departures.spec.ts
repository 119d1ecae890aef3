// What goes away without a word: a viewer, the tracker, the CDN. The others play on.
import { expect, test } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { pause, report, Stage, Tracker, until, type Viewer } from './stage.js';

const stallsOf = async (viewers: Viewer[]): Promise<number> => {
  const probes = await Promise.all(viewers.map((viewer) => viewer.probe()));
  return probes.reduce((sum, probe) => sum + probe.stalls, 0);
};

test('a viewer that is killed while it serves stalls nobody', async () => {
  const stage = await Stage.open();
  try {
    const doomedBrowser = await stage.launch();
    const doomed = await stage.viewer('doomed', { browser: doomedBrowser });
    const others = [await stage.viewer('b'), await stage.viewer('c')];
    for (const viewer of others) await until(`${viewer.name} has 2 peers`, async () => (await viewer.stat('peers')) === 2);
    await until('the doomed one has served 2 MB', async () => (await doomed.stat('bytesUploaded')) > 2_000_000, 40_000);
    const before = await stallsOf(others);
    // SIGKILL to the whole browser: no BYE, no DTLS alert, no WebSocket close frame.
    const pids = execFileSync('pgrep', ['-f', await userDataDirOf(doomed)], { encoding: 'utf8' }).trim().split('\n');
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    await until('its browser is gone', () => !doomedBrowser.isConnected());
    await pause(15_000);
    expect((await stallsOf(others)) - before).toBe(0);
    for (const viewer of others) expect(await viewer.stat('peers'), `${viewer.name} let the dead one go`).toBe(1);
  } finally {
    await stage.close();
  }
});

/** The profile folder of a viewer's browser: what tells its processes from those of the others. */
async function userDataDirOf(viewer: Viewer): Promise<string> {
  const session = await viewer.context.browser()!.newBrowserCDPSession();
  const { processInfo } = (await session.send('SystemInfo.getProcessInfo' as any)) as any;
  const browser = processInfo.find((info: any) => info.type === 'browser');
  const line = execFileSync('ps', ['-o', 'args=', '-p', String(browser.id)], { encoding: 'utf8' });
  return /--user-data-dir=(\S+)/.exec(line)![1]!;
}

test('the tracker dies: playback and peers go on; it returns: newcomers join', async () => {
  const stage = await Stage.open();
  try {
    const viewers = await stage.swarm(['a', 'b']);
    await pause(3_000);
    const port = Number(new URL(stage.tracker.url).port);
    await stage.tracker.kill();
    await until('the viewers notice', async () => (await viewers[0]!.probe()).stats?.tracker !== 'joined');
    const shared = async (): Promise<number> => {
      const each = await Promise.all(viewers.map((viewer) => viewer.stat('bytesFromPeers')));
      return each.reduce((sum, bytes) => sum + bytes, 0);
    };
    const before = await shared();
    await pause(8_000);
    for (const viewer of viewers) expect(await viewer.stat('peers')).toBe(1);
    // Of two viewers the one ahead may give everything and get nothing: together they get half from each other.
    expect((await shared()) - before).toBeGreaterThan(1_000_000);
    stage.tracker = await Tracker.start(port);
    const newcomer = await stage.viewer('newcomer');
    await until('the newcomer trades', async () => (await newcomer.stat('bytesFromPeers')) > 0, 50_000);
    expect(await stallsOf([...viewers, newcomer])).toBe(0);
  } finally {
    await stage.close();
  }
});

test('four seconds of 503 from the CDN while peers have the blocks stall nobody', async () => {
  const stage = await Stage.open();
  try {
    const viewers = await stage.swarm(['a', 'b', 'c']);
    await pause(10_000);
    const before = await stallsOf(viewers);
    // Two of three lose the CDN; the third has the blocks, and the market must bring them over in time.
    const faults = ['b', 'c'].map((viewer) => stage.origin.faults.add({ match: /\.m4s/, viewer, status: 503, durationMs: 4_000 }));
    await pause(16_000);
    const refused = faults.reduce((sum, fault) => sum + fault.hits, 0);
    report(`503 for 4 s to two of three: ${refused} requests refused, ${(await stallsOf(viewers)) - before} stalls`);
    expect(refused, 'the fault took effect').toBeGreaterThan(0);
    expect((await stallsOf(viewers)) - before).toBe(0);
  } finally {
    await stage.close();
  }
});
