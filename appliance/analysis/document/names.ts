// The names of a row of the document from the keys of the summary: each name once, with its sources. Used by
// conversations.ts, destinations.ts and devices.ts.

import type { SourcedName } from '../../model/analysis-document.ts';
import { foldHostName, unicodeHostName } from '../../model/host-name.ts';
import type { Seen, Table } from '../summary/summary.ts';

/** What a device asked for by name precedes what a resolver or a server answered. */
const SOURCES = ['sni', 'quic', 'host', 'dns', 'cname', 'mdns', 'dhcp', 'nbns', 'certificate'];

/** Lower is more informative. */
export function sourceRank(source: string): number {
  const place = SOURCES.indexOf(source);
  return place < 0 ? SOURCES.length : place;
}

/** `source name`. */
export function readName(key: string): SourcedName {
  const space = key.indexOf(' ');
  return { name: key.slice(space + 1), source: key.slice(0, space) };
}

/** Names seen in the conversation first, then those of the address. */
export function joinNames(own: Iterable<string>, ofAddress: Table<Seen> | undefined): SourcedName[] {
  const keys = [...own].sort();
  const more = ofAddress === undefined ? [] : Object.keys(ofAddress).sort();
  return uniqueNames([...keys, ...more].map(readName), (name) => sourceRank(name.source));
}

/** One for each name in whatever spelling, at its first position: the one of least `rank`, else the first, with the sources of the others. */
export function uniqueNames(
  names: readonly SourcedName[],
  rank: (name: SourcedName) => number = () => 0,
): SourcedName[] {
  const byName = new Map<string, SourcedName[]>();
  for (const name of names) {
    const folded = foldHostName(name.name);
    const same = byName.get(folded);
    if (same === undefined) byName.set(folded, [name]);
    else if (!same.some(({ source }) => source === name.source)) same.push(name);
  }
  return [...byName.values()].map((same) => oneOf(same.toSorted((x, y) => rank(x) - rank(y))));
}

function oneOf([best, ...others]: readonly SourcedName[]): SourcedName {
  const unicode = unicodeHostName(best!.name);
  return {
    ...best!,
    ...(others.length > 0 && { also: others.map(({ source }) => source) }),
    ...(unicode !== undefined && { unicode }),
  };
}
