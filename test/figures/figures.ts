// What can be measured of how the tree is built: circles of imports, sizes of folders, files and functions, tests by name.
// The source is formatted by Biome: a block ends at the first line that begins with `}` at the indentation of its head.

import { basename, dirname } from 'node:path';
import type { SourceFile } from './tree.ts';

/** Groups of files that import each other in a circle (Tarjan 1972), types included. */
export function circlesOf(files: readonly SourceFile[]): string[][] {
  const edges = new Map(files.map(({ path, imports }) => [path, imports]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    for (const next of edges.get(path) ?? []) {
      if (!edges.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(path, Math.min(low.get(path)!, low.get(next)!));
    }
    if (low.get(path) !== index.get(path)) return;
    const circle = stack.splice(stack.indexOf(path));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const { path } of files) if (!index.has(path)) visit(path);
  return circles;
}

export interface FoundFunction {
  readonly path: string;
  /** Its head, shortened. */
  readonly head: string;
  readonly lines: number;
}

const HEAD =
  /^\s*(?:export\s+)?(?:default\s+)?(?:async\s+)?function\b.*\{$|=> \{$|^\s+(?:static |async |get |set |\*)*#?\w+\(.*\{$|^\s*\).*\{$/;
const NO_FUNCTION = /^\s*(?:\}?\s*(?:else\s+)?if|for|while|switch|catch|else|with)\b|^\s*\} /;

/** Functions with a body of their own lines, arrow functions included. */
export function functionsOf({ path, lines }: SourceFile): FoundFunction[] {
  return lines.flatMap((line, at) => {
    if (!HEAD.test(line) || NO_FUNCTION.test(line) || /^\s*\) \{$/.test(line)) return [];
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const end = lines.findIndex((other, i) => i > at && other.startsWith(`${indent}}`));
    return end < 0 ? [] : [{ path, head: line.trim().slice(0, 60), lines: end - at + 1 }];
  });
}

/** Source files of each folder, the largest first. */
export function foldersOf(files: readonly SourceFile[]): { readonly folder: string; readonly files: number }[] {
  const counts = new Map<string, number>();
  for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].map(([folder, count]) => ({ folder, files: count })).sort((x, y) => y.files - x.files);
}

/** Files with code, not only types, for which no test file has the same name. */
export function untested(files: readonly SourceFile[], tests: readonly SourceFile[]): string[] {
  const names = new Set(tests.map(({ path }) => basename(path).split('.')[0]));
  return files
    .filter(({ lines }) =>
      lines.some((line) => /\bfunction\b|\bclass\b|=>/.test(line) && !/^\s*(?:\/\/|\*|\/\*)/.test(line)),
    )
    .map(({ path }) => path)
    .filter((path) => !names.has(basename(path).split('.')[0]));
}

/** The value below which `share` (0 to 1) of them lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
