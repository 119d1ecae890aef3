// One contestant in one case: opens the network and the audience, lets it settle, and measures a window of steady state.
// Owns the order; refuses to judge. Invariant: whatever happens, no namespace and no browser of this measurement is left.
import { setTimeout as pause } from 'node:timers/promises';
import { openAudience } from './audience.mjs';
import { cpuSecondsBetween, readCpu } from './cpu.mjs';
import { offload, offloadLimit, percentile, stallsBetween } from './figures.mjs';
import { openTracker, startHub } from './hub.mjs';
import { closeNamespace, namespaceOf, openNamespace, readTraffic } from './network.mjs';
import { assertUplinks } from './uplink-probe.mjs';

const kMb = 1e6;

/** Everything that is counted, at one moment. */
async function readAll(audience, origin, laid) {
  const probes = await audience.read();
  const servedBytes = origin.counters.segmentBytes;
  // Less what the cable carried before there was a viewer: the proof of its shape.
  const each = laid.map((was, i) => {
    const { upBytes, downBytes, packets } = readTraffic(i + 1);
    return { cpu: readCpu(namespaceOf(i + 1)), upBytes: upBytes - was.upBytes, downBytes: downBytes - was.downBytes, packets };
  });
  return { atMs: performance.now(), probes, servedBytes, each };
}

/**
 * @param {import('./cases.mjs').Case} kase
 * @param {import('./cases.mjs').Contestant} contestant
 * @param {{ warmUpS: number, seconds: number, pages: Awaited<ReturnType<typeof import('./hub.mjs').buildPages>>, say: (line: string) => void }} options
 */
export async function measure(kase, contestant, { warmUpS, seconds, pages, say }) {
  const { viewers, segmentS, uplinkBps } = kase;
  /** Last in, first out. @type {(() => unknown)[]} */
  const open = [];
  try {
    for (let viewer = 1; viewer <= viewers; ++viewer) {
      open.push(() => closeNamespace(viewer));
      openNamespace(viewer, uplinkBps);
    }
    const uplinksBps = await assertUplinks(viewers, uplinkBps);
    const laid = uplinksBps.map((_, i) => readTraffic(i + 1));
    const origin = await startHub({ segmentS, pages, say });
    open.push(() => origin.close());
    const tracker = await openTracker(contestant.tracker);
    open.push(() => tracker.close());
    const audience = await openAudience({ origin: origin.url, tracker: tracker.url, segmentS, viewers, contestant });
    open.push(() => audience.close());
    await pause(warmUpS * 1000);
    const before = await readAll(audience, origin, laid);
    await pause(seconds * 1000);
    const after = await readAll(audience, origin, laid);
    return { ...figuresOf(kase, before, after), contestant: contestant.name, uplinksBps, complaints: audience.complaints };
  } finally {
    for (const close of open.reverse()) await close();
  }
}

function figuresOf({ viewers, uplinkBps }, before, after) {
  const seconds = (after.atMs - before.atMs) / 1000;
  const each = after.probes.map((probe, i) => {
    const was = before.probes[i];
    const [wire, wireWas] = [after.each[i], before.each[i]];
    const { uploadedBytes, downloadedBytes, ...said } = probe.payload ?? {};
    return {
      consumedBytes: probe.bytes - was.bytes,
      // Whole lives, not the window: the promise is about totals.
      upBytes: wire.upBytes,
      downBytes: wire.downBytes,
      upMbps: ((wire.upBytes - wireWas.upBytes) * 8) / seconds / kMb,
      downMbps: ((wire.downBytes - wireWas.downBytes) * 8) / seconds / kMb,
      packetsPerS: (wire.packets - wireWas.packets) / seconds,
      ...(probe.payload ? { uploadedBytes, downloadedBytes, said } : {}),
      cpuS: cpuSecondsBetween(wireWas.cpu, wire.cpu),
      firstPictureMs: probe.firstFrameMs,
      stalls: stallsBetween(was, probe),
      frozenMs: probe.frozenMs - was.frozenMs,
      // Not judged, but what explains a viewer that is further behind live than the others.
      before: { stalls: was.stalls, frozenMs: was.frozenMs },
      latencies: probe.latencies.slice(was.latencies.length),
      bufferedS: probe.buffered,
      errors: probe.errors.slice(was.errors.length),
    };
  });
  const sum = (/** @type {(v: any) => number} */ of) => each.reduce((total, v) => total + of(v), 0);
  const consumedBytes = sum((v) => v.consumedBytes);
  const servedBytes = after.servedBytes - before.servedBytes;
  const latencies = each.flatMap((v) => v.latencies);
  const firstPictures = each.map((v) => v.firstPictureMs);
  return {
    seconds,
    consumedBytes,
    servedBytes,
    offload: offload(servedBytes, consumedBytes),
    limit: offloadLimit(viewers, (consumedBytes * 8) / seconds / viewers, uplinkBps),
    latencyS: { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) },
    firstPictureMs: { p50: percentile(firstPictures, 0.5), max: Math.max(...firstPictures) },
    stalls: sum((v) => v.stalls),
    frozenMs: sum((v) => v.frozenMs),
    cpuSPerMb: sum((v) => v.cpuS) / (consumedBytes / kMb),
    packetsPerViewerS: sum((v) => v.packetsPerS) / viewers,
    viewers: each.map(({ latencies: own, ...v }) => ({ ...v, latencyS: { p50: percentile(own, 0.5), p95: percentile(own, 0.95) } })),
  };
}
