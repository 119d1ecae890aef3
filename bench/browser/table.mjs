// The bench's tables in the terminal. Owns their widths; refuses wording (words.mjs). Invariant: one row a contestant.
import Table from 'cli-table3';
import { caseTitle, cells, heads, share } from './words.mjs';

/** @param {{ case: import('./cases.mjs').Case, rows: any[] }} result */
export function caseTable({ case: kase, rows }) {
  const table = new Table({
    head: heads,
    style: { head: [], border: [] },
    colWidths: [40, 9, 10, 17, 16, 8, 30, 10, 8, 30],
    wordWrap: true,
  });
  const cdn = rows.find(({ contestant }) => contestant === 'cdn');
  for (const row of rows) table.push(cells(row, cdn));
  const limit = rows[0] ? `; the limit of offload is ${share(rows[0].limit)}` : '';
  return `${caseTitle(kase)}${limit}\n${table.toString()}`;
}
