// verify's look at the ledger, twice: first how far signatures reach, then line by line what it says. What no signature covers is
// reported and not trusted.

import path from 'node:path';
import { custodyWeight } from '../../model/custody-findings.ts';
import { expectOnly, MALFORMED } from '../../model/expected-error.ts';
import { LEDGER_FILE as FILE, missingVolumes, volumeName } from '../../model/files/ledger-files.ts';
import type { LedgerEvent, LedgerLine } from '../../model/ledger.ts';
import { ClockCorrections } from '../clock/clock-corrections.ts';
import { contradictionOf } from './custody-rules.ts';
import {
  type ChainState,
  type CheckedLine,
  chainThrough,
  EMPTY_CHAIN,
  type LineFault,
  type SignedHead,
  standsAt,
} from './ledger-chain.ts';
import { type Covered, type IsSigned, LedgerCoverage } from './ledger-coverage.ts';
import { type LedgerEnd, readLedger } from './ledger-reader.ts';
import { LedgerState } from './ledger-state.ts';
import type { VerifyFindings, Witness } from './verify-report.ts';
import { volumeEvents } from './volume-state.ts';

/** Volumes that are gone are named, so many. */
const MAX_GONE = 100;

export interface LedgerQuestion {
  readonly folder: string;
  /** The signed head, where its signature is right. */
  readonly head: SignedHead | undefined;
  readonly isSigned: IsSigned;
  readonly isExport: boolean;
  readonly isRunning: boolean;
  readonly witness: Witness['head'];
}

export class VerifyLedger {
  readonly #question: LedgerQuestion;
  readonly #findings: VerifyFindings;
  readonly state = new LedgerState();
  readonly corrections = new ClockCorrections();
  readonly unsynced: { from: string; to: string }[] = [];
  /** Number of the line that opened each segment that is still open. */
  readonly #openedAt = new Map<string, number>();
  end: LedgerEnd = { chain: EMPTY_CHAIN, wholeBytes: 0, tornBytes: 0, spans: [] };
  covered: Covered = { chain: EMPTY_CHAIN, bytes: 0 };
  /** Of the last covered line. */
  headTs: string | null = null;
  seals = 0;
  omitted = 0;
  format = 2;
  readonly earlierFormats: { format: number; until: number }[] = [];
  /** The line that is read is chained as in format 1. */
  #isPlain = false;
  /** What the next lines have to say, where a volume begins. */
  #expected: LedgerEvent[] = [];
  /** The line of the last start, 0 before one. */
  #startedAt = 0;
  #witnessed = false;

  constructor(question: LedgerQuestion, findings: VerifyFindings) {
    this.#question = question;
    this.#findings = findings;
  }

  /** Rejects with the system's error where the file cannot be read as one. */
  async check(): Promise<void> {
    const { folder, head, isSigned, isRunning } = this.#question;
    const file = path.join(folder, FILE);
    const coverage = new LedgerCoverage(head, isSigned);
    this.end = await readLedger(file, (checked, _text, end) => coverage.visit(checked, end));
    this.covered = coverage.covered;
    const believed = isRunning ? this.end.wholeBytes : this.covered.bytes;
    let before = EMPTY_CHAIN;
    await readLedger(file, (checked, text, end) => {
      // Where capture runs, more has come by now.
      if (end <= this.end.wholeBytes) this.#take(checked, text, before, end <= believed);
      before = checked.next;
    });
    this.#checkVolumes();
    this.#checkEnd(coverage);
    this.#closeSpans();
  }

  #take({ line, fault, omitted, next }: CheckedLine, text: string, before: ChainState, isBelieved: boolean): void {
    const where = `${FILE}:${before.lines + 1}`;
    if (fault !== null) this.#findings.problem('chain', where, explainFault(fault, before.lines + 1));
    if (omitted > 0) this.#countOmitted(omitted, where);
    const { head, witness } = this.#question;
    if (head?.lines === next.lines && !standsAt(next, head)) {
      this.#findings.problem('altered', where, 'the line is not the one that the signed head names');
    }
    if (witness !== undefined) this.#meetWitness(text, before, witness);
    this.#isPlain = next.other?.rule === 'linked';
    if (this.#isPlain) this.format = 1;
    if (isBelieved && line !== undefined) this.#believe(line, where);
  }

  #meetWitness(text: string, before: ChainState, witness: NonNullable<Witness['head']>): void {
    for (const chain of chainThrough(text, before)) if (standsAt(chain, witness)) this.#witnessed = true;
  }

  /** Only an export may leave lines out, and it says how many. */
  #countOmitted(count: number, where: string): void {
    this.omitted += count;
    if (!this.#question.isExport) this.#findings.problem('missing', where, `${count} lines were taken out`);
  }

  #believe(line: LedgerLine, where: string): void {
    try {
      this.#apply(line, where);
    } catch (thrown) {
      expectOnly(thrown, 'applying a ledger line', ...MALFORMED, RangeError);
      this.#findings.problem('altered', where, `the fields are not those of a line of type ${String(line.type)}`);
    }
  }

  #apply(line: LedgerLine, where: string): void {
    this.#checkBeginning(line, where);
    const against = contradictionOf(line, this.state);
    if (against !== null) this.#findings.problem('contradiction', where, against);
    if (against === null) this.state.apply(line);
    this.corrections.apply(line);
    this.headTs = line.ts;
    this.#noteRun(line);
    if (line.type === 'seal') this.#checkSeal(line, where);
    if (line.type === 'clock' || line.type === 'start' || line.type === 'stop') this.#addClock(line);
    if (line.type === 'restored') this.#findings.warn('told', where, restoredText(line));
    if (line.type === 'moved') this.#findings.warn('told', where, MOVED);
    if (line.type !== 'finding') return;
    const weight = custodyWeight(line.code);
    const detail = `capture found at its start: ${line.code}: ${line.detail}`;
    if (weight === 'problem') this.#findings.problem('told', where, detail);
    else if (weight === 'warning') this.#findings.warn('told', where, detail);
  }

  /** The beginning of a volume must say what the lines before it add up to; an extract cannot know. */
  #checkBeginning(line: LedgerLine, where: string): void {
    if (line.type === 'volume') this.#expected = volumeEvents(line.volume, line.before_bytes, this.state);
    else if (line.type !== 'volume-state') return;
    const expected = this.#expected.shift();
    if (this.omitted > 0) return;
    if (expected !== undefined && JSON.stringify({ ...line, ...expected }) === JSON.stringify(line)) return;
    this.#findings.problem('contradiction', where, 'it does not say what the lines before it add up to');
    this.#expected = [];
  }

  #checkVolumes(): void {
    const there = this.end.spans.map(({ volume }) => volume);
    for (const volume of missingVolumes(there, MAX_GONE).lowest)
      this.#findings.problem('missing', volumeName(volume), 'this part of the ledger is gone');
  }

  #noteRun(line: LedgerLine): void {
    if (line.type === 'restored') this.format = line.format;
    if (line.type === 'start') {
      this.#follow(line.format ?? (this.#isPlain ? 1 : 2), line.n);
    } else if (line.type === 'segment-opened') this.#openedAt.set(line.path, line.n);
    else if (line.type === 'segment-closed' || line.type === 'segment-empty') this.#openedAt.delete(line.path);
  }

  #follow(format: number, start: number): void {
    if (this.#startedAt > 0 && format !== this.format)
      this.earlierFormats.push({ format: this.format, until: start - 1 });
    this.format = format;
    this.#startedAt = start;
  }

  #checkSeal(line: LedgerLine & { type: 'seal' }, where: string): void {
    this.seals++;
    if (this.#question.isSigned(line.previous, line.signature)) return;
    this.#findings.problem('signature', where, 'the seal is not signed with the appliance’s key');
  }

  /** A span runs from one clock line to the next; spans that touch are one. */
  #addClock(line: LedgerLine & { type: 'clock' | 'start' | 'stop' }): void {
    const last = this.unsynced.at(-1);
    const open = last !== undefined && last.to === '';
    if (open) last.to = line.ts;
    const synced = line.clock?.synced === 'yes';
    if (synced || line.type === 'stop') return;
    if (open) last.to = '';
    else this.unsynced.push({ from: line.ts, to: '' });
  }

  #closeSpans(): void {
    for (const span of this.unsynced) if (span.to === '') span.to = this.state.lastTs ?? '';
  }

  #checkEnd(coverage: LedgerCoverage): void {
    const { chain, tornBytes } = this.end;
    const { head, isRunning } = this.#question;
    if (tornBytes > 0) this.#findings.warn('torn', FILE, `${tornBytes} bytes after the last whole line`);
    if (head !== undefined && head.lines > chain.lines) {
      this.#findings.problem('missing', FILE, `${head.lines - chain.lines} lines at the end are missing`);
    }
    const count = chain.lines - this.covered.chain.lines;
    if (count > 0) {
      const which = `${count} lines from line ${this.covered.chain.lines + 1} on are covered by no signature`;
      if (isRunning) this.#findings.warn('uncovered', FILE, `${which} yet: capture runs and signs them next`);
      else if (coverage.isHeadMet || head === undefined) {
        this.#findings.problem('uncovered', FILE, `${which}: anybody can have added them; they were not believed`);
      }
    }
    this.#checkWitness(chain.lines);
  }

  /** A ledger that was set back together with its signed head contradicts any later head that was kept elsewhere. */
  #checkWitness(lines: number): void {
    const { witness } = this.#question;
    if (witness === undefined || this.#witnessed) return;
    const { lines: seen } = witness;
    if (seen <= lines) this.#findings.problem('altered', FILE, `line ${seen} is not the one that the witness saw`);
    else this.#findings.problem('missing', FILE, `the witness saw ${seen} lines, ${lines} are there`);
  }

  /** Whether a segment was left open by a run that is over: a stop, or a later start, follows its opening. */
  isLeftOpen(name: string): boolean {
    const opened = this.#openedAt.get(name) ?? 0;
    return opened > 0 && (this.state.stopped || opened < this.#startedAt);
  }

  /** The last run did not say goodbye: a crash, a power cut, or it still goes on. */
  get isUnended(): boolean {
    return !this.state.stopped;
  }
}

const MOVED = 'the appliance moved to another machine here and took its key along; what follows is not of this machine';

function restoredText({ before, backup_created, moved }: LedgerLine & { type: 'restored' }): string {
  const twin = moved
    ? 'the machine of before gave its key away'
    : 'the machine of before may have gone on with the same key: two histories';
  return `restored from a backup of ${backup_created}, made at line ${before.lines} (${before.head}) of a ledger that is not here; ${twin}`;
}

function explainFault(fault: LineFault, number: number): string {
  if (fault === 'not_json') return 'the line is not a ledger line';
  if (fault === 'wrong_number') return 'the line does not have the number that follows: lines were added or removed';
  return `line ${number - 1} or the chain in line ${number} was altered`;
}
