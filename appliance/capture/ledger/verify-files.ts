// verify's look at the captures folder: every file against its line, and every line against its file. Opens only what is a path
// of capture's own making, and a regular file; reveals no hash of anything else.

import path from 'node:path';
import { type DeviceKey, deviceFolder } from '../../model/mac.ts';
import { isSegmentPath } from '../../model/segment.ts';
import { printable } from '../../model/text.ts';
import { hashFile } from '../evidence/file-hash.ts';
import { sidecarPath } from '../evidence/segment.ts';
import type { FoundFile } from '../storage/folder-scan.ts';
import { readRegularJson, statBelow } from '../storage/regular-file.ts';
import type { CustodyRecord } from './custody.ts';
import type { LedgerSegment } from './ledger-state.ts';
import type { VerifyLedger } from './verify-ledger.ts';
import type { VerifyFindings } from './verify-report.ts';

/** Called before each file: what is checked so far, of the segments that must be there. */
export type VerifyProgress = (done: { readonly files: number; readonly of: number }) => void;

/** No segment is larger, whatever is set. */
const MAX_SEGMENT_BYTES = 4 * 1024 * 1024 * 1024;
/** Bytes of one sidecar; a larger one is reported as altered. */
const MAX_SIDECAR_BYTES = 1024 * 1024;

export const OTHER_NAME = 'it has another name elsewhere, by which it can be changed';

export class VerifyFiles {
  readonly #folder: string;
  readonly #ledger: VerifyLedger;
  readonly #custody: CustodyRecord | undefined;
  readonly #findings: VerifyFindings;
  readonly #isRunning: boolean;
  files = 0;
  bytes = 0;

  constructor(
    folder: string,
    ledger: VerifyLedger,
    custody: CustodyRecord | undefined,
    isRunning: boolean,
    findings: VerifyFindings,
  ) {
    this.#folder = folder;
    this.#ledger = ledger;
    this.#custody = custody;
    this.#isRunning = isRunning;
    this.#findings = findings;
  }

  /** `found`: the folder as it was before the ledger was read. */
  async check(found: readonly FoundFile[], appliance: string, progress: VerifyProgress): Promise<void> {
    const present = new Set(found.map((file) => file.path));
    const expected = [...this.#expected()];
    for (const [files, segment] of expected.entries()) {
      progress({ files, of: expected.length });
      await this.#checkSegment(segment, appliance);
    }
    for (const file of found) this.#checkExtra(file);
    if (this.#custody !== undefined) return;
    this.#checkOpen(present);
    this.#checkForgotten();
  }

  /** Nothing is hidden by a deletion that has not happened: who reads the folder now hears of it. */
  #checkForgotten(): void {
    const { segments, forgotten } = this.#ledger.state;
    const left = new Map<DeviceKey, number>();
    for (const { device, seq } of forgotten.size === 0 ? [] : segments.values())
      if (seq <= (forgotten.get(device) ?? -1)) left.set(device, (left.get(device) ?? 0) + 1);
    for (const [device, count] of left) {
      const detail = `the ledger says that the device is forgotten, and ${count} of its segments are listed; capture deletes them`;
      this.#findings.warn('unfinished', `captures/${deviceFolder(device)}`, detail);
    }
  }

  /** What must be there: all closed segments, or in an export those of the custody record. */
  *#expected(): Iterable<LedgerSegment> {
    const { segments } = this.#ledger.state;
    if (this.#custody === undefined) {
      for (const segment of segments.values()) if (segment.state === 'closed') yield segment;
      return;
    }
    for (const { path: name } of this.#custody.files) {
      const segment = segments.get(name);
      if (segment?.state === 'closed') yield segment;
      else
        this.#findings.problem('extra', `captures/${printable(String(name))}`, 'the ledger does not know it as closed');
    }
  }

  async #checkSegment(segment: LedgerSegment, appliance: string): Promise<void> {
    const where = `captures/${segment.path}`;
    const sidecar = sidecarPath(segment.path);
    await this.#checkHash(where, segment.sha256, Math.min(segment.bytes, MAX_SEGMENT_BYTES), true);
    // A sidecar that was altered is no witness against anybody else.
    if (!(await this.#checkHash(`captures/${sidecar}`, segment.sidecarSha256, MAX_SIDECAR_BYTES, false))) return;
    const said = readRegularJson(path.join(this.#folder, 'captures', sidecar), MAX_SIDECAR_BYTES)?.['appliance'];
    if (typeof said === 'string' && said !== appliance) {
      this.#findings.problem('altered', 'appliance.json', `the segments are of appliance ${printable(said)}`);
    }
  }

  /** True for a file that is there as it was recorded; anything else is reported. */
  async #checkHash(where: string, sha256: string, bytes: number, isExact: boolean): Promise<boolean> {
    const stat = statBelow(this.#folder, where);
    if (stat === undefined) return this.#accuse('missing', where, 'the ledger says that it is there');
    if (!stat.isFile()) return this.#accuse('unreadable', where, 'it is no plain file; it was not opened');
    this.files++;
    this.bytes += stat.size;
    if (stat.nlink > 1) this.#findings.warn('linked', where, OTHER_NAME);
    if (stat.size > bytes || (isExact && stat.size !== bytes)) {
      return this.#accuse('altered', where, `it has ${stat.size} bytes, recorded were ${bytes}`);
    }
    const actual = await hashFile(path.join(this.#folder, where)).catch((error: unknown) => String(error));
    if (actual === sha256) return true;
    if (actual.length !== 64) return this.#accuse('unreadable', where, actual);
    return this.#accuse('altered', where, `SHA-256 is another one, recorded was ${printable(String(sha256), 64)}`);
  }

  #accuse(kind: 'missing' | 'unreadable' | 'altered', where: string, detail: string): false {
    this.#findings.problem(kind, where, detail);
    return false;
  }

  #checkExtra(file: FoundFile): void {
    const where = `captures/${printable(file.path)}`;
    const pcap = file.path.replace(/\.json$/, '.pcap').replace(/\.part$/, '');
    const { segments, deleted } = this.#ledger.state;
    const state = segments.get(pcap)?.state;
    const { isUnended } = this.#ledger;
    if (file.kind === 'foreign' || file.kind === 'temporary') {
      this.#findings.warn('foreign', where, 'capture did not make it');
    } else if (file.kind === 'part') this.#checkPart(pcap, where);
    else if (state === 'open') this.#findings.warn('unfinished', where, 'closed, but the ledger does not say so yet');
    else if (state === 'deleting' && isUnended) this.#findings.warn('unfinished', where, 'its deletion has begun');
    else if (state === 'deleting') this.#findings.problem('contradiction', where, 'the ledger says that it is deleted');
    else if (state !== undefined) return;
    else if (!deleted.has(file.seq)) this.#findings.problem('extra', where, 'the ledger does not know it');
    else if (isUnended) this.#findings.warn('unfinished', where, 'its deletion is not on the card yet');
    else this.#findings.problem('contradiction', where, 'the ledger says that it was deleted');
  }

  #checkPart(pcap: string, where: string): void {
    const { segments } = this.#ledger.state;
    const isBeside = segments.get(pcap)?.state === 'closed' || !isSegmentPath(pcap);
    if (isBeside) this.#findings.problem('extra', where, 'an open file next to a segment that was closed');
    else if (this.#ledger.isUnended) {
      this.#findings.warn('open', where, 'still open: capture runs, or ended without closing it');
    } else this.#findings.problem('contradiction', where, 'an open file, though capture was stopped');
  }

  /** What was opened is closed, or empty, or open now. */
  #checkOpen(present: ReadonlySet<string>): void {
    for (const { path: name, state } of this.#ledger.state.segments.values()) {
      if (state !== 'open' || this.#isRunning) continue;
      const isThere = present.has(name) || present.has(`${name}.part`);
      const where = `captures/${name}`;
      if (this.#ledger.isLeftOpen(name)) {
        this.#findings.problem('contradiction', where, 'opened by a run that is over, and never closed');
      } else if (!isThere) this.#findings.warn('unfinished', where, 'opened at last, but no such file is there');
    }
  }
}
