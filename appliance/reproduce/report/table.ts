// One table of a reproduced paper: what the terminal, the CSV file and the report show alike.

import { csvField, printable } from '../../model/text.ts';

export type Cell = string | number | boolean | null;

export interface ReportTable {
  /** Also the name of its CSV file: lower case, digits and hyphens. */
  readonly name: string;
  readonly title: string;
  /** How it was counted, and where the right answer differs. One paragraph each. */
  readonly notes: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** RFC 4180 with a head line. Text of captured devices is made harmless. */
export function tableCsv({ head, rows }: ReportTable): string {
  const line = (cells: readonly Cell[]): string => cells.map(csvCell).join(',');
  return [head, ...rows].map((cells) => `${line(cells)}\r\n`).join('');
}

function csvCell(cell: Cell): string {
  return csvField(typeof cell === 'string' ? printable(cell, 4096) : cell);
}

/** For people: numbers as they are, null as an empty cell. */
export function cellText(cell: Cell): string {
  if (cell === null) return '';
  return typeof cell === 'string' ? printable(cell, 4096) : String(cell);
}

/** Byte-wise order of texts, the same on every machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
