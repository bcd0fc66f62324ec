// Parts of a file by number of byte (RFC 9110 §14): one range that counts from the start, which is what resuming needs. Anything else is
// answered with the whole file, as §14.2 allows.

export interface ByteRange {
  /** The first and the last byte, both included. */
  readonly start: number;
  readonly end: number;
}

interface RangeHeaders {
  readonly range?: string | undefined;
  readonly 'if-range'?: string | string[] | undefined;
}

/** What is asked for of `size` bytes; undefined for all of them, `beyond` where none of it is there (416). */
export function byteRange(
  headers: RangeHeaders,
  size: number,
  sha256: string | null,
): ByteRange | 'beyond' | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(headers.range ?? '') ?? [];
  if (first === undefined) return undefined;
  const condition = headers['if-range'];
  // §13.1.5: another file than the one that was begun is sent whole.
  if (condition !== undefined && (sha256 === null || condition !== `"${sha256}"`)) return undefined;
  const start = Number(first);
  const end = last === undefined || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== undefined && last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'beyond' : { start, end };
}
