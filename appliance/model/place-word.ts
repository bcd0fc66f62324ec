// What stands where a country would, for an address that answers from many places: one word in documents, tables, on the page
// and to the broker.

export const ANYCAST_WORD = 'CDN/anycast';
