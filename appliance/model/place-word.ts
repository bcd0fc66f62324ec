// The word in place of a country, for an address that answers from many places, and the names of the others: one word in
// documents, tables, on the page and to the broker.

export const ANYCAST_WORD = 'CDN/anycast';

const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

/** ISO 3166-1 alpha-2 as a name; `XX` and `XA` are unknown, `local` is the captured network itself, null answers from many places. */
export function countryName(code: string | null | undefined): string {
  if (code === null) return ANYCAST_WORD;
  if (code === undefined || code === '') return 'unknown';
  if (code === 'XX' || code === 'XA') return 'unknown';
  if (code === 'local') return 'local network';
  return /^[A-Z]{2}$/.test(code) ? (regionNames.of(code) ?? code) : code;
}
