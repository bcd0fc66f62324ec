// `npm run build:tables`: compiles the geo and vendor tables into the folder `tables` of the build, unless they are there
// and were made from the same inputs. geo.bin, oui.bin, and tables.json that says what they were made from.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ABSENT, expectOnly, MALFORMED } from '../../model/expected-error.ts';
import { rangeOfLine } from '../csv-rows.ts';
import { GeoCompiler } from '../geo-compile.ts';
import { GEO_VERSION, GeoTable } from '../geo-table.ts';
import { compileOui } from '../oui-compile.ts';
import { OUI_VERSION, OuiTable } from '../oui-table.ts';
import { asStored, decodeTable } from '../table-file.ts';
import { findInput, type InputFile, type InputName } from './inputs.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'tables');
const stampPath = join(folder, 'tables.json');
/** Raise when the compiler changes what it writes. */
const COMPILER = 2;

interface Stamp {
  readonly versions: string;
  readonly inputs: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
}

function build(): void {
  const inputs: Record<InputName, InputFile> = {
    country4: findInput('country4'),
    country6: findInput('country6'),
    asn4: findInput('asn4'),
    asn6: findInput('asn6'),
    oui: findInput('oui'),
  };
  const made = Object.entries(inputs).map(([name, input]) => `${name} ${input.version} ${input.bytes}`);
  if (isUpToDate(made)) {
    console.log('tables: up to date');
    return;
  }
  const started = Date.now();
  mkdirSync(folder, { recursive: true });
  const outputs = { 'geo.bin': writeGeo(inputs), 'oui.bin': writeOui(inputs.oui) };
  writeWhole(stampPath, JSON.stringify({ versions: versions(), inputs: made, outputs } satisfies Stamp, null, 2));
  console.log(`tables: made in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function versions(): string {
  return `compiler ${COMPILER}, geo ${GEO_VERSION}, oui ${OUI_VERSION}`;
}

function isUpToDate(made: readonly string[]): boolean {
  try {
    const stamp = JSON.parse(readFileSync(stampPath, 'utf8')) as Stamp;
    const same = stamp.versions === versions() && stamp.inputs.join('\n') === made.join('\n');
    return (
      same && Object.entries(stamp.outputs).every(([file, sha]) => sha256(readFileSync(join(folder, file))) === sha)
    );
  } catch (thrown) {
    expectOnly(thrown, "reading the tables' stamp", ...ABSENT, ...MALFORMED);
    // No stamp, a torn one, or a table gone: rebuild all.
    return false;
  }
}

function writeGeo(inputs: Readonly<Record<InputName, InputFile>>): string {
  const compiler = new GeoCompiler();
  eachRange(inputs.country4, 4, (range) => compiler.addCountry(range));
  eachRange(inputs.country6, 6, (range) => compiler.addCountry(range));
  eachRange(inputs.asn4, 4, (range) => compiler.addAsn(range));
  eachRange(inputs.asn6, 6, (range) => compiler.addAsn(range));
  const file = compiler.finish(inputs.country4.date);
  // Prove it readable before it replaces the one that is there.
  const table = new GeoTable(asStored(decodeTable(file, 'geo.bin', 'geo', GEO_VERSION)), 'geo.bin');
  const { ranges, unusable } = compiler.counted;
  console.log(
    `geo.bin: ${ranges} ranges, ${unusable} without a value, ${compiler.overlaps} overlapping, data of ${table.date}, ${file.length} bytes`,
  );
  return writeWhole(join(folder, 'geo.bin'), file);
}

type RangeTaker = (range: NonNullable<ReturnType<typeof rangeOfLine>>) => void;

function eachRange(input: InputFile, version: 4 | 6, take: RangeTaker): void {
  const text = readFileSync(input.path, 'utf8');
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline;
    const range = rangeOfLine(text.slice(from, text[to - 1] === '\r' ? to - 1 : to), version);
    if (range !== undefined) take(range);
    else if (to > from) throw new Error(`${input.path}: not a range at byte ${from}`);
    from = to + 1;
  }
}

function writeOui(input: InputFile): string {
  const registry = JSON.parse(readFileSync(input.path, 'utf8')) as Record<string, string>;
  const file = compileOui(registry, input.date);
  const table = new OuiTable(decodeTable(file, 'oui.bin', 'oui', OUI_VERSION), 'oui.bin');
  console.log(`oui.bin: ${Object.keys(registry).length} blocks, known on ${table.date}, ${file.length} bytes`);
  return writeWhole(join(folder, 'oui.bin'), file);
}

/** Returns the SHA-256. Never leaves half a file under the name. */
function writeWhole(path: string, content: Uint8Array | string): string {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
  return sha256(content);
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

build();
