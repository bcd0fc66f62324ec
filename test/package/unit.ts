// What a unit file says of the process that it starts, read as systemd reads it, as far as limited.ts can carry it out.

import { constants } from 'node:os';

export interface Unit {
  /** Values in order; an empty one has cleared those before it (systemd.syntax(7)). */
  all(name: string): readonly string[];
  /** The last value, or ''. */
  get(name: string): string;
}

/** `drops`: texts of drop-ins, in their order. */
export function parseUnit(text: string, drops: readonly string[] = []): Unit {
  const values = new Map<string, string[]>();
  for (const line of [text, ...drops].join('\n').split('\n')) {
    const match = /^([A-Z]\w*)=(.*)$/.exec(line);
    if (match === null) continue;
    const [, name = '', value = ''] = match;
    values.set(name, value === '' ? [] : [...(values.get(name) ?? []), value]);
  }
  return { all: (name) => values.get(name) ?? [], get: (name) => values.get(name)?.at(-1) ?? '' };
}

/** Sets of system calls by name, from what `systemd-analyze syscall-filter` prints. */
export function parseCallSets(text: string): ReadonlyMap<string, readonly string[]> {
  const sets = new Map<string, string[]>();
  let members: string[] = [];
  for (const line of text.split('\n')) {
    const word = line.trim();
    if (line.startsWith('@')) sets.set(word, (members = []));
    else if (/^\s+[@\w]/.test(line)) members.push(word);
  }
  return sets;
}

/** The calls that remain allowed: the first line opens the list, `~` takes away, each set with the sets within it. */
export function allowedCalls(unit: Unit, sets: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const expand = (name: string): readonly string[] =>
    name.startsWith('@') ? (sets.get(name) ?? unknownSet(name)).flatMap(expand) : [name];
  // Always allowed besides: without them nothing can be started.
  const allowed = new Set(expand('@default'));
  for (const line of unit.all('SystemCallFilter')) {
    const names = line.replace(/^~/, '').split(' ').flatMap(expand);
    for (const name of names) {
      if (line.startsWith('~')) allowed.delete(name);
      else allowed.add(name);
    }
  }
  return allowed;
}

function unknownSet(name: string): never {
  throw new TypeError(`systemd-analyze knows no ${name}`);
}

/** Linux's numbers (socket.h). */
const FAMILIES: Readonly<Record<string, number>> = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  AF_NETLINK: 16,
  AF_PACKET: 17,
};

/** What limit.c reads. */
export function limitFile(unit: Unit, sets: ReadonlyMap<string, readonly string[]>): string {
  const error = unit.get('SystemCallErrorNumber') as keyof typeof constants.errno;
  const families = unit.all('RestrictAddressFamilies').flatMap((line) => line.split(' '));
  const lines = [
    `errno ${constants.errno[error]}`,
    ...[...allowedCalls(unit, sets)].sort().map((name) => `call ${name}`),
    ...families.map((family) => `family ${FAMILIES[family] ?? unknownFamily(family)}`),
    unit.get('RestrictNamespaces') === 'yes' ? 'no-namespaces' : '',
    unit.get('RestrictSUIDSGID') === 'yes' ? 'no-suid' : '',
  ];
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function unknownFamily(family: string): never {
  throw new TypeError(`no number is known for ${family}`);
}
