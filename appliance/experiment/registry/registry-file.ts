// A registry file from disk, for analyses without an appliance (`weir analyze --registry`) and for import.

import { statSync } from 'node:fs';
import { readPlainFile } from '../../config/plain-file.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import type { ConfirmedIdentities } from '../../model/user-identity.ts';
import { mergedIdentity, parseRegistry, type RegistryRow } from './registry-text.ts';

/** A registry is read whole into memory; a longer file is refused. */
const MAX_BYTES = 1024 * 1024;

/** @throws WeirError FILE_UNREADABLE, CONFIG_INVALID with file and line */
export function readRegistry(path: string): RegistryRow[] {
  let text: string | undefined;
  try {
    text = readPlainFile(path, MAX_BYTES);
  } catch (thrown) {
    throw unreadable(path, toError(thrown).message, thrown);
  }
  if (text === undefined) throw unreadable(path, 'there is no such file');
  return parseRegistry(text, path);
}

/** As if a person had said so when the file was written. @throws as `readRegistry` */
export function registryIdentities(path: string): ConfirmedIdentities {
  const rows = readRegistry(path);
  const ts = (statSync(path).mtimeMs / 1000).toFixed(3);
  return Object.fromEntries(
    rows.map(({ mac, ...said }) => [mac, { ...mergedIdentity(undefined, said), by: 'registry', ts }]),
  );
}

function unreadable(path: string, why: string, cause?: unknown): WeirError {
  return new WeirError('FILE_UNREADABLE', `${printable(path)} cannot be read (${why}). Nothing was taken from it.`, {
    cause,
  });
}
