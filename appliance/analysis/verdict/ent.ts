// The figures that the program `ent` prints, over a stream of bytes in their order: the yardstick of the field. The last
// two need that order and are no functions of a histogram, so they are worked out on request (`weir ent`), not per packet.

import { chiSquare, entropy } from '../summary/histogram-statistics.ts';

export interface EntFigures {
  readonly bytes: number;
  /** Bits per byte. */
  readonly entropy: number;
  readonly chi_square: number;
  readonly mean: number;
  /** From points of six bytes, three for each coordinate; null below six bytes. */
  readonly monte_carlo_pi: number | null;
  /** -1 to 1; null where all bytes are equal (ent prints -100000). */
  readonly serial_correlation: number | null;
}

/** Bytes of a point, and the square of the circle's radius (ent's randtest.c, MONTEN). */
const POINT_BYTES = 6;
const RADIUS_SQUARED = (2 ** 24 - 1) ** 2;

/** Owns its histogram; feed in any pieces. Sums stay exact up to 2^53 / 255^2, that is 138 GB. */
export class EntStream {
  readonly #histogram = new Float64Array(256);
  #n = 0;
  #first = 0;
  #last = 0;
  #products = 0;
  readonly #point = new Uint8Array(POINT_BYTES);
  #points = 0;
  #inside = 0;

  feed(bytes: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) this.#take(bytes[i]!);
  }

  #take(byte: number): void {
    if (this.#n === 0) this.#first = byte;
    else this.#products += this.#last * byte;
    this.#last = byte;
    this.#histogram[byte]! += 1;
    this.#point[this.#n % POINT_BYTES] = byte;
    this.#n++;
    if (this.#n % POINT_BYTES === 0) this.#drop();
  }

  #drop(): void {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = this.#point;
    const x = a * 65_536 + b * 256 + c;
    const y = d * 65_536 + e * 256 + f;
    this.#points++;
    if (x * x + y * y <= RADIUS_SQUARED) this.#inside++;
  }

  /** Undefined without a byte. */
  figures(): EntFigures | undefined {
    if (this.#n === 0) return undefined;
    return {
      bytes: this.#n,
      entropy: entropy(this.#histogram, this.#n) ?? 0,
      chi_square: chiSquare(this.#histogram, this.#n),
      mean: this.#sum((byte) => byte) / this.#n,
      monte_carlo_pi: this.#points === 0 ? null : (4 * this.#inside) / this.#points,
      serial_correlation: this.#serialCorrelation(),
    };
  }

  /** Knuth, The Art of Computer Programming, volume 2, §3.3.2 K: of each byte with the next, the last with the first. */
  #serialCorrelation(): number | null {
    const sum = this.#sum((byte) => byte);
    const squares = this.#sum((byte) => byte * byte);
    const spread = this.#n * squares - sum * sum;
    if (spread === 0) return null;
    return (this.#n * (this.#products + this.#last * this.#first) - sum * sum) / spread;
  }

  #sum(value: (byte: number) => number): number {
    return this.#histogram.reduce((total, count, byte) => total + count * value(byte), 0);
  }
}
