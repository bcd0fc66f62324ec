// Who is asked about a port, in which order, worked out once per list of listeners: a packet costs two look-ups.

interface Ported {
  readonly service: string;
  readonly ports: readonly number[];
  readonly anyPort: boolean;
}

export class Roster<T extends Ported> {
  readonly byService: ReadonlyMap<string, T>;
  readonly #listeners: readonly T[];
  /** By port: 0, or one more than the index in `#lists`. */
  readonly #index = new Uint8Array(65_536);
  readonly #lists: T[][] = [];
  readonly #unknownPort: readonly T[];

  constructor(listeners: readonly T[]) {
    this.#listeners = listeners;
    this.byService = new Map(listeners.map((listener) => [listener.service, listener]));
    this.#unknownPort = listeners.filter((listener) => listener.anyPort);
    for (const port of new Set(listeners.flatMap((listener) => listener.ports))) {
      this.#lists.push(this.#order((listener) => listener.ports.includes(port)));
      this.#index[port] = this.#lists.length;
    }
  }

  /** Those of the port first, then those that know their protocol anywhere. */
  #order(matches: (listener: T) => boolean): T[] {
    const others = this.#listeners.filter((listener) => listener.anyPort && !matches(listener));
    return [...this.#listeners.filter(matches), ...others];
  }

  knowsPort(a: number, b: number): boolean {
    return this.#index[a] !== 0 || this.#index[b] !== 0;
  }

  candidates(a: number, b: number): readonly T[] {
    const listA = this.#index[a]!;
    const listB = this.#index[b]!;
    if (listA === 0 || listB === 0 || listA === listB) {
      return listA + listB === 0 ? this.#unknownPort : this.#lists[(listA || listB) - 1]!;
    }
    return this.#order((listener) => listener.ports.includes(a) || listener.ports.includes(b));
  }
}

const ROSTERS = new WeakMap<readonly Ported[], unknown>();

/** One roster per list, shared by all analyzers. */
export function rosterOf<T extends Ported>(listeners: readonly T[]): Roster<T> {
  const known = ROSTERS.get(listeners) as Roster<T> | undefined;
  if (known !== undefined) return known;
  const made = new Roster(listeners);
  ROSTERS.set(listeners, made);
  return made;
}
