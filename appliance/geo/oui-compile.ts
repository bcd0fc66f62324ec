// From the IEEE registry (prefix → name and address) to the file that oui-table.ts reads. Runs at build time.

import { NameList } from './name-list.ts';
import { OUI_SECTION, OUI_VERSION } from './oui-table.ts';
import { encodeTable } from './table-file.ts';

/** `registry`: 6, 7 or 9 hex digits → lines of which the first is the company. `date`: day of the data. */
export function compileOui(registry: Readonly<Record<string, string>>, date: string): Buffer {
  const names = new NameList();
  const blocks = Object.entries(registry)
    .map(([prefix, text]) => ({ prefix: prefix.toUpperCase(), name: names.add(text.split('\n', 1)[0]?.trim() ?? '') }))
    .sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
  const ofSize = (digits: number): typeof blocks => blocks.filter((b) => b.prefix.length === digits);
  const column = (numbers: number[]): Uint8Array => new Uint8Array(Uint32Array.from(numbers).buffer);
  const hex = (from: string): number => Number.parseInt(from, 16);
  const [large, medium, small] = [ofSize(6), ofSize(7), ofSize(9)];
  const sections = new Map<number, Uint8Array>([
    [OUI_SECTION.large, column(large.map((b) => hex(b.prefix)))],
    [OUI_SECTION.largeNames, column(large.map((b) => b.name))],
    [OUI_SECTION.medium, column(medium.map((b) => hex(b.prefix)))],
    [OUI_SECTION.mediumNames, column(medium.map((b) => b.name))],
    [OUI_SECTION.small, column(small.map((b) => hex(b.prefix.slice(0, 8))))],
    [OUI_SECTION.smallLow, Uint8Array.from(small.map((b) => hex(b.prefix.slice(8))))],
    [OUI_SECTION.smallNames, column(small.map((b) => b.name))],
    [OUI_SECTION.nameOffsets, names.offsets()],
    [OUI_SECTION.names, names.bytes()],
  ]);
  return encodeTable('oui', OUI_VERSION, date, sections);
}
