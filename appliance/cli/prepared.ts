// `weir analyze` as one file with its compiled code: loading two hundred modules and compiling them takes longer than analysing
// a short capture. What is not there, older than what it was made from, or not as it was written is left alone: then the modules
// are loaded one by one and do the same. provisioning/prepared makes the file.

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { systemCode } from '../model/errors.ts';

/** Next to this code's folder, in the tree and in the package. */
const PREPARED_FOLDER = join(import.meta.dirname, '..', '..', 'prepared');

/** `analyze.json`: what the program was made from; nothing in the package, whose files only come together. */
export interface Preparation {
  readonly inputs: readonly PreparedInput[];
}

export interface PreparedInput {
  /** From the folder of the prepared program. */
  readonly file: string;
  readonly bytes: number;
  readonly milliseconds: number;
}

interface Prepared {
  readonly path: string;
  readonly source: string;
  readonly code: Buffer;
}

export const PROGRAM = 'analyze.cjs';
export const PREPARATION = 'analyze.json';
const CODE = 'analyze.code';
const HASH_BYTES = 32;

/** The compiled code of one Node is useless to another: it follows the hash of all that it depends on. */
function fingerprint(source: Buffer, code: Buffer): Buffer {
  const machine = `${process.version} ${process.arch}\n`;
  return createHash('sha256').update(machine).update(source).update(code).digest();
}

/** True when the program has begun with the words of this process. */
export function startPrepared(folder = PREPARED_FOLDER): boolean {
  const prepared = readPrepared(folder);
  if (prepared === undefined) return false;
  const { path, source, code } = prepared;
  const run = compile(path, source, code).runInThisContext() as (...given: readonly unknown[]) => void;
  run({}, createRequire(path), { exports: {} }, path, dirname(path));
  return true;
}

function readPrepared(folder: string): Prepared | undefined {
  const path = join(folder, PROGRAM);
  try {
    const { inputs } = JSON.parse(readFileSync(join(folder, PREPARATION), 'utf8')) as Preparation;
    if (!inputs.every((input) => isUnchanged(input, folder))) return undefined;
    const source = readFileSync(path);
    const stored = readFileSync(join(folder, CODE));
    const code = stored.subarray(HASH_BYTES);
    if (!fingerprint(source, code).equals(stored.subarray(0, HASH_BYTES))) return undefined;
    return { path, source: source.toString('utf8'), code };
  } catch (thrown) {
    // Not there, not readable, no JSON: all of them mean that it was not prepared.
    if (systemCode(thrown) !== undefined || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function isUnchanged({ file, bytes, milliseconds }: PreparedInput, folder: string): boolean {
  const facts = statSync(join(folder, file), { throwIfNoEntry: false });
  return facts !== undefined && facts.size === bytes && facts.mtimeMs === milliseconds;
}

/** As Node wraps CommonJS. Code that this V8 does not want is not used by it. */
function compile(path: string, source: string, cachedData?: Buffer): Script {
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
  return new Script(wrapped, { filename: path, ...(cachedData === undefined ? {} : { cachedData }) });
}

/** Compiles every function of the program in `folder` for the Node that runs this, and writes the code next to it. */
export function compilePrepared(folder = PREPARED_FOLDER): void {
  const source = readFileSync(join(folder, PROGRAM));
  setFlagsFromString('--no-lazy');
  const script = compile(join(folder, PROGRAM), source.toString('utf8'));
  // The flags are part of what V8 compares: those of a usual start.
  setFlagsFromString('--lazy');
  const code = script.createCachedData();
  writeFileSync(join(folder, `${CODE}.new`), Buffer.concat([fingerprint(source, code), code]));
  renameSync(join(folder, `${CODE}.new`), join(folder, CODE));
}
