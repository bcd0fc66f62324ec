// The first thing that a start does: holds ledger, head and key against the rule of EVIDENCE.md before it signs anything. What no
// signature covers is set aside, never adopted; everything else that is wrong is recorded in the ledger for good.

import fs from 'node:fs';
import path from 'node:path';
import type { CustodyCode } from '../../model/custody-findings.ts';
import { WeirError } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { LEDGER_FILE, missingVolumes, volumeName } from '../../model/files/ledger-files.ts';
import { scanCaptures } from '../storage/folder-scan.ts';
import { readRegular, statBelow } from '../storage/regular-file.ts';
import type { Identity } from './identity.ts';
import { type LedgerStart, VOLUME_BYTES } from './ledger.ts';
import { type ChainState, headText, LEDGER_FORMAT, parseHead, type SignedHead } from './ledger-chain.ts';
import { type Covered, LedgerCoverage } from './ledger-coverage.ts';
import { fullVolumesBeside, type LedgerEnd, readLedger, type VolumeSpan } from './ledger-reader.ts';
import { LedgerState } from './ledger-state.ts';
import { freeName, setAsidePlanted } from './planted-volumes.ts';
import { MAX_HONEST_TAIL, StartFold } from './start-fold.ts';

export interface StartFinding {
  readonly code: CustodyCode;
  readonly detail: string;
}

/** What is known of the past, and where the ledger goes on. */
export interface StartBooks {
  /** Of the covered lines only. */
  readonly state: LedgerState;
  readonly start: LedgerStart;
  /** Bytes of a torn last line that are going to be cut off. */
  readonly tornBytes: number;
  readonly findings: readonly StartFinding[];
  /** In words, where an earlier version wrote the ledger. */
  readonly takenOver: string | null;
}

interface HeadFound {
  readonly state: 'missing' | 'unsigned' | 'signed';
  readonly head: SignedHead | undefined;
}

/** The signed head is one short JSON object. */
const MAX_HEAD_BYTES = 4096;
/** Of volumes, in one finding. */
const MAX_NAMED = 10;
/** Up to this size the ledger gets a new file when lines are set aside, so that a reader that tails it notices. */
const MAX_COPY_BYTES = 2 * VOLUME_BYTES;

/** Reads the books of a data folder and sets aside what nobody signed. Rejects with the system's error. */
export async function checkAtStart(dataDir: string, identity: Identity): Promise<StartBooks> {
  const file = path.join(dataDir, LEDGER_FILE);
  const found = readHead(path.join(dataDir, 'ledger.head'), identity);
  const planted = setAsidePlanted(file);
  const books = await readBooks(file, found, identity);
  const { covered, state, end } = books;
  refuseNewer(file, state);
  const findings = [
    ...keyFindings(identity),
    ...(await lossFindings(dataDir, found, end)),
    ...headFindings(found, books.coverage, end),
    ...tailFindings(found, books),
    ...damageFindings(state),
    ...plantedFindings(planted),
    ...volumeFindings(file, books),
  ];
  const place = await goOn(file, books, books.unsigned > 0);
  return {
    state,
    start: { chain: covered.chain, ...place, durable: durableLines(found, covered.chain), state },
    tornBytes: books.unsigned > 0 ? 0 : end.tornBytes,
    findings,
    takenOver: takenOverText(state, covered.chain, books.first),
  };
}

/** A start that begins with a later volume reads one of format 4. */
function takenOverText({ format }: LedgerState, { lines }: ChainState, first: number): string | null {
  if (first > 1 || lines === 0 || format >= LEDGER_FORMAT) return null;
  // Formats 1 and 2 have no number.
  const before = format === 0 ? '1 or 2' : format;
  return `the ledger of an earlier version was taken over: format ${before} up to line ${lines}, format ${LEDGER_FORMAT} from there on; \`weir verify\` checks each by its own rule`;
}

/** Before anything is set aside or signed: what lines of a later format mean is not known here. */
function refuseNewer(file: string, { format }: LedgerState): void {
  if (format <= LEDGER_FORMAT) return;
  throw new WeirError(
    'FORMAT_NEWER',
    `${file}: a newer Weir wrote this ledger (format ${format}; this one knows up to ${LEDGER_FORMAT}). Nothing is captured, nothing was changed. Install that version again.`,
  );
}

interface Books {
  /** Of the covered lines. */
  readonly state: LedgerState;
  readonly covered: Covered;
  readonly coverage: LedgerCoverage;
  /** Of the text that was read, which begins with volume `first`. */
  readonly end: LedgerEnd;
  readonly first: number;
  readonly full: readonly number[];
  /** Lines behind the covered ones. */
  readonly unsigned: number;
  /** They are all of a volume's beginning, which says nothing new. */
  readonly isBeginning: boolean;
  /** Closings in it, covered or not. */
  readonly closings: number;
  /** What the first volume that was read says of the one before. */
  readonly bytesBefore: number | null;
}

/** From the newest volume whose beginning is whole and signed; from the first one where there is none. */
async function readBooks(file: string, found: HeadFound, identity: Identity): Promise<Books> {
  const full = fullVolumesBeside(file);
  for (const first of [(full.at(-1) ?? 0) + 1, ...full.toReversed()]) {
    if (first === 1) break;
    const books = await readFrom(file, first, full, found, identity).catch((thrown: unknown) => {
      // It begins as no volume does, or cannot be read: then the one before it decides.
      expectOnly(thrown, 'reading the newest volume of the ledger', ...UNREADABLE, 'EIO', 'LEDGER_DAMAGED', TypeError);
      return null;
    });
    if (books?.bytesBefore != null) return books;
  }
  return await readFrom(file, 1, full, found, identity);
}

async function readFrom(
  file: string,
  first: number,
  full: readonly number[],
  { head }: HeadFound,
  identity: Identity,
): Promise<Books> {
  const coverage = new LedgerCoverage(head, identity.isSigned);
  let fold = new StartFold(first);
  let closings = 0;
  const end = await readLedger(
    file,
    (checked, _text, at) => {
      coverage.visit(checked, at);
      fold.take(checked, at);
      if (checked.line?.type === 'segment-closed') closings++;
    },
    first,
  );
  const { covered } = coverage;
  if (!fold.endAt(covered.bytes)) {
    fold = new StartFold(first);
    await readLedger(file, (checked, _text, at) => fold.take(checked, at, covered.bytes), first);
    fold.endAt(covered.bytes);
  }
  // A head that points before the read part is compared at its own position.
  const isHeadBefore = first > 1 && head !== undefined && head.lines <= fold.linesBefore;
  const bytesBefore = fold.wholeAt <= covered.bytes && !isHeadBefore ? fold.bytesBefore : null;
  return {
    state: fold.state,
    covered,
    coverage,
    end,
    first,
    full,
    unsigned: fold.behind,
    isBeginning: fold.isBeginning,
    closings,
    bytesBefore,
  };
}

/** A file of zeros or of nothing is what a power cut leaves of one that was never made durable. */
function readHead(file: string, identity: Identity): HeadFound {
  let text = '';
  try {
    text = readRegular(file, MAX_HEAD_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return { state: 'unsigned', head: undefined };
  }
  if (text.replaceAll('\0', '').trim() === '') return { state: 'missing', head: undefined };
  const head = parseHead(text);
  if (head === undefined || !identity.isSigned(headText(head), head.signature)) {
    return { state: 'unsigned', head: undefined };
  }
  return { state: 'signed', head };
}

function durableLines({ head }: HeadFound, { lines }: ChainState): number {
  return Math.min(head?.durable ?? 0, lines);
}

function keyFindings({ changedFrom, fingerprint, restoredFrom, file }: Identity): StartFinding[] {
  if (restoredFrom !== null) {
    const detail = `appliance.json was lost; it was recreated for the key ${fingerprint}, with the id ${file.id} that ${restoredFrom} names`;
    return [{ code: 'IDENTITY_LOST', detail }];
  }
  if (changedFrom === null) return [];
  const detail = `the key is another one: appliance.json names ${changedFrom}, key/ed25519.pem is ${fingerprint}`;
  return [{ code: 'KEY_CHANGED', detail }];
}

/** No line at all where there were some. */
async function lossFindings(dataDir: string, { state }: HeadFound, { chain }: LedgerEnd): Promise<StartFinding[]> {
  if (chain.lines > 0) return [];
  const files = await scanCaptures(path.join(dataDir, 'captures'));
  const segments = files.filter(({ kind }) => kind === 'segment').length;
  if (state === 'missing' && segments === 0) return [];
  return [{ code: 'LEDGER_LOST', detail: `the ledger is missing or empty, ${segments} closed segments were found` }];
}

function headFindings({ state, head }: HeadFound, coverage: LedgerCoverage, { chain }: LedgerEnd): StartFinding[] {
  if (chain.lines === 0) return [];
  if (state === 'unsigned') {
    return [{ code: 'HEAD_ALTERED', detail: 'the head of the ledger does not carry this appliance’s signature' }];
  }
  // The first seal is on the card before the first head is.
  if (head === undefined) {
    return coverage.seals > 1 ? [{ code: 'HEAD_MISSING', detail: 'the signed head of the ledger is not there' }] : [];
  }
  if (head.lines <= chain.lines) {
    const detail = `line ${head.lines} is not the one that the signed head names (${head.head})`;
    return coverage.isHeadMet ? [] : [{ code: 'HEAD_ALTERED', detail }];
  }
  const gone = `${head.lines - chain.lines} lines that the signed head announces are not there`;
  if (chain.lines < (head.durable ?? 0)) {
    return [{ code: 'LEDGER_CUT', detail: `${gone}; ${head.durable} lines were on the card` }];
  }
  return [{ code: 'LEDGER_SHORT', detail: `${gone}: a power cut took them` }];
}

/** Lines behind the last signature. A run that was stopped leaves none; one that crashed, those of its last moments. */
function tailFindings(
  found: HeadFound,
  { unsigned: count, isBeginning, covered, closings, state }: Books,
): StartFinding[] {
  if (count === 0) return [];
  const isFirstMoment = covered.chain.lines === 0 && found.state === 'missing' && closings === 0;
  const isCrash = covered.chain.lines > 0 && !state.stopped;
  const isHonest = count <= MAX_HONEST_TAIL && (isCrash || isFirstMoment || isBeginning);
  const detail =
    `${count} lines without a valid signature behind line ${covered.chain.lines} (head ${covered.chain.head}) ` +
    `were set aside in ${asideName(covered)}`;
  return [{ code: isHonest ? 'LEDGER_TAIL' : 'LEDGER_UNSIGNED', detail }];
}

function damageFindings({ faults }: LedgerState): StartFinding[] {
  return faults === 0 ? [] : [{ code: 'LEDGER_DAMAGED', detail: `${faults} lines do not fit the chain` }];
}

function plantedFindings(names: readonly string[]): StartFinding[] {
  if (names.length === 0) return [];
  const named = names.slice(0, MAX_NAMED).join(', ');
  const detail = `${names.length} files with the name of a volume do not begin as one; set aside under aside-…: ${named}`;
  return [{ code: 'LEDGER_VOLUME', detail }];
}

/** Full volumes are not read: each must be there, and the one before the last as long as it was. `weir verify` reads them. */
function volumeFindings(file: string, { full, first, bytesBefore }: Books): StartFinding[] {
  const gone = missingVolumes(full, MAX_NAMED);
  const changed = full.filter((volume) => {
    const stat = statBelow(path.dirname(file), volumeName(volume));
    return stat?.isFile() !== true || (volume === first - 1 && stat.size !== bytesBefore);
  });
  const count = gone.count + changed.length;
  if (count === 0) return [];
  const named = [...gone.lowest, ...changed].slice(0, MAX_NAMED).map(volumeName).join(', ');
  return [{ code: 'LEDGER_VOLUME', detail: `${count} volumes are gone or of another length: ${named}` }];
}

function asideName({ chain }: Covered): string {
  return `ledger.unsigned-${chain.lines}.ndjson`;
}

type Place = Pick<LedgerStart, 'volume' | 'wholeBytes' | 'bytesBefore'>;

/** Where the next line goes. What follows the covered lines is kept next to the ledger first, for a person to look at. */
async function goOn(file: string, { covered, end, full, first, bytesBefore }: Books, isAside: boolean): Promise<Place> {
  const { spans } = end;
  if (isAside) await setAside(file, covered, spans);
  const written = (full.at(-1) ?? 0) + 1;
  const at = spans.findLast(({ start }) => start < covered.bytes) ?? spans[0];
  const isFullEnd = at !== undefined && at.volume < written && covered.bytes === at.start + at.bytes;
  if (at === undefined || isFullEnd) {
    // The volume that is written has not begun, or what it began with was set aside.
    if (isAside) await fs.promises.rm(file, { force: true });
    return { volume: written, wholeBytes: 0, bytesBefore: at?.bytes ?? 0 };
  }
  for (const { volume, file: name } of spans.toReversed()) {
    if (volume > at.volume) await fs.promises.rm(name, { force: true });
  }
  if (at.volume < written) await fs.promises.rename(at.file, file);
  const wholeBytes = covered.bytes - at.start;
  if (isAside) await renew(file, wholeBytes);
  const before = spans.find(({ volume }) => volume === at.volume - 1)?.bytes;
  return { volume: at.volume, wholeBytes, bytesBefore: before ?? (at.volume === first ? (bytesBefore ?? 0) : 0) };
}

/** Nothing is thrown away. */
async function setAside(file: string, covered: Covered, spans: readonly VolumeSpan[]): Promise<void> {
  const aside = freeName(path.join(path.dirname(file), asideName(covered)));
  const output = await fs.promises.open(aside, 'wx', 0o640);
  try {
    for (const { file: name, start, bytes } of spans) {
      const from = Math.max(0, covered.bytes - start);
      if (from < bytes) await copyBytes(name, output, from, Number.POSITIVE_INFINITY);
    }
    await output.sync();
  } finally {
    await output.close();
  }
}

/** Another file in its place, so that a reader that tails it notices. Where it is large the writer cuts it at its start instead. */
async function renew(file: string, wholeBytes: number): Promise<void> {
  if (wholeBytes > MAX_COPY_BYTES) return;
  const kept = freeName(`${file}.kept`);
  const output = await fs.promises.open(kept, 'wx', 0o640);
  try {
    await copyBytes(file, output, 0, wholeBytes);
    await output.sync();
  } finally {
    await output.close();
  }
  await fs.promises.rename(kept, file);
}

async function copyBytes(from: string, output: fs.promises.FileHandle, start: number, end: number): Promise<void> {
  if (end <= start) return;
  const range = { start, ...(Number.isFinite(end) ? { end: end - 1 } : {}) };
  await fs.promises.writeFile(output, fs.createReadStream(from, range));
}
