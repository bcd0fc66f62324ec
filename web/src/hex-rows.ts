// Bytes in rows of sixteen, as hexadecimal and as letters, cut where a mark begins or ends. Pure.

export interface HexRow {
  /** Of the first byte, four digits. */
  readonly offset: string;
  readonly parts: readonly HexPart[];
}

interface HexPart {
  readonly at: number;
  readonly isMarked: boolean;
  /** With a blank behind each byte. */
  readonly hex: string;
  /** Printable ASCII, a dot for every other byte. */
  readonly text: string;
}

const ROW_BYTES = 16;

/** @param hex two characters a byte; what is no digit stays as it is. At most `limit` rows. */
export function hexRows(hex: string, marked: readonly (readonly [number, number])[], limit: number): readonly HexRow[] {
  const rows = Math.min(limit, Math.ceil(hex.length / (2 * ROW_BYTES)));
  return Array.from({ length: rows }, (_, row) => {
    const from = row * ROW_BYTES;
    const to = Math.min(from + ROW_BYTES, Math.floor(hex.length / 2));
    return { offset: from.toString(16).padStart(4, '0'), parts: partsOf(hex, marked, from, to) };
  });
}

function partsOf(hex: string, marked: readonly (readonly [number, number])[], from: number, to: number): HexPart[] {
  const isMarked = (at: number) => marked.some(([start, end]) => at >= start && at < end);
  const parts: HexPart[] = [];
  for (let at = from; at < to; at++) {
    const digits = hex.slice(at * 2, at * 2 + 2);
    const last = parts.at(-1);
    const byte = { at, isMarked: isMarked(at), hex: `${digits} `, text: letter(digits) };
    if (last === undefined || last.isMarked !== byte.isMarked) parts.push(byte);
    else parts[parts.length - 1] = { ...last, hex: last.hex + byte.hex, text: last.text + byte.text };
  }
  return parts;
}

/** The same as text: lines stay, every other byte that is no printable ASCII is a dot. At most `limit` bytes. */
export function hexText(hex: string, limit: number): string {
  const bytes = hex.slice(0, limit * 2).match(/../gu) ?? [];
  return bytes.map((digits) => (digits === '0a' ? '\n' : digits === '0d' ? '' : letter(digits))).join('');
}

function letter(digits: string): string {
  const code = Number.parseInt(digits, 16);
  return code >= 32 && code < 127 ? String.fromCharCode(code) : '.';
}
