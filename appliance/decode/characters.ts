// Characters of UTF-8 in captured bytes: what is text to the last byte, and what only looks like it.

/** Bytes of the printable UTF-8 character at `at`, cut or not (RFC 3629 §4); 0 where there is none: scrambled text is not text. */
export function characterBytes(bytes: Uint8Array, at: number, stop: number): number {
  const byte = bytes[at]!;
  if (byte < 0x80) return (byte >= 0x20 && byte !== 0x7f) || byte === 9 || byte === 10 || byte === 13 ? 1 : 0;
  const length = byte >= 0xf5 ? 0 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
  for (let i = at + 1; i < Math.min(stop, at + length); i++) if ((bytes[i]! & 0xc0) !== 0x80) return 0;
  return length;
}
