// Rows of a list as text for a paper or a program: every field that the appliance sent, not only what the list shows.

import { csvField } from '../../appliance/model/text.ts';

/** One JSON object a line. */
export function ndjsonOf(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** RFC 4180 with a line of names; lists and objects are JSON in their field, what is absent or null is empty. */
export function csvOf(rows: readonly object[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => {
    const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(row));
    return names.map((name) => cell(fields.get(name))).join(',');
  });
  return [names.map(csvField).join(','), ...lines, ''].join('\r\n');
}

function cell(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return csvField(value);
  return value === undefined || value === null ? '' : csvField(JSON.stringify(value));
}
