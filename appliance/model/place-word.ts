// The word in place of a country, for an address that answers from many places, and the names of the others: one word in
// documents, tables, on the page and to the broker.

export const ANYCAST_WORD = 'CDN/anycast';

/** Made when a country is first named: loading these names is a tenth of what a short analysis takes to start. */
let regionNames: Intl.DisplayNames | undefined;

/** ISO 3166-1 alpha-2 as a name; `XX` and `XA` are unknown, `local` is the captured network itself, null answers from many places. */
export function countryName(code: string | null | undefined): string {
  if (code === null) return ANYCAST_WORD;
  if (code === undefined || code === '') return 'unknown';
  if (code === 'XX' || code === 'XA') return 'unknown';
  if (code === 'local') return 'local network';
  if (!/^[A-Z]{2}$/.test(code)) return code;
  regionNames ??= new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });
  return regionNames.of(code) ?? code;
}
