// Tables of a summary: added entry by entry, and kept within a number of entries. Pure; a table that nobody changed is returned as it is.

import { type Table, type Traffic, table } from './summary.ts';

export function mergeTables<T>(a: Table<T>, b: Table<T>, merge: (x: T, y: T) => T): Table<T> {
  const merged: Table<T> = Object.assign(table<T>(), a);
  for (const key of Object.keys(b)) {
    const x = merged[key];
    merged[key] = x === undefined ? b[key]! : merge(x, b[key]!);
  }
  return merged;
}

export function add(a: number, b: number): number {
  return a + b;
}

export function addTables(a: Table<number>, b: Table<number>): Table<number> {
  return mergeTables(a, b, add);
}

export function addTraffic(a: Traffic, b: Traffic): Traffic {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

/** Missing entries count as zero; no zeros are left at the end. */
export function addArrays(a: readonly number[], b: readonly number[]): number[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  return long.map((value, i) => value + (short[i] ?? 0));
}

/** Each inner table bounded. */
export function within<T>(tables: Table<T>, bound: (inner: T) => T): Table<T> {
  const bounded = table<T>();
  for (const key of Object.keys(tables)) bounded[key] = bound(tables[key]!);
  return bounded;
}

/** Receives the number of entries that made room. */
export type Drop = (count: number) => void;

/** The best stay, of equal ones those known first. */
export function keepBest<T>(entries: Table<T>, most: number, compare: (x: T, y: T) => number, drop: Drop): Table<T> {
  const keys = Object.keys(entries);
  if (keys.length <= most) return entries;
  const best = keys.toSorted((x, y) => compare(entries[x]!, entries[y]!)).slice(0, most);
  const ordered = table<T>();
  for (const key of best) ordered[key] = entries[key]!;
  drop(keys.length - most);
  return ordered;
}

/** What was known first stays; `drop` receives the number removed. The same table where all have room. */
export function keepFirst<T>(entries: Table<T>, most: number, drop: Drop): Table<T> {
  const keys = Object.keys(entries);
  if (keys.length <= most) return entries;
  drop(keys.length - most);
  const kept = table<T>();
  for (const key of keys.slice(0, most)) kept[key] = entries[key]!;
  return kept;
}
