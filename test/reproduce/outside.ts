// What the tests of the reproduced papers ask from outside: weir itself, tshark, ent, and CSV files.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The command line's program. */
export const PROGRAM = join(import.meta.dirname, '..', '..', 'appliance', 'cli', 'main.js');

/** Reason to skip, or undefined. */
export function hasProgram(program: string, capture: string): string | undefined {
  if (!existsSync(capture)) return `no capture at ${capture}: set WEIR_CAPTURES`;
  return spawnSync('which', [program]).status === 0 ? undefined : `${program} is not installed`;
}

/** Standard output of a weir command that must succeed. */
export function weir(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

export function reproduce(paper: string, ...words: string[]): void {
  weir('reproduce', paper, ...words);
}

/** Lines of tshark's fields; empty lines left out. */
export function tshark(file: string, filter: string, ...fields: string[]): string[][] {
  const words = [
    '-n',
    '-r',
    file,
    ...(filter === '' ? [] : ['-Y', filter]),
    '-T',
    'fields',
    ...fields.flatMap((f) => ['-e', f]),
  ];
  const { status, stdout, stderr } = spawnSync('tshark', words, { encoding: 'utf8', maxBuffer: 1e9 });
  assert.equal(status, 0, stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** Rows of a CSV file by the names of its head line. */
export function csvRows(path: string): Record<string, string>[] {
  const [head, ...rows] = readFileSync(path, 'utf8')
    .split('\r\n')
    .filter((line) => line !== '')
    .map(csvCells);
  return rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [head?.[i] ?? '', cell])));
}

function csvCells(line: string): string[] {
  // With a comma before each cell, an empty first one is a cell like any other.
  return [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) =>
    (m[1] ?? m[2] ?? '').replaceAll('""', '"'),
  );
}
