// The first thing that a start does: holds ledger, head and key against the rule of EVIDENCE.md before it signs anything. What no
// signature covers is set aside, never adopted; everything else that is wrong is told in the ledger and stays told.

import fs from 'node:fs';
import path from 'node:path';
import type { CustodyCode } from '../../model/custody-findings.ts';
import { scanCaptures } from '../storage/folder-scan.ts';
import { readRegular } from '../storage/regular-file.ts';
import type { Identity } from './identity.ts';
import type { LedgerStart } from './ledger.ts';
import { type ChainState, headText, parseHead, type SignedHead } from './ledger-chain.ts';
import { type Covered, LedgerCoverage } from './ledger-coverage.ts';
import { type LedgerEnd, readLedger } from './ledger-reader.ts';
import { LedgerState } from './ledger-state.ts';

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
}

interface HeadFound {
  readonly state: 'missing' | 'unsigned' | 'signed';
  readonly head: SignedHead | undefined;
}

const MAX_HEAD_BYTES = 4096;
/** Up to this size the ledger gets a new file when lines are set aside, so that whoever tails it notices. */
const MAX_COPY_BYTES = 64 * 1024 * 1024;
/** So many lines can wait for their seal at most: one minute of a full house at the full hour. */
const MAX_HONEST_TAIL = 2000;

/** Reads the books of a data folder and sets aside what nobody signed. Rejects with the system's error. */
export async function checkAtStart(dataDir: string, identity: Identity): Promise<StartBooks> {
  const file = path.join(dataDir, 'ledger.ndjson');
  const found = readHead(path.join(dataDir, 'ledger.head'), identity);
  const coverage = new LedgerCoverage(found.head, identity.isSigned);
  const end = await fold(file, (checked, _text, at) => coverage.visit(checked, at));
  const { covered } = coverage;
  const kept = covered.chain.lines < end.end.chain.lines ? await fold(file, () => undefined, covered.bytes) : end;
  const { state } = kept;
  const findings = [
    ...keyFindings(identity),
    ...(await lossFindings(dataDir, found, end.end)),
    ...headFindings(found, coverage, end.end),
    ...tailFindings(found, covered, end, state),
    ...damageFindings(state),
  ];
  const unsigned = end.end.chain.lines - covered.chain.lines;
  if (unsigned > 0) await setAside(file, covered);
  return {
    state,
    start: { chain: covered.chain, wholeBytes: covered.bytes, durable: durableLines(found, covered.chain) },
    tornBytes: unsigned > 0 ? 0 : end.end.tornBytes,
    findings,
  };
}

interface Folded {
  readonly state: LedgerState;
  readonly end: LedgerEnd;
  /** Closings among them. */
  readonly closings: number;
}

type Visit = Parameters<typeof readLedger>[1];

/** What the lines up to a byte add up to. */
async function fold(file: string, visit: Visit, until = Number.POSITIVE_INFINITY): Promise<Folded> {
  const state = new LedgerState();
  let closings = 0;
  const end = await readLedger(file, (checked, text, at) => {
    visit(checked, text, at);
    if (at > until) return;
    // A ledger leaves nothing out; only an export's copy does.
    if (checked.fault !== null || checked.omitted > 0) state.faults++;
    if (checked.line?.type === 'segment-closed') closings++;
    if (checked.line !== undefined) state.apply(checked.line);
  });
  return { state, end, closings };
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

function keyFindings({ changedFrom, fingerprint }: Identity): StartFinding[] {
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
function tailFindings(found: HeadFound, covered: Covered, whole: Folded, kept: LedgerState): StartFinding[] {
  const { lines } = whole.end.chain;
  const count = lines - covered.chain.lines;
  if (count <= 0) return [];
  const isFirstMoment = covered.chain.lines === 0 && found.state === 'missing' && whole.closings === 0;
  const isCrash = covered.chain.lines > 0 && !kept.stopped;
  const isHonest = count <= MAX_HONEST_TAIL && (isCrash || isFirstMoment);
  const detail =
    `${count} lines without a valid signature behind line ${covered.chain.lines} (head ${covered.chain.head}) ` +
    `were set aside in ${asideName(covered)}`;
  return [{ code: isHonest ? 'LEDGER_TAIL' : 'LEDGER_UNSIGNED', detail }];
}

function damageFindings({ faults }: LedgerState): StartFinding[] {
  return faults === 0 ? [] : [{ code: 'LEDGER_DAMAGED', detail: `${faults} lines do not fit the chain` }];
}

function asideName({ chain }: Covered): string {
  return `ledger.unsigned-${chain.lines}.ndjson`;
}

/** Nothing is thrown away: what was not covered is kept beside the ledger for a person to look at. */
async function setAside(file: string, covered: Covered): Promise<void> {
  const aside = freeName(path.join(path.dirname(file), asideName(covered)));
  await copyBytes(file, aside, covered.bytes, Number.POSITIVE_INFINITY);
  // In place of a ledger that is large the writer cuts the file at its start.
  if (covered.bytes > MAX_COPY_BYTES) return;
  const kept = freeName(`${file}.kept`);
  await copyBytes(file, kept, 0, covered.bytes);
  await fs.promises.rename(kept, file);
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let i = 2; fs.existsSync(name); i++) name = `${wanted}.${i}`;
  return name;
}

async function copyBytes(from: string, to: string, start: number, end: number): Promise<void> {
  const output = await fs.promises.open(to, 'wx', 0o640);
  try {
    const range = { start, ...(Number.isFinite(end) ? { end: end - 1 } : {}) };
    if (end > start) await fs.promises.writeFile(output, fs.createReadStream(from, range));
    await output.sync();
  } finally {
    await output.close();
  }
}
