// `weir verify DIR`: are these files what was recorded? Works offline, on any machine, on a data folder or an export, and only
// reads. A problem names the file or the ledger line; a warning is what an honest crash or a running capture leaves. What it
// proves, against whom, and what it cannot know: EVIDENCE.md.

import type { KeyObject } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { systemCode, WeirError } from '../../model/errors.ts';
import { expectOnly, orElse, UNREADABLE } from '../../model/expected-error.ts';
import { fullVolumes, LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { printable } from '../../model/text.ts';
import { isHeld } from '../control/lock-holder.ts';
import { hashFile } from '../evidence/file-hash.ts';
import { scanCaptures } from '../storage/folder-scan.ts';
import { readRegular, readRegularJson, statBelow } from '../storage/regular-file.ts';
import { type CustodyRecord, parseCustody } from './custody.ts';
import { isSignedBy } from './identity.ts';
import { headText, parseHead, type SignedHead } from './ledger-chain.ts';
import { checkSignature, decodePublicKey, keyFingerprint } from './minisign.ts';
import { OTHER_NAME, VerifyFiles, type VerifyProgress } from './verify-files.ts';
import { VerifyLedger } from './verify-ledger.ts';
import { VerifyFindings, type VerifyReport, type Witness } from './verify-report.ts';

export type { ProblemKind, VerifyFinding, VerifyReport, Witness } from './verify-report.ts';

/** Of identity, signed head and signature of the list, read whole: a hostile folder must not fill the memory. */
const MAX_SMALL_BYTES = 64 * 1024;
/** Lists of an export grow with its segments and are read whole; a larger one is not read, which is reported. */
const MAX_CUSTODY_BYTES = 64 * 1024 * 1024;
/** About the other files in an export. */
const MAX_LEDGER_BYTES = 64 * 1024 * 1024 * 1024;

/** Throws a WeirError where there is nothing to verify; everything else is in the report. `witness`: what was kept elsewhere. */
export async function verifyFolder(
  folder: string,
  witness: Witness = {},
  progress: VerifyProgress = () => undefined,
): Promise<VerifyReport> {
  if (!hasLedger(folder)) {
    const message = `${printable(folder)} holds no ledger.ndjson: it is neither a data folder nor an export. Nothing was verified.`;
    throw new WeirError('FILE_UNREADABLE', message);
  }
  try {
    return await new Verifier(folder, witness).run(progress);
  } catch (error) {
    const message = `${printable(folder)} cannot be read (${systemCode(error) ?? String(error)}). Nothing was verified.`;
    throw new WeirError('FILE_UNREADABLE', message, { cause: error });
  }
}

/** Between two renames a volume is full, and the next one not there yet. */
function hasLedger(folder: string): boolean {
  const stat = statBelow(folder, LEDGER_FILE);
  if (stat !== undefined) return stat.isFile();
  return fs.existsSync(folder) && fullVolumes(fs.readdirSync(folder)).length > 0;
}

class Verifier {
  readonly #folder: string;
  readonly #witness: Witness;
  readonly #findings = new VerifyFindings();
  #appliance = '';
  #key: KeyObject | undefined;
  #fingerprint = '';
  #custody: CustodyRecord | undefined;

  constructor(folder: string, witness: Witness) {
    this.#folder = folder;
    this.#witness = witness;
  }

  async run(progress: VerifyProgress): Promise<VerifyReport> {
    this.#readAppliance();
    this.#readCustody();
    const running = this.#custody === undefined && isHeld(this.#folder);
    // Head and folder before the ledger: where capture runs, the ledger may only know more than they do.
    const head = this.#readHead();
    const found = await scanCaptures(path.join(this.#folder, 'captures'));
    const isExport = this.#custody !== undefined;
    const isSigned = (text: string, signature: unknown): boolean => this.#signed(text, signature);
    const question = {
      folder: this.#folder,
      head,
      isSigned,
      isExport,
      isRunning: running,
      witness: this.#witness.head,
    };
    const ledger = new VerifyLedger(question, this.#findings);
    await ledger.check();
    const files = new VerifyFiles(this.#folder, ledger, this.#custody, running, this.#findings);
    await files.check(found, this.#appliance, progress);
    this.#checkCustody(ledger);
    this.#checkLinks(['ledger.head', ...ledger.end.spans.map(({ file }) => path.basename(file))]);
    await this.#checkManifest();
    return this.#report(ledger, files, running);
  }

  #report(ledger: VerifyLedger, files: VerifyFiles, running: boolean): VerifyReport {
    const { problems, warnings } = this.#findings;
    const { lines, head } = ledger.covered.chain;
    return {
      ok: problems.length === 0,
      kind: this.#custody === undefined ? 'appliance' : 'export',
      appliance: this.#appliance,
      key: this.#fingerprint,
      format: ledger.format,
      earlierFormats: ledger.earlierFormats,
      files: files.files,
      bytes: files.bytes,
      ledgerLines: ledger.end.chain.lines,
      omittedLines: ledger.omitted,
      seals: ledger.seals,
      head: { lines, head, ts: ledger.headTs },
      running,
      problems,
      warnings,
      unknown: this.#unknown(),
      unsynced: ledger.unsynced,
      corrections: ledger.corrections.all,
    };
  }

  /** A head kept elsewhere proves the history up to it; a key kept elsewhere proves who signed. */
  #unknown(): string[] {
    const { head, key } = this.#witness;
    const unknown: string[] = [];
    if (head === undefined && key === undefined) {
      unknown.push(
        'whose key this is: anyone who recreated all of this with another key would pass; compare the fingerprint that page, MQTT or `weir status` showed (--key)',
      );
    }
    if (head === undefined) {
      unknown.push(
        'whether more was recorded: a folder set back to an earlier signed head, exports hold such, would pass and hide what came after it; a head kept elsewhere (MQTT, a printed status) reveals it (--head)',
      );
    }
    return unknown;
  }

  #readAppliance(): void {
    const { id, public_key: text } = readRegularJson(path.join(this.#folder, 'appliance.json'), MAX_SMALL_BYTES) ?? {};
    if (typeof id === 'string') this.#appliance = id;
    if (typeof text === 'string') this.#key = decodeKey(text);
    if (this.#key === undefined || typeof text !== 'string') {
      this.#findings.problem('unreadable', 'appliance.json', 'there is no readable public key');
      return;
    }
    this.#fingerprint = keyFingerprint(text) ?? '';
    const { key } = this.#witness;
    if (key === undefined || this.#fingerprint.startsWith(key)) return;
    this.#findings.problem(
      'signature',
      'appliance.json',
      `the key is ${this.#fingerprint}, not the one that was named`,
    );
  }

  #readCustody(): void {
    if (fs.lstatSync(path.join(this.#folder, 'custody.json'), { throwIfNoEntry: false }) === undefined) return;
    this.#custody = parseCustody(readRegularJson(path.join(this.#folder, 'custody.json'), MAX_CUSTODY_BYTES));
    if (this.#custody === undefined) {
      this.#findings.problem('unreadable', 'custody.json', 'it is not a custody record');
    }
  }

  #readHead(): SignedHead | undefined {
    const stat = fs.lstatSync(path.join(this.#folder, 'ledger.head'), { throwIfNoEntry: false });
    if (stat === undefined) {
      this.#findings.problem('missing', 'ledger.head', 'the signed end of the ledger is not there');
      return undefined;
    }
    const head = stat.isFile() ? parseHead(this.#text('ledger.head', MAX_SMALL_BYTES)) : undefined;
    if (head === undefined) this.#findings.problem('altered', 'ledger.head', 'it is not a signed head');
    else if (!this.#signed(headText(head), head.signature)) {
      this.#findings.problem('signature', 'ledger.head', 'the signature is not the appliance’s');
      return undefined;
    }
    return head;
  }

  #checkLinks(names: readonly string[]): void {
    for (const name of names)
      if ((statBelow(this.#folder, name)?.nlink ?? 1) > 1) this.#findings.warn('linked', name, OTHER_NAME);
  }

  /** What an export says of itself must be what its ledger says, and all of it where all was taken. */
  #checkCustody(ledger: VerifyLedger): void {
    const custody = this.#custody;
    if (custody === undefined) return;
    const said = custody.ledger;
    const { lines, head } = ledger.end.chain;
    if (said.lines !== lines || said.head_sha256 !== head) {
      const detail = 'the ledger does not end where the custody record says';
      this.#findings.problem('altered', 'ledger.ndjson', detail);
    }
    if ((said.omitted ?? 0) !== ledger.omitted) {
      const detail = `${ledger.omitted} lines are left out, the custody record says ${said.omitted}`;
      this.#findings.problem('altered', 'ledger.ndjson', detail);
    }
    if (custody.appliance !== this.#appliance) {
      const detail = `it is of appliance ${printable(custody.appliance)}`;
      this.#findings.problem('altered', 'custody.json', detail);
    }
    const { devices, phases, from, to } = custody.selection;
    if (devices.length + phases.length > 0 || from !== null || to !== null) return;
    const listed = new Set(custody.files.map((file) => file.path));
    for (const { path: name, state } of ledger.state.segments.values()) {
      if (state !== 'closed' || listed.has(name)) continue;
      this.#findings.problem('missing', `captures/${name}`, 'everything was exported, but not this');
    }
    if (ledger.omitted > 0) {
      this.#findings.problem('missing', 'ledger.ndjson', 'everything was exported, yet lines are left out');
    }
  }

  /** An export's list of files, as `sha256sum -c` reads it, and its detached signature. */
  async #checkManifest(): Promise<void> {
    if (this.#custody === undefined) return;
    if (statBelow(this.#folder, 'SHA256SUMS')?.isFile() !== true) {
      return this.#findings.problem('missing', 'SHA256SUMS', 'an export has a list of its files');
    }
    const manifest = this.#text('SHA256SUMS', MAX_CUSTODY_BYTES);
    if (statBelow(this.#folder, 'SHA256SUMS.minisig')?.isFile() !== true) {
      this.#findings.problem('signature', 'SHA256SUMS.minisig', 'the export is not signed: anybody can have made it');
    } else if (!this.#isManifestSigned(manifest)) {
      this.#findings.problem('signature', 'SHA256SUMS', 'the signature is not the appliance’s');
    }
    await this.#checkListed(manifest);
  }

  #isManifestSigned(manifest: string): boolean {
    const signature = this.#text('SHA256SUMS.minisig', MAX_SMALL_BYTES);
    return this.#key !== undefined && checkSignature(Buffer.from(manifest), signature, this.#key);
  }

  async #checkListed(manifest: string): Promise<void> {
    const listed = new Set<string>();
    for (const line of manifest.split('\n')) {
      const [sha256 = '', name = ''] = line.split('  ');
      listed.add(name);
      // Segments were checked against the ledger; only files of our own making are followed.
      if (name === '' || name.startsWith('captures/')) continue;
      const file = path.basename(name);
      const stat = statBelow(this.#folder, file);
      const isReadable = stat?.isFile() === true && stat.size <= MAX_LEDGER_BYTES;
      const actual = isReadable
        ? await hashFile(path.join(this.#folder, file)).catch(orElse('', 'reading a ledger', ...UNREADABLE, 'EIO'))
        : '';
      if (actual !== sha256)
        this.#findings.problem('altered', printable(name), `it is not the file with SHA-256 ${printable(sha256, 64)}`);
    }
    for (const name of ['appliance.json', 'custody.json', 'ledger.head', 'ledger.ndjson']) {
      if (!listed.has(name)) this.#findings.problem('missing', 'SHA256SUMS', `${name} is not in the list`);
    }
  }

  #signed(text: string, signature: unknown): boolean {
    return this.#key !== undefined && isSignedBy(this.#key, text, signature);
  }

  /** Empty for what cannot be read. */
  #text(name: string, maxBytes: number): string {
    try {
      return readRegular(path.join(this.#folder, name), maxBytes);
    } catch (thrown) {
      expectOnly(thrown, 'reading a small file', ...UNREADABLE, 'EIO');
      return '';
    }
  }
}

function decodeKey(text: string): KeyObject | undefined {
  try {
    return decodePublicKey(text);
  } catch (thrown) {
    expectOnly(thrown, 'reading a public key', /^ERR_OSSL|^ERR_CRYPTO/);
    return undefined;
  }
}
