// The data sets that tables are compiled from: npm packages that are there at build time only.

import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

export interface InputFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the npm package. */
  readonly version: string;
  /** Day of the data where the version states one, else of publication: equal inputs make equal tables, whenever and wherever. */
  readonly date: string;
}

const GEO_FILES = {
  country4: ['@ip-location-db/dbip-country/package.json', 'dbip-country-ipv4-num.csv'],
  country6: ['@ip-location-db/dbip-country/package.json', 'dbip-country-ipv6-num.csv'],
  asn4: ['@ip-location-db/asn/package.json', 'asn-ipv4-num.csv'],
  asn6: ['@ip-location-db/asn/package.json', 'asn-ipv6-num.csv'],
  oui: ['oui-data', 'index.json'],
} as const;

/** Of versions that state no day: when they were published. */
const PUBLISHED: ReadonlyMap<string, string> = new Map([['oui-data 2.1.9', '2026-08-26']]);

export type InputName = keyof typeof GEO_FILES;

/** @throws Error when a package is not installed. */
export function findInput(name: InputName): InputFile {
  const [entry, file] = GEO_FILES[name];
  const folder = dirname(require.resolve(entry));
  const path = join(folder, file);
  const description = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return {
    path,
    bytes: statSync(path).size,
    version: description.version,
    date: dateOf(description.name, description.version),
  };
}

/** `2.3.2026060120` was made from data of 2026-06-01. @throws Error when nobody wrote down the day of a newer version */
function dateOf(name: string, version: string): string {
  const stamp = /\.(20\d{2})(\d{2})(\d{2})\d{2}$/.exec(version);
  if (stamp !== null) return `${stamp[1]}-${stamp[2]}-${stamp[3]}`;
  const day = PUBLISHED.get(`${name} ${version}`);
  if (day === undefined)
    throw new Error(
      `the day of ${name} ${version} is not known, no table was made: \`npm view ${name} time\` prints it; add it to PUBLISHED of appliance/geo/build/inputs.ts`,
    );
  return day;
}
