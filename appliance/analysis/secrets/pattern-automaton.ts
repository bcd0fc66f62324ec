// Finds many byte patterns in one pass (Aho and Corasick, 1975): a complete table of states over classes of bytes, so that
// each byte costs two look-ups and nothing is allocated. Used by vault.ts.

/** States are kept in 16 bits. */
export const MAX_STATES = 65_535;

/** What an ASCII letter's two cases differ in. */
const CASE_BIT = 0x20;

function isLetter(byte: number): boolean {
  return (byte | CASE_BIT) >= 0x61 && (byte | CASE_BIT) <= 0x7a;
}

export class PatternAutomaton {
  /** Class of each byte value; 0 is every byte that is in no pattern. */
  readonly #classes = new Uint8Array(256);
  readonly #width: number;
  /** Next state by state and class. */
  readonly #next: Uint16Array;
  /** Pattern that ends in a state, plus one; 0 for none. */
  readonly #ends: Uint16Array;
  /** The nearest shorter state in which a pattern ends; 0 for none. */
  readonly #shorter: Uint16Array;

  /** `folded`: ASCII letters are found in either case. @throws TypeError where the patterns need more states than fit */
  constructor(patterns: readonly Uint8Array[], letters: 'exact' | 'folded' = 'exact') {
    const total = patterns.reduce((sum, pattern) => sum + pattern.length, 1);
    if (total > MAX_STATES) throw new TypeError(`${total} bytes of patterns, at most ${MAX_STATES} fit`);
    this.#width = this.#assignClasses(patterns, letters === 'folded');
    this.#next = new Uint16Array(total * this.#width);
    this.#ends = new Uint16Array(total);
    this.#shorter = new Uint16Array(total);
    const states = this.#insert(patterns);
    this.#complete(states);
  }

  #assignClasses(patterns: readonly Uint8Array[], folds: boolean): number {
    let width = 1;
    for (const pattern of patterns) {
      for (const byte of pattern) {
        if (this.#classes[byte] !== 0 || width >= 256) continue;
        this.#classes[byte] = width;
        if (folds && isLetter(byte)) this.#classes[byte ^ CASE_BIT] = width;
        width++;
      }
    }
    return width;
  }

  /** Builds the tree of all patterns; gives the number of states. */
  #insert(patterns: readonly Uint8Array[]): number {
    let states = 1;
    for (const [index, pattern] of patterns.entries()) {
      let state = 0;
      for (const byte of pattern) {
        const at = state * this.#width + this.#classes[byte]!;
        if (this.#next[at] === 0) this.#next[at] = states++;
        state = this.#next[at]!;
      }
      if (this.#ends[state] === 0) this.#ends[state] = index + 1;
    }
    return states;
  }

  /** Breadth first: a missing branch becomes that of the longest proper suffix. */
  #complete(states: number): void {
    const suffix = new Uint16Array(states);
    const queue = new Uint16Array(states);
    let tail = 0;
    for (let c = 0; c < this.#width; c++) if (this.#next[c] !== 0) queue[tail++] = this.#next[c]!;
    for (let head = 0; head < tail; head++) {
      const state = queue[head]!;
      const link = suffix[state]!;
      this.#shorter[state] = this.#ends[link] === 0 ? this.#shorter[link]! : link;
      for (let c = 0; c < this.#width; c++) {
        const at = state * this.#width + c;
        const fallback = this.#next[link * this.#width + c]!;
        if (this.#next[at] === 0) this.#next[at] = fallback;
        else {
          suffix[this.#next[at]!] = fallback;
          queue[tail++] = this.#next[at]!;
        }
      }
    }
  }

  /** `onMatch(pattern, end)`: `end` is the position behind its last byte. Gives the state to go on from. */
  scan(
    bytes: Uint8Array,
    start: number,
    end: number,
    from: number,
    onMatch: (pattern: number, end: number) => void,
  ): number {
    let state = from < this.#ends.length ? from : 0;
    for (let at = start; at < end; at++) {
      state = this.#next[state * this.#width + this.#classes[bytes[at]!]!]!;
      if (this.#ends[state] !== 0 || this.#shorter[state] !== 0) this.#report(state, at + 1, onMatch);
    }
    return state;
  }

  #report(state: number, end: number, onMatch: (pattern: number, end: number) => void): void {
    for (let at = state; at !== 0; at = this.#shorter[at]!) {
      if (this.#ends[at] !== 0) onMatch(this.#ends[at]! - 1, end);
    }
  }
}
