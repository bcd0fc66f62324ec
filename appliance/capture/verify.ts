// `weir verify DIR`: are these files what was recorded? Works offline, on any machine, on a data folder or an export, and only
// reads. A problem names the file or the ledger line; a warning is what an honest crash or a running capture leaves.

import { type KeyObject, verify as verifySignature } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { WeirError } from '../model/errors.ts';
import type { LedgerLine } from '../model/ledger.ts';
import { printable } from '../model/text.ts';
import { type ClockCorrection, ClockCorrections } from './clock-corrections.ts';
import type { CustodyRecord } from './custody.ts';
import { hashFile } from './file-hash.ts';
import { type FoundFile, scanCaptures } from './folder-scan.ts';
import type { ApplianceFile } from './identity.ts';
import {
  type ChainState,
  chainThrough,
  EMPTY_CHAIN,
  headText,
  type LineFault,
  parseHead,
  type SignedHead,
} from './ledger-chain.ts';
import { readLedger } from './ledger-reader.ts';
import { type LedgerSegment, LedgerState } from './ledger-state.ts';
import { checkSignature, decodePublicKey } from './minisign.ts';
import { sidecarPath } from './segment.ts';

export type ProblemKind = 'altered' | 'missing' | 'extra' | 'chain' | 'signature' | 'unreadable';

export interface VerifyFinding {
  readonly kind: ProblemKind | 'open' | 'unfinished' | 'foreign' | 'torn';
  /** Relative to the folder; `ledger.ndjson:LINE` for a line. */
  readonly where: string;
  readonly detail: string;
}

export interface VerifyReport {
  /** No problem was found. Warnings and unsynchronised spans do not count. */
  readonly ok: boolean;
  readonly kind: 'appliance' | 'export';
  readonly appliance: string;
  readonly files: number;
  readonly bytes: number;
  readonly ledgerLines: number;
  /** Of them only the hashes are there: an export leaves out what concerns other devices. */
  readonly omittedLines: number;
  readonly seals: number;
  readonly problems: readonly VerifyFinding[];
  readonly warnings: readonly VerifyFinding[];
  /** Times during which nothing is known to have kept the clock right; seconds since 1970 as capture's clock told them. */
  readonly unsynced: readonly { readonly from: string; readonly to: string }[];
  /** What later steps of the clock say about earlier times. */
  readonly corrections: readonly ClockCorrection[];
}

/** More of a kind would only bury the first. */
const MAX_FINDINGS = 1000;

/** Throws a WeirError where there is nothing to verify; everything else is in the report. `witness`: a head seen elsewhere. */
export async function verifyFolder(folder: string, witness?: ChainState): Promise<VerifyReport> {
  if (!fs.existsSync(path.join(folder, 'ledger.ndjson'))) {
    const message = `${printable(folder)} holds no ledger.ndjson: it is neither a data folder nor an export. Nothing was verified.`;
    throw new WeirError('FILE_UNREADABLE', message);
  }
  return await new Verifier(folder, witness).run();
}

class Verifier {
  readonly #folder: string;
  readonly #witness: ChainState | undefined;
  readonly #state = new LedgerState();
  readonly #problems: VerifyFinding[] = [];
  readonly #warnings: VerifyFinding[] = [];
  readonly #corrections = new ClockCorrections();
  readonly #unsynced: { from: string; to: string }[] = [];
  #appliance: ApplianceFile | undefined;
  #key: KeyObject | undefined;
  #head: SignedHead | undefined;
  #custody: CustodyRecord | undefined;
  #files = 0;
  #bytes = 0;
  #seals = 0;
  #lines = 0;
  #omitted = 0;
  #witnessed = false;

  constructor(folder: string, witness: ChainState | undefined) {
    this.#folder = folder;
    this.#witness = witness;
  }

  async run(): Promise<VerifyReport> {
    this.#readAppliance();
    this.#readCustody();
    // Head and folder before the ledger: where capture runs, the ledger may only know more than they do.
    this.#head = this.#readHead();
    const found = await scanCaptures(path.join(this.#folder, 'captures'));
    await this.#checkLedger();
    await this.#checkFiles(found);
    await this.#checkManifest();
    return {
      ok: this.#problems.length === 0,
      kind: this.#custody === undefined ? 'appliance' : 'export',
      appliance: this.#appliance?.id ?? '',
      files: this.#files,
      bytes: this.#bytes,
      ledgerLines: this.#lines,
      omittedLines: this.#omitted,
      seals: this.#seals,
      problems: this.#problems,
      warnings: this.#warnings,
      unsynced: this.#unsynced,
      corrections: this.#corrections.all,
    };
  }

  #readAppliance(): void {
    this.#appliance = readJson<ApplianceFile>(path.join(this.#folder, 'appliance.json'));
    if (typeof this.#appliance?.public_key === 'string') this.#key = decodeKey(this.#appliance.public_key);
    if (this.#key === undefined) this.#problem('unreadable', 'appliance.json', 'there is no readable public key');
  }

  #readCustody(): void {
    if (!fs.existsSync(path.join(this.#folder, 'custody.json'))) return;
    this.#custody = readJson<CustodyRecord>(path.join(this.#folder, 'custody.json'));
    if (Array.isArray(this.#custody?.files)) return;
    this.#custody = undefined;
    this.#problem('unreadable', 'custody.json', 'it is not a custody record');
  }

  #readHead(): SignedHead | undefined {
    const file = path.join(this.#folder, 'ledger.head');
    if (!fs.existsSync(file)) {
      this.#problem('missing', 'ledger.head', 'the signed end of the ledger is not there');
      return undefined;
    }
    const head = parseHead(fs.readFileSync(file, 'utf8'));
    if (head === undefined) this.#problem('altered', 'ledger.head', 'it is not a signed head');
    else if (!this.#signed(headText(head), head.signature)) {
      this.#problem('signature', 'ledger.head', 'the signature is not the appliance’s');
    }
    return head;
  }

  async #checkLedger(): Promise<void> {
    const head = this.#head;
    let number = 0;
    let before = EMPTY_CHAIN;
    const end = await readLedger(path.join(this.#folder, 'ledger.ndjson'), ({ line, fault, omitted, next }, text) => {
      const where = `ledger.ndjson:${++number}`;
      if (fault !== null) this.#problem('chain', where, explainFault(fault, number));
      if (omitted > 0) this.#countOmitted(omitted, where);
      if (head !== undefined && next.lines === head.lines && next.head !== head.head) {
        this.#problem('altered', where, 'the line is not the one that the signed head names');
      }
      if (this.#witness !== undefined) this.#meetWitness(text, before, this.#witness);
      before = next;
      if (line !== undefined) this.#applyLine(line, where);
    });
    this.#lines = end.chain.lines;
    if (end.tornBytes > 0) this.#warn('torn', 'ledger.ndjson', `${end.tornBytes} bytes after the last whole line`);
    if (head !== undefined && head.lines > end.chain.lines) {
      this.#problem('missing', 'ledger.ndjson', `${head.lines - end.chain.lines} lines at the end are missing`);
    }
    this.#checkCustodyHead(end.chain);
    this.#checkWitness(end.chain.lines);
  }

  #meetWitness(text: string, before: ChainState, witness: ChainState): void {
    for (const { lines, head } of chainThrough(text, before)) {
      if (lines === witness.lines && head === witness.head) this.#witnessed = true;
    }
  }

  /** A ledger that was set back together with its signed head contradicts whoever kept a later head. */
  #checkWitness(lines: number): void {
    if (this.#witness === undefined || this.#witnessed) return;
    const { lines: seen } = this.#witness;
    if (seen <= lines) this.#problem('altered', 'ledger.ndjson', `line ${seen} is not the one that the witness saw`);
    else this.#problem('missing', 'ledger.ndjson', `the witness saw ${seen} lines, ${lines} are there`);
  }

  /** Only an export may leave lines out, and it says how many. */
  #countOmitted(count: number, where: string): void {
    this.#omitted += count;
    if (this.#custody === undefined) this.#problem('missing', where, `${count} lines were taken out`);
  }

  /** Where the ledger stood when the export was made. */
  #checkCustodyHead(chain: ChainState): void {
    const said = this.#custody?.ledger;
    if (said === undefined) return;
    if (said.lines !== chain.lines || said.head_sha256 !== chain.head) {
      this.#problem('altered', 'ledger.ndjson', 'the ledger does not end where the custody record says');
    }
    if ((said.omitted ?? 0) !== this.#omitted) {
      this.#problem(
        'altered',
        'ledger.ndjson',
        `${this.#omitted} lines are left out, the custody record says ${said.omitted}`,
      );
    }
  }

  #applyLine(line: LedgerLine, where: string): void {
    this.#state.apply(line);
    this.#corrections.apply(line);
    if (line.type === 'seal') {
      this.#seals++;
      if (this.#signed(line.previous, line.signature)) return;
      this.#problem('signature', where, 'the seal is not signed with the appliance’s key');
    }
    if (line.type === 'clock' || line.type === 'start' || line.type === 'stop') this.#addClock(line);
  }

  /** A span runs from one clock line to the next; spans that touch are one. */
  #addClock(line: LedgerLine & { type: 'clock' | 'start' | 'stop' }): void {
    const last = this.#unsynced.at(-1);
    const open = last !== undefined && last.to === '';
    if (open) last.to = line.ts;
    const synced = line.clock?.synced === 'yes';
    if (synced || line.type === 'stop') return;
    if (open) last.to = '';
    else this.#unsynced.push({ from: line.ts, to: '' });
  }

  async #checkFiles(found: readonly FoundFile[]): Promise<void> {
    const lastTs = this.#state.lastTs ?? '';
    for (const span of this.#unsynced) if (span.to === '') span.to = lastTs;
    for (const segment of this.#expected()) await this.#checkSegment(segment);
    for (const file of found) this.#checkExtra(file);
  }

  /** What must be there: all closed segments, or in an export those of the custody record. */
  *#expected(): Iterable<LedgerSegment> {
    if (this.#custody === undefined) {
      for (const segment of this.#state.segments.values()) if (segment.state === 'closed') yield segment;
      return;
    }
    for (const { path: name } of this.#custody.files) {
      const segment = this.#state.segments.get(name);
      if (segment === undefined) this.#problem('extra', `captures/${printable(name)}`, 'the ledger does not know it');
      else yield segment;
    }
  }

  async #checkSegment(segment: LedgerSegment): Promise<void> {
    const where = `captures/${segment.path}`;
    const sidecar = sidecarPath(segment.path);
    await this.#checkHash(where, segment.sha256);
    // A sidecar that was altered is no witness against anybody else.
    if (!(await this.#checkHash(`captures/${sidecar}`, segment.sidecarSha256))) return;
    const said = readJson<{ appliance?: unknown }>(path.join(this.#folder, 'captures', sidecar))?.appliance;
    if (typeof said === 'string' && said !== this.#appliance?.id) {
      this.#problem('altered', 'appliance.json', `the segments are of appliance ${printable(said)}`);
    }
  }

  /** True for a file that is there as it was recorded; anything else is told. */
  async #checkHash(where: string, sha256: string): Promise<boolean> {
    const stat = fs.lstatSync(path.join(this.#folder, where), { throwIfNoEntry: false });
    if (stat === undefined) {
      this.#problem('missing', where, 'the ledger says that it is there');
      return false;
    }
    this.#files++;
    this.#bytes += stat.size;
    const actual = await hashFile(path.join(this.#folder, where)).catch((error: unknown) => String(error));
    if (actual === sha256) return true;
    const kind = actual.length === 64 ? 'altered' : 'unreadable';
    this.#problem(kind, where, `SHA-256 is ${actual}, recorded was ${sha256}`);
    return false;
  }

  #checkExtra(file: FoundFile): void {
    const where = `captures/${printable(file.path)}`;
    const pcap = file.path.replace(/\.json$/, '.pcap').replace(/\.part$/, '');
    const state = this.#state.segments.get(pcap)?.state;
    if (file.kind === 'part') this.#warn('open', where, 'still open: capture runs, or ended without closing it');
    else if (file.kind === 'foreign' || file.kind === 'temporary')
      this.#warn('foreign', where, 'capture did not make it');
    else if (state === undefined) this.#problem('extra', where, 'the ledger does not know it');
    else if (state === 'open') this.#warn('unfinished', where, 'closed, but the ledger does not say so yet');
  }

  /** An export's list of files, as `sha256sum -c` reads it, and its detached signature. */
  async #checkManifest(): Promise<void> {
    if (this.#custody === undefined) return;
    const manifest = path.join(this.#folder, 'SHA256SUMS');
    const signature = `${manifest}.minisig`;
    if (!fs.existsSync(manifest)) return this.#problem('missing', 'SHA256SUMS', 'an export has a list of its files');
    const content = fs.readFileSync(manifest);
    if (!fs.existsSync(signature)) this.#warn('unfinished', 'SHA256SUMS.minisig', 'the export is not signed');
    else if (this.#key === undefined || !checkSignature(content, fs.readFileSync(signature, 'utf8'), this.#key)) {
      this.#problem('signature', 'SHA256SUMS', 'the signature is not the appliance’s');
    }
    for (const line of content.toString('utf8').split('\n')) {
      const [sha256 = '', name = ''] = line.split('  ');
      // Segments were checked against the ledger; only files of our own making are followed.
      if (name === '' || name.startsWith('captures/')) continue;
      const actual = await hashFile(path.join(this.#folder, path.basename(name))).catch(() => 'unreadable');
      if (actual !== sha256) this.#problem('altered', printable(name), `SHA-256 is ${actual}, listed is ${sha256}`);
    }
  }

  #signed(text: string, signature: unknown): boolean {
    if (this.#key === undefined || typeof signature !== 'string') return false;
    return verifySignature(null, Buffer.from(text), this.#key, Buffer.from(signature, 'base64'));
  }

  #problem(kind: ProblemKind, where: string, detail: string): void {
    if (this.#problems.length < MAX_FINDINGS) this.#problems.push({ kind, where, detail });
  }

  #warn(kind: VerifyFinding['kind'], where: string, detail: string): void {
    if (this.#warnings.length < MAX_FINDINGS) this.#warnings.push({ kind, where, detail });
  }
}

function explainFault(fault: LineFault, number: number): string {
  if (fault === 'not_json') return 'the line is not a ledger line';
  if (fault === 'wrong_number') return 'the line does not have the number that follows: lines were added or removed';
  return `line ${number - 1} or the chain in line ${number} was altered`;
}

function decodeKey(text: string): KeyObject | undefined {
  try {
    return decodePublicKey(text);
  } catch {
    return undefined;
  }
}

function readJson<T>(file: string): T | undefined {
  try {
    const value = JSON.parse(fs.readFileSync(file, 'utf8')) as T | null;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
