// Which hours with packets a sum keeps where it has too many: of each MAC the newest, in equal shares. Used by part-fields.ts.

import { type Table, table } from './summary.ts';
import type { Drop } from './tables.ts';

/** MACs that share the room, those known first: invented ones must not leave the others an hour each. */
const MAX_SHARING = 256;

/** `hours`: by `MAC hour`. At most `most` of them, in their order; `drop` receives the number removed. */
export function keepHours<T>(hours: Table<T>, most: number, drop: Drop): Table<T> {
  const keys = Object.keys(hours);
  if (keys.length <= most) return hours;
  const kept = new Set(newestOfEach(keys).slice(0, most));
  drop(keys.length - kept.size);
  const left = table<T>();
  for (const key of keys) if (kept.has(key)) left[key] = hours[key]!;
  return left;
}

/** The newest of each MAC, then the second newest of each, and so on. */
function newestOfEach(keys: readonly string[]): string[] {
  const byMac = new Map<string, string[]>();
  for (const key of keys) {
    const mac = key.slice(0, key.lastIndexOf(' '));
    const own = byMac.get(mac);
    if (own !== undefined) own.push(key);
    else if (byMac.size < MAX_SHARING) byMac.set(mac, [key]);
  }
  const ranked = [...byMac.values()].flatMap((own) =>
    own.toSorted((x, y) => hourOf(y) - hourOf(x)).map((key, rank) => ({ key, rank })),
  );
  return ranked.toSorted((x, y) => x.rank - y.rank).map(({ key }) => key);
}

function hourOf(key: string): number {
  return Number(key.slice(key.lastIndexOf(' ') + 1));
}
