// The passphrase of a network: read from its file, or made at the first start. It never reaches a log or the page.

import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readPlainFile } from '../config/plain-file.ts';
import { toError, WeirError } from '../model/errors.ts';
import { makeSecret } from '../model/secret.ts';

/** Four groups of five letters: 100 bits, which can be typed from a screen. */
const GROUPS = 4;
/** More is no passphrase, whatever it is. */
const MAX_BYTES = 256;

/** @throws WeirError AP_REFUSED where the file cannot be read or made, or holds no passphrase. */
export function readPassphrase(file: string): string {
  try {
    const text = readPlainFile(file, MAX_BYTES) ?? makePassphrase(file);
    return checked(text.replace(/\r?\n$/, ''), file);
  } catch (thrown) {
    if (thrown instanceof WeirError) throw thrown;
    throw refused(`${file}: the passphrase cannot be read or made (${toError(thrown).message})`);
  }
}

function makePassphrase(file: string): string {
  const text = `${makeSecret(GROUPS)}\n`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
  chmodSync(`${file}.tmp`, 0o600);
  renameSync(`${file}.tmp`, file);
  return text;
}

/** IEEE 802.11-2020 §J.4.1: 8 to 63 characters from 32 to 126. */
function checked(text: string, file: string): string {
  if (/^[\x20-\x7e]{8,63}$/.test(text)) return text;
  const why = /^[\x20-\x7e]*$/.test(text)
    ? `has ${text.length} characters`
    : 'has characters other than printable ASCII';
  throw refused(`${file}: the passphrase ${why}; 8 to 63 printable ASCII characters are needed`);
}

function refused(what: string): WeirError {
  return new WeirError(
    'AP_REFUSED',
    `${what}; the access point was not started. Correct or remove the file; a missing one is made.`,
  );
}
