// A package as it comes, from a file or over HTTP, and its detached signature next to it (`FILE.sig`: the 64 bytes of Ed25519 over the
// whole file, as `openssl pkeyutl -sign -rawin` writes them). What does not fit the key is never written where dpkg would read it.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readPlainFile } from '../../config/plain-file.ts';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';

/** Ten times today's package, and what a Pi with 1 GB can hold. */
const MAX_PACKAGE_BYTES = 64 << 20;
const SIGNATURE_BYTES = 64;
/** A public key in PEM. */
const MAX_KEY_BYTES = 16 * 1024;
/** Of a whole download. */
const FETCH_MS = 30 * 60_000;

/** @throws WeirError UPDATE_REFUSED: there is no such key, or none of Ed25519. */
export function readReleaseKey(path: string): KeyObject {
  const refuse = (why: string): WeirError =>
    refused(
      `${printable(path, 200)}: ${why}, so no package can be checked`,
      'Put the public key of the maker of your packages there, or name it in update.key_file',
    );
  try {
    const pem = readPlainFile(path, MAX_KEY_BYTES);
    if (pem === undefined) throw refuse('there is no such file');
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw refuse(`a key of ${key.asymmetricKeyType}, not of Ed25519`);
    return key;
  } catch (thrown) {
    throw thrown instanceof WeirError ? thrown : refuse(`no public key in PEM (${toError(thrown).message})`);
  }
}

/** Bytes of a package that the key signed. `source`: a path, or an address of http or https. @throws WeirError UPDATE_REFUSED. */
export async function readSigned(source: string, key: KeyObject): Promise<Buffer> {
  const bytes = await read(source, MAX_PACKAGE_BYTES);
  const signature = await read(signatureOf(source), SIGNATURE_BYTES).catch((thrown: unknown) => {
    throw refused(`${printable(source, 200)}: it is not signed (${toError(thrown).message})`, NAME_ANOTHER);
  });
  if (signature.length === SIGNATURE_BYTES && verify(null, bytes, key, signature)) return bytes;
  throw refused(`${printable(source, 200)}: its signature is not of the release key over these bytes`, NAME_ANOTHER);
}

const NAME_ANOTHER = 'Fetch package and signature again from where they are published';

/** Next to the package: an address may have a query behind its path. */
function signatureOf(source: string): string {
  if (!isAddress(source)) return `${source}.sig`;
  const url = new URL(source);
  url.pathname += '.sig';
  return url.href;
}

const isAddress = (source: string): boolean => /^https?:\/\//.test(source);

async function read(source: string, most: number): Promise<Buffer> {
  try {
    return isAddress(source) ? await fetched(source, most) : readFile(source, most);
  } catch (thrown) {
    const { message, cause } = toError(thrown);
    const why = cause instanceof Error ? cause.message : message;
    throw refused(`${printable(source, 200)}: ${systemCode(thrown) === 'ENOENT' ? 'there is no such file' : why}`);
  }
}

async function fetched(source: string, most: number): Promise<Buffer> {
  const answer = await fetch(source, { signal: AbortSignal.timeout(FETCH_MS) });
  if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}`);
  if (Number(answer.headers.get('content-length')) > most) throw new Error(`longer than ${most} bytes`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body) {
    bytes += part.length;
    if (bytes > most) throw new Error(`longer than ${most} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function readFile(path: string, most: number): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw new Error('it is no plain file');
    const { size } = fstatSync(fd);
    if (size > most) throw new Error(`longer than ${most} bytes`);
    const bytes = Buffer.alloc(size);
    let length = 0;
    for (let got = -1; got !== 0 && length < size; length += got)
      got = readSync(fd, bytes, length, size - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

/** One line: what and where, that nothing changed, what to do. */
export function refused(what: string, remedy = ''): WeirError {
  return new WeirError(
    'UPDATE_REFUSED',
    `${printable(what, 600)}; nothing was changed.${remedy === '' ? '' : ` ${remedy}.`}`,
  );
}
