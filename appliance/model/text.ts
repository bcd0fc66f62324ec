// Device-controlled text on its way to a person: log lines, terminals, pages, CSV. The bytes themselves stay in the pcap.

/** Escapes C0, C1, DEL, bidi and line separators as \u{..}; cuts at `limit` characters and marks the cut with …. */
export function printable(text: string, limit = 256): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return cut.replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    escapeCharacter,
  );
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** RFC 4180, always quoted; a leading = + - @ tab or CR gets an apostrophe so that no spreadsheet runs it. */
export function csvField(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}
