// A baseline JPEG encoder for grey pictures (ITU-T T.81), just large enough for the camera of the testbed home.

/** Rows of 8-bit brightness. Width and height are multiples of 8. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Annex K.1, luminance, natural order. */
const QUANTISATION = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
] as const;

/** Figure A.6: position in the scan → position in the block. */
const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
] as const;

/** Table K.3: how many codes of each length, then the categories. */
const DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_VALUES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/** Table K.5: run and size. */
const AC_COUNTS = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d];
const AC_VALUES = [
  ...Buffer.from(
    '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a' +
      '434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7' +
      'a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
    'hex',
  ),
];

interface Code {
  readonly bits: number;
  readonly length: number;
}

/** Annex C: codes of one length are consecutive numbers. */
function huffmanTable(counts: readonly number[], values: readonly number[]): Map<string, Code> {
  const table = new Map<string, Code>();
  let bits = 0;
  let next = 0;
  counts.forEach((count, index) => {
    for (let i = 0; i < count; i++) table.set(String(values[next++]), { bits: bits++, length: index + 1 });
    bits <<= 1;
  });
  return table;
}

const DC_TABLE = huffmanTable(DC_COUNTS, DC_VALUES);
const AC_TABLE = huffmanTable(AC_COUNTS, AC_VALUES);

const COSINE = Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

/** Bits, most significant first, with a zero byte after each 0xff (§F.1.2.3). */
class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  write(bits: number, length: number): void {
    for (let i = length - 1; i >= 0; i--) {
      this.#held = (this.#held << 1) | ((bits >> i) & 1);
      if (++this.#count === 8) this.#flush();
    }
  }

  #flush(): void {
    this.#bytes.push(this.#held);
    if (this.#held === 0xff) this.#bytes.push(0);
    this.#held = 0;
    this.#count = 0;
  }

  /** Padded with ones. */
  end(): Buffer {
    while (this.#count > 0) this.write(1, 1);
    return Buffer.from(this.#bytes);
  }
}

/** One pass of the transform over rows; two passes with a transposition make the whole (§A.3.3). */
function transformRows(block: readonly number[]): number[] {
  const out: number[] = [];
  for (let u = 0; u < 8; u++) {
    for (let row = 0; row < 8; row++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += (COSINE[u * 8 + x] ?? 0) * (block[row * 8 + x] ?? 0);
      out.push(sum);
    }
  }
  return out;
}

function quantised(picture: Picture, left: number, top: number): number[] {
  const block: number[] = [];
  for (let i = 0; i < 64; i++) {
    const at = (top + (i >> 3)) * picture.width + left + (i & 7);
    block.push((picture.pixels[at] ?? 0) - 128);
  }
  const frequencies = transformRows(transformRows(block));
  return ZIGZAG.map((position) => Math.round((frequencies[position] ?? 0) / (QUANTISATION[position] ?? 1)));
}

/** Size category and the low bits that follow it (§F.1.2.1). */
function magnitude(value: number): Code {
  const length = value === 0 ? 0 : 32 - Math.clz32(Math.abs(value));
  return { length, bits: value < 0 ? value + (1 << length) - 1 : value };
}

function writeSymbol(out: BitWriter, table: Map<string, Code>, symbol: number, value: Code): void {
  const code = table.get(String(symbol));
  if (code === undefined) throw new TypeError(`no code for symbol ${symbol}`);
  out.write(code.bits, code.length);
  out.write(value.bits, value.length);
}

const NOTHING: Code = { bits: 0, length: 0 };

function writeBlock(out: BitWriter, coefficients: readonly number[], previousDc: number): void {
  const difference = magnitude((coefficients[0] ?? 0) - previousDc);
  writeSymbol(out, DC_TABLE, difference.length, difference);
  let run = 0;
  for (const coefficient of coefficients.slice(1)) {
    if (coefficient === 0) {
      run++;
      continue;
    }
    for (; run > 15; run -= 16) writeSymbol(out, AC_TABLE, 0xf0, NOTHING);
    const value = magnitude(coefficient);
    writeSymbol(out, AC_TABLE, (run << 4) | value.length, value);
    run = 0;
  }
  if (run > 0) writeSymbol(out, AC_TABLE, 0x00, NOTHING);
}

function marker(code: number, ...contents: readonly (readonly number[])[]): Buffer {
  const body = contents.flat();
  return Buffer.from([0xff, code, (body.length + 2) >> 8, (body.length + 2) & 0xff, ...body]);
}

function headers(picture: Picture): Buffer {
  const size = [picture.height >> 8, picture.height & 0xff, picture.width >> 8, picture.width & 0xff];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    marker(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]), // JFIF 1.1
    marker(
      0xdb,
      [0],
      ZIGZAG.map((position) => QUANTISATION[position] ?? 1),
    ),
    marker(0xc0, [8], size, [1, 1, 0x11, 0]), // baseline, one component
    marker(0xc4, [0x00], DC_COUNTS, DC_VALUES),
    marker(0xc4, [0x10], AC_COUNTS, AC_VALUES),
    marker(0xda, [1, 1, 0x00, 0, 63, 0]),
  ]);
}

/** The whole file, from SOI to EOI. */
export function encodeJpeg(picture: Picture): Buffer {
  const out = new BitWriter();
  let dc = 0;
  for (let top = 0; top < picture.height; top += 8) {
    for (let left = 0; left < picture.width; left += 8) {
      const coefficients = quantised(picture, left, top);
      writeBlock(out, coefficients, dc);
      dc = coefficients[0] ?? 0;
    }
  }
  return Buffer.concat([headers(picture), out.end(), Buffer.from([0xff, 0xd9])]);
}
