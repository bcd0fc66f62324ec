// A set of whole numbers that come nearly in a row, kept as ranges: the hundreds of thousands of segments that retention has deleted
// over the years are as many ranges as there are segments left between them.

export type NumberRange = readonly [from: number, to: number];

export class NumberRanges {
  /** Rising, and no two of them touch. */
  #ranges: [number, number][] = [];

  add(number: number): void {
    this.addRange([number, number]);
  }

  /** Both ends belong to it. */
  addRange([from, to]: NumberRange): void {
    const first = this.#firstEndingAt(from - 1);
    let behind = first;
    let low = from;
    let high = to;
    for (let range = this.#ranges[behind]; range !== undefined && range[0] <= to + 1; range = this.#ranges[++behind]) {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
    }
    this.#ranges.splice(first, behind - first, [low, high]);
  }

  has(number: number): boolean {
    const range = this.#ranges[this.#firstEndingAt(number)];
    return range !== undefined && range[0] <= number;
  }

  get ranges(): readonly NumberRange[] {
    return this.#ranges;
  }

  /** Index of the first range that ends at the number or behind it. */
  #firstEndingAt(number: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
