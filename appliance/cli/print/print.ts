// How figures and tables reach a terminal. Text from devices is made printable here, whatever prints it.

import { printable } from '../../model/text.ts';

export { bytesText } from '../../model/quantity.ts';

/** Unknown is said, never shown as zero. */
export function countText(count: number | null): string {
  return count === null ? 'unknown' : count.toLocaleString('en-GB');
}

/** Columns as wide as their widest cell, at most 48; numbers are the caller's text. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const safe = [head, ...rows].map((row) => row.map((cell) => printable(cell, 48)));
  const widths = head.map((_, column) => Math.max(...safe.map((row) => row[column]?.length ?? 0)));
  return safe
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
