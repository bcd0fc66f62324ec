// The time that a selection watched, put end to end without its gaps: blocks are cut from it, and rates are per hour of it. Pure.

/** Seconds since 1970. */
export type Span = readonly [from: number, to: number];

export class CoveredTime {
  readonly spans: readonly Span[];
  readonly seconds: number;
  /** Seconds of covered time before each span. */
  readonly #before: readonly number[];

  /** Spans in any order; those that touch are one. */
  constructor(spans: readonly Span[]) {
    this.spans = joined(spans);
    const before: number[] = [];
    let sum = 0;
    for (const [from, to] of this.spans) {
      before.push(sum);
      sum += to - from;
    }
    this.#before = before;
    this.seconds = sum;
  }

  /** Covered seconds at which two spans were put end to end. */
  get joints(): readonly number[] {
    return this.#before.slice(1);
  }

  /** Covered seconds up to a moment. */
  at(time: number): number {
    let [low, high] = [0, this.spans.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.spans[middle]![0] <= time) low = middle;
      else high = middle - 1;
    }
    const span = this.spans[low];
    if (span === undefined) return 0;
    return this.#before[low]! + Math.min(Math.max(time, span[0]), span[1]) - span[0];
  }
}

/** What of `spans` lies outside all of `holes`. */
export function without(spans: readonly Span[], holes: readonly Span[]): Span[] {
  return holes.reduce<Span[]>(
    (left, [from, to]) =>
      left.flatMap((span): Span[] => {
        if (to <= span[0] || from >= span[1]) return [span];
        return [[span[0], from] as const, [to, span[1]] as const].filter(([x, y]) => x < y);
      }),
    [...spans],
  );
}

function joined(spans: readonly Span[]): Span[] {
  const sorted = spans.filter(([from, to]) => to >= from).toSorted((x, y) => x[0] - y[0]);
  const out: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}
