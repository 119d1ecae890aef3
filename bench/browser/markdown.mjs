// The bench's record as docs/performance.md shows it: a table a case, the floor of CPU, and the sweep.
// Owns the Markdown; refuses wording (words.mjs) and to read files (scripts/check-docs.mjs does). Invariant: the same record gives the
// same text, so that a linter can hold the document against it.
import { cpuFloorRatio } from './figures.mjs';
import { caseTitle, cells, floorLines, heads, newcomerLines, share } from './words.mjs';

const of = (/** @type {any[]} */ rows, /** @type {string} */ name) => rows.find(({ contestant }) => contestant === name);

/** @param {any} record bench/results/browser.json @returns {string} */
export function browserMarkdown({ cases, sweep, newcomers }) {
  const parts = [cases && casesMarkdown(cases), sweep && sweepMarkdown(sweep), newcomers && newcomersMarkdown(newcomers)];
  return parts
    .flatMap((lines) => lines ?? [])
    .join('\n')
    .trim();
}

function newcomersMarkdown({ date, machine, results }) {
  return [`Newcomers, ${date}, ${machine.cores} cores (${machine.cpu}):`, '', ...newcomerLines(results).map((line) => `- ${line}`), ''];
}

function casesMarkdown({ date, machine, seconds, warmUpS, floor, results }) {
  const lines = [
    `${date}, ${machine.cores} cores (${machine.cpu}); windows of ${seconds} s, ${warmUpS} s after the last viewer's first picture.`,
    '',
  ];
  for (const { case: kase, rows } of results) {
    const cdn = of(rows, 'cdn');
    lines.push(`**${caseTitle(kase)}** (limit of offload ${share(rows[0].limit)})`, '');
    lines.push(`| ${heads.join(' | ')} |`, `|${'---|'.repeat(heads.length)}`);
    for (const row of rows) lines.push(`| ${cells(row, cdn).join(' | ')} |`);
    lines.push('');
  }
  lines.push(...floorLines(floor).map((line) => `- ${line}`));
  for (const { case: kase, rows } of results) {
    const [cdn, ours] = [of(rows, 'cdn'), of(rows, 'ours')];
    const channel = floor.find((/** @type {any} */ row) => row.uplinkBps === kase.uplinkBps);
    if (!cdn || !ours || !channel) continue;
    const least = cpuFloorRatio(cdn.cpuSPerMb, channel.cpuSPerMb, ours.offload);
    lines.push(
      `- ${caseTitle(kase)}: so the floor is ${least.toFixed(2)} × CDN-only; ours is ${(ours.cpuSPerMb / cdn.cpuSPerMb).toFixed(2)} ×`,
    );
  }
  return [...lines, ''];
}

/** A point of the sweep, with what the CDN alone does at its segment length. @param {any} sweep */
export function sweepPoints({ results }) {
  const cdnAt = new Map(results.flatMap(({ case: kase, rows }) => (of(rows, 'cdn') ? [[kase.segmentS, of(rows, 'cdn')]] : [])));
  return results.map(({ case: kase, rows }) => {
    const [ours, cdn] = [of(rows, 'ours'), cdnAt.get(kase.segmentS)];
    return {
      viewers: kase.viewers,
      segmentS: kase.segmentS,
      offload: ours.offload,
      limit: ours.limit,
      stalls: ours.stalls,
      latencyS: ours.latencyS.p50,
      overCdnS: ours.latencyS.p50 - cdn.latencyS.p50,
      cpuRatio: ours.cpuSPerMb / cdn.cpuSPerMb,
    };
  });
}

function sweepMarkdown(sweep) {
  const lines = [
    `The sweep, ${sweep.date}: 4 Mbit/s up, windows of ${sweep.seconds} s; CDN-only is measured once for each segment length.`,
    '',
    '| segments | viewers | offload | of limit | latency p50 | over CDN-only | stalls | CPU × CDN |',
    `|${'---|'.repeat(8)}`,
  ];
  for (const p of sweepPoints(sweep)) {
    const over = `${p.overCdnS < 0 ? '−' : '+'}${Math.abs(p.overCdnS).toFixed(2)} s`;
    const figures = [
      share(p.offload),
      share(p.offload / p.limit),
      `${p.latencyS.toFixed(2)} s`,
      over,
      p.stalls,
      `${p.cpuRatio.toFixed(2)} ×`,
    ];
    lines.push(`| ${[`${p.segmentS} s`, p.viewers, ...figures].join(' | ')} |`);
  }
  return [...lines, ''];
}
