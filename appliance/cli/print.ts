// How figures and tables reach a terminal. Text from devices is made printable here, whoever prints it.

import { printable } from '../model/text.ts';

/** Binary units, three digits: `12.3 MiB`. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return 'unknown';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toPrecision(3)} ${units[unit]}`;
}

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
