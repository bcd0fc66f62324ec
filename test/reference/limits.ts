// The page of limits: every bound on what is kept, read or waited for, with its reason. A bound is declared where it is enforced, as a
// constant called MAX_… or …_LIMIT with its reason in a comment; this reads them all.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { page, table } from './page-parts.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LIMIT = /^(?:export )?const (MAX(?:_[A-Z0-9_]+)?|[A-Z0-9_]+_LIMIT)(?:: \w+)? = ([^;]+);(?:\s*\/\/ (.*))?$/;

export interface Limit {
  /** Below `appliance/`. */
  readonly file: string;
  readonly name: string;
  /** As it is written in the source. */
  readonly value: string;
  /** Empty where none is given. */
  readonly reason: string;
}

/** All limits of appliance/, by file and then in the order of their declaration. */
export function findLimits(): Limit[] {
  const folder = join(ROOT, 'appliance');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.toSorted().flatMap((file) => limitsOf(file, readFileSync(join(folder, file), 'utf8').split('\n')));
}

function limitsOf(file: string, lines: readonly string[]): Limit[] {
  return lines.flatMap((line, i) => {
    const [, name, value, trailing] = LIMIT.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    return [{ file, name, value, reason: trailing ?? commentAbove(lines, i) }];
  });
}

/** The comment that ends on the line before `at`, as one line. */
function commentAbove(lines: readonly string[], at: number): string {
  let first = at;
  while (first > 0 && /^(\/\/|\/\*\*| \*)/.test(lines[first - 1] ?? '')) first--;
  const texts = lines
    .slice(first, at)
    .map((line) => line.replace(/^(\/\*\*|\/\/| \*\/?) ?/, '').replace(/ ?\*\/$/, ''));
  return texts.join(' ').trim();
}

/** @throws TypeError when a limit has no reason */
export function limitsPage(): string {
  const limits = findLimits();
  const bare = limits.filter(({ reason }) => reason === '').map(({ file, name }) => `${file}: ${name}`);
  if (bare.length > 0) throw new TypeError(`no reason for ${bare.join(', ')}`);
  const sections = [...groupByRoom(limits)].map(([room, own]) => {
    const rows = own.map(({ file, name, value, reason }) => [`[\`${name}\`](${file})`, `\`${value}\``, reason]);
    return `## ${room}\n\n${table(['limit', 'value', 'why'], rows)}`;
  });
  return page(
    'Limits',
    'appliance/**/*.ts',
    'What is bounded, why, and what happens beyond. The captured devices are the attacker: they choose names, packets, volume and\nthe number of addresses, so that everything they reach has a bound. Where a row says nothing of a count, what lies beyond is\nnot counted. Limits that depend on the place are settings: [CONFIGURATION.md](config/CONFIGURATION.md).',
    sections,
  );
}

function groupByRoom(limits: readonly Limit[]): Map<string, Limit[]> {
  const rooms = new Map<string, Limit[]>();
  for (const limit of limits) {
    const room = limit.file.split('/')[0] ?? '';
    rooms.set(room, [...(rooms.get(room) ?? []), limit]);
  }
  return rooms;
}
