// What the licences of the tables' data ask to be shown: on the page, in README and in exports that name countries.
// Both databases are CC BY 4.0; DB-IP asks for a link back on pages that use its results.

export interface Attribution {
  readonly text: string;
  readonly link: string;
  readonly licence: string;
}

export const ATTRIBUTIONS: readonly Attribution[] = [
  { text: 'IP Geolocation by DB-IP', link: 'https://db-ip.com', licence: 'CC BY 4.0' },
  {
    text: 'AS numbers and organisations: ip-location-db asn, made from RouteViews and DB-IP',
    link: 'https://github.com/sapics/ip-location-db',
    licence: 'CC BY 4.0',
  },
  {
    text: 'MAC vendors: IEEE registration authority, by oui-data',
    link: 'https://standards-oui.ieee.org',
    licence: 'BSD-2-Clause',
  },
];
