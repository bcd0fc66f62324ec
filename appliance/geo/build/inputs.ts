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
  /** Day of the data where the version states one, else day of installation. */
  readonly date: string;
}

const GEO_FILES = {
  country4: ['@ip-location-db/dbip-country/package.json', 'dbip-country-ipv4-num.csv'],
  country6: ['@ip-location-db/dbip-country/package.json', 'dbip-country-ipv6-num.csv'],
  asn4: ['@ip-location-db/asn/package.json', 'asn-ipv4-num.csv'],
  asn6: ['@ip-location-db/asn/package.json', 'asn-ipv6-num.csv'],
  oui: ['oui-data', 'index.json'],
} as const;

export type InputName = keyof typeof GEO_FILES;

/** @throws Error when a package is not installed. */
export function findInput(name: InputName): InputFile {
  const [entry, file] = GEO_FILES[name];
  const folder = dirname(require.resolve(entry));
  const path = join(folder, file);
  const description = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const status = statSync(path);
  return { path, bytes: status.size, version: description.version, date: dateOf(description.version, status.mtime) };
}

/** `2.3.2026060120` was made from data of 2026-06-01. */
function dateOf(version: string, installed: Date): string {
  const stamp = /\.(20\d{2})(\d{2})(\d{2})\d{2}$/.exec(version);
  return stamp === null ? installed.toISOString().slice(0, 10) : `${stamp[1]}-${stamp[2]}-${stamp[3]}`;
}
