// The ways into a page: a strict content security policy, a module without a bundler, a script tag, a CDN without Range.
import { expect, test } from '@playwright/test';
import { pause, report, Stage, until } from './stage.js';

let stage: Stage;
test.beforeAll(async () => {
  stage = await Stage.open();
});
test.afterAll(async () => {
  await stage.close();
});

test('a page under a strict policy shares', async () => {
  const [first, second] = await stage.swarm(['strict-a', 'strict-b']);
  const response = await first!.page.request.get(first!.page.url());
  const policy = response.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  // The page's own code, not the test's (which comes in by the debugger): an inline handler that would call eval.
  const isBlocked = await first!.page.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        document.addEventListener('securitypolicyviolation', () => resolve(true), { once: true });
        const script = document.createElement('script');
        script.textContent = 'window.inlineRan = true';
        document.head.append(script);
        setTimeout(() => resolve(false), 500);
      }),
  );
  expect(isBlocked, 'the policy is in force').toBe(true);
  await until('bytes come from the peer', async () => (await second!.stat('bytesFromPeers')) > 200_000, 30_000);
  expect((await second!.probe()).stalls).toBe(0);
  await first!.close();
  await second!.close();
});

for (const [kind, script] of [
  ['a module without a bundler', `import { attach } from '/lib/hls-bazaar.js'; start(attach)`],
  ['a script tag', 'start(HlsBazaar.attach)'],
] as const) {
  test(`${kind} plays and shares`, async () => {
    const partner = await stage.viewer(`partner of ${kind}`);
    const { page, context, pageErrors } = await stage.newPage();
    const isTag = kind === 'a script tag';
    // Another origin than the stream's: CORS, and only the headers that it lets through.
    const site = await stage.site(`<!doctype html><video muted></video>
      <script src="/hls.js/hls.min.js"></script>
      ${isTag ? '<script src="/lib/hls-bazaar.global.js"></script>' : ''}
      <script>
        function start(attach) {
          const hls = new Hls({ enableWorker: false })
          window.p2p = attach(hls, { tracker: '${stage.tracker.url}', iceServers: [] })
          hls.loadSource('${stage.origin.streamUrl}')
          hls.attachMedia(document.querySelector('video'))
          document.querySelector('video').play()
        }
      </script>
      <script ${isTag ? '' : 'type="module"'}>${script}</script>`);
    await page.goto(site);
    await until('it plays', () => page.evaluate(() => document.querySelector('video')!.currentTime > 1));
    await until('it shares', () => page.evaluate(() => (window as any).p2p.stats.bytesFromPeers > 200_000), 40_000);
    expect(pageErrors).toEqual([]);
    await context.close();
    await partner.close();
  });
}

test('a CDN that ignores Range costs nothing but Range', async () => {
  const fault = stage.origin.faults.add({ match: /\.m4s/, ignoreRange: true });
  const viewers = await stage.swarm(['whole-a', 'whole-b']);
  await pause(20_000);
  const probes = await Promise.all(viewers.map((viewer) => viewer.probe()));
  expect(fault.hits, 'the fault took effect').toBeGreaterThan(0);
  for (const probe of probes) {
    expect(probe.stalls).toBe(0);
    expect(probe.hlsErrors).toEqual([]);
  }
  const peers = probes.reduce((sum, probe) => sum + Number(probe.stats?.bytesFromPeers), 0);
  const cdn = probes.reduce((sum, probe) => sum + Number(probe.stats?.bytesFromCdn), 0);
  report(`CDN without Range, 2 viewers from a cold start: ${(peers / (peers + cdn)).toFixed(2)} from peers`);
  expect(peers).toBeGreaterThan(500_000);
  fault.remove();
  for (const viewer of viewers) await viewer.close();
});
