// What differs between two JSON documents of one kind, as places and their new values, and putting it back together: a page that has
// the one needs only the changes of the next. Pure; used by publish and by the page.

/** Where, from the outermost key inwards, and the value there now. */
export type Change = readonly [path: readonly string[], value: unknown];

type Node = Readonly<Record<string, unknown>>;

/** Objects are compared key by key; lists, and objects that lost a key, change as a whole. */
export function changesOf(before: unknown, after: unknown, path: readonly string[] = []): Change[] {
  if (!isNode(before) || !isNode(after) || Object.keys(before).some((key) => !holds(after, key)))
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [[path, after]];
  return Object.entries(after)
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) => changesOf(holds(before, key) ? before[key] : undefined, value, [...path, key]));
}

/** As JSON has it: what is undefined is not there. */
function holds(node: Node, key: string): boolean {
  return Object.hasOwn(node, key) && node[key] !== undefined;
}

/** The document with the changes in it; the given one stays as it is. */
export function withChanges<T>(document: T, changes: readonly Change[]): T {
  let made: unknown = document;
  for (const [path, value] of changes) made = put(made, path, value);
  // Changes are of documents of the same kind.
  return made as T;
}

function put(node: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const known = isNode(node) ? node : {};
  return { ...known, [key]: put(Object.hasOwn(known, key) ? known[key] : undefined, rest, value) };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
