// The bench's tables in the terminal. Owns the columns; refuses wording (words.mjs). Invariant: one row a contestant.
import Table from 'cli-table3';
import { caseTitle, cells, share, titleOf } from './words.mjs';

/** @param {{ case: import('./cases.mjs').Case, rows: any[] }} result */
export function caseTable({ case: kase, rows }) {
  const head = [
    '',
    'offload',
    'of limit',
    'latency p50/p95',
    'first picture p50/max',
    'stalls',
    'MB up/down by viewer',
    'CPU s/MB',
    '× CDN',
    '',
  ];
  const table = new Table({ head, style: { head: [], border: [] }, colWidths: [40, 9, 10, 17, 16, 8, 30, 10, 8, 30], wordWrap: true });
  const cdn = rows.find(({ contestant }) => contestant === 'cdn');
  for (const row of rows) {
    const c = cells(row, cdn);
    table.push([
      titleOf(row.contestant),
      c.offload,
      c.ofLimit,
      c.latency,
      c.first,
      c.stalls,
      c.traffic.join(' '),
      c.cpu,
      c.ratio,
      c.verdict,
    ]);
  }
  const limit = rows[0] ? `; the limit of offload is ${share(rows[0].limit)}` : '';
  return `${caseTitle(kase)}${limit}\n${table.toString()}`;
}
