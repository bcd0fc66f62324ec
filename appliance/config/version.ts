// The version of this program, as package.json says it, and when it was built. The bundle states both.

import { readFileSync, statSync } from 'node:fs';

const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');

export const version = (JSON.parse(text) as { readonly version: string }).version;

/** No clock that is set says an earlier time; one that was never set does. */
export const buildDate: Date = statSync(new URL(import.meta.url)).mtime;
