// What a start does first: turns what the last run left behind into valid evidence, and records in the ledger what it found.
// Nothing whole is thrown away and nothing half is kept.

import fs from 'node:fs';
import path from 'node:path';
import type { CustodyCode } from '../../model/custody-findings.ts';
import { systemCode } from '../../model/errors.ts';
import type { SegmentSidecar } from '../../model/segment.ts';
import { parseSegmentFile } from '../../model/segment.ts';
import { type ClockState, formatSeconds } from '../../model/time/clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { lineHash } from '../ledger/ledger-chain.ts';
import type { LedgerSegment, LedgerState } from '../ledger/ledger-state.ts';
import type { EvidenceDisk } from '../storage/disk.ts';
import { writeDurably } from '../storage/durable-file.ts';
import type { FoundFile } from '../storage/folder-scan.ts';
import { sidecarPath } from './segment.ts';
import type { SegmentFacts } from './segment-services.ts';
import { type SegmentSurvey, surveySegment } from './segment-survey.ts';
import { findSidecar, keepBeside } from './sidecar-file.ts';

export interface RecoveryServices {
  readonly disk: EvidenceDisk;
  readonly capturesFolder: string;
  /** What lies there. */
  readonly found: readonly FoundFile[];
  readonly ledger: Ledger;
  /** Of the ledger, as it grows. */
  readonly state: LedgerState;
  readonly facts: SegmentFacts;
  readonly clockState: () => ClockState;
  /** The last run ended without a stop: the ledger may lack its last moments. */
  readonly crashed: boolean;
  /** The highest segment number that the ledger names. */
  readonly knownSeq: number;
}

export interface RecoveryReport {
  readonly closed: number;
  readonly removed: number;
  readonly findings: number;
  /** Newest packet of the segments that had to be closed. */
  readonly newestNs: bigint | null;
}

/** Walks the folder and the ledger's segments against each other. A file that cannot be treated is reported and left. */
export async function recover(services: RecoveryServices): Promise<RecoveryReport> {
  const recovery = new Recovery(services);
  const { found } = services;
  // Treating a file changes what the state says of it.
  const known = [...services.state.segments.values()];
  for (const file of found) await recovery.treat(file);
  recovery.missing(known);
  await services.ledger.sync();
  return recovery.report;
}

/** What is left as it is; verify sees for itself. */
type LeftCode = 'FOREIGN_FILE' | 'RECOVERY_FAILED' | 'SEGMENT_MISSING' | 'SIDECAR_ORPHAN' | 'SEGMENT_DAMAGED';

/** Numbers in names have twelve digits at most, and the next one follows the highest: a file that was added must not use them up. */
const MAX_UNKNOWN_SEQ = 1_000_000_000;

/** Whether a file may have this number, though the ledger names none so high: a crash, or a lost ledger. */
export function isNumberLikely(seq: number, knownSeq: number): boolean {
  return seq <= Math.max(knownSeq, MAX_UNKNOWN_SEQ);
}

class Recovery {
  readonly #services: RecoveryServices;
  /** Paths of what was found. */
  readonly #present: ReadonlySet<string>;
  #closed = 0;
  #removed = 0;
  #findings = 0;
  #newestNs: bigint | null = null;

  constructor(services: RecoveryServices) {
    this.#services = services;
    this.#present = new Set(services.found.map((file) => file.path));
  }

  get report(): RecoveryReport {
    return { closed: this.#closed, removed: this.#removed, findings: this.#findings, newestNs: this.#newestNs };
  }

  async treat(file: FoundFile): Promise<void> {
    try {
      if (file.kind !== 'foreign' && !isNumberLikely(file.seq, this.#services.knownSeq))
        this.#find('FILE_ADDED', `${file.path} has a number that capture never came to; it is left as it is`);
      else if (file.kind === 'part') await this.#closePart(file);
      else if (file.kind === 'segment') await this.#checkFinal(file);
      else if (file.kind === 'sidecar') await this.#checkSidecar(file);
      else if (file.kind === 'temporary') await this.#remove(file.path);
      else this.#find('FOREIGN_FILE', `${file.path} is nothing that capture made; it is left alone`);
    } catch (error) {
      this.#find('RECOVERY_FAILED', `${file.path}: ${systemCode(error) ?? String(error)}; it is left as it is`);
    }
  }

  /** Segments that the ledger knows and the folder does not have. */
  missing(known: readonly LedgerSegment[]): void {
    for (const segment of known) {
      if (this.#present.has(segment.path)) continue;
      if (this.#present.has(`${segment.path}.part`) && segment.state !== 'closed') continue;
      if (segment.state === 'closed')
        this.#find('SEGMENT_MISSING', `${segment.path} is closed in the ledger but not there`);
      else if (segment.state === 'deleting') this.#append(segment, 'segment-deleted');
      else this.#append(segment, 'segment-empty');
    }
  }

  async #closePart(file: FoundFile): Promise<void> {
    const absolute = path.join(this.#services.capturesFolder, file.path);
    const finalPath = file.path.slice(0, -'.part'.length);
    if (this.#isBeside(finalPath)) {
      return this.#find('FILE_BESIDE', `${file.path} is next to a closed segment of that name; it is left as it is`);
    }
    const survey = await surveySegment(absolute, file.device ?? '', new Set(this.#infraOf(finalPath)));
    if (survey.packets === 0) return this.#dropEmpty(file, survey, finalPath);
    const handle = await this.#services.disk.open(absolute);
    try {
      if (survey.keptBytes < survey.fileBytes) await handle.truncate(survey.keptBytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await this.#services.disk.rename(absolute, absolute.slice(0, -'.part'.length));
    await this.#services.disk.syncFolder(path.dirname(absolute));
    await this.#describe(finalPath, survey, survey.fault ?? 'the last run did not close it');
  }

  /** A segment is closed once: nothing takes the place of a file that is final, or is said to be. */
  #isBeside(finalPath: string): boolean {
    if (this.#services.state.segments.get(finalPath)?.state === 'closed') return true;
    return fs.lstatSync(path.join(this.#services.capturesFolder, finalPath), { throwIfNoEntry: false }) !== undefined;
  }

  /** A file that no line opened becomes evidence, and it is said for ever where it came from. */
  #tellFound(finalPath: string, seq: number): void {
    // What was opened in the last moments before a crash may have lost its line; nothing else may.
    const isHonest = this.#services.crashed && seq > this.#services.knownSeq;
    const detail = `${finalPath} was found: no line of the ledger opened it`;
    if (isHonest) this.#find('FILE_FOUND', `${detail}; the end of the run before may have taken that line`);
    else this.#find('FILE_ADDED', `${detail}, though the run before lost none`);
  }

  /** No whole packet: a file of zeros or a bare header says nothing; anything else is kept aside for a person to look at. */
  async #dropEmpty(file: FoundFile, survey: SegmentSurvey, finalPath: string): Promise<void> {
    const { ledger, disk, capturesFolder } = this.#services;
    const reason = survey.fault ?? 'no packet';
    const aside = survey.fileBytes > 24 && survey.fault !== 'zero_tail' && survey.format === null;
    const absolute = path.join(capturesFolder, file.path);
    if (aside) await disk.rename(absolute, `${absolute}.damaged`);
    else await disk.remove(absolute);
    this.#removed++;
    ledger.append({ type: 'recovered', path: finalPath, kept_bytes: 0, removed_bytes: survey.fileBytes, reason });
    const name = parseSegmentFile(path.basename(finalPath));
    if (name === undefined) return;
    ledger.append({ type: 'segment-empty', device: name.device, seq: name.seq, path: finalPath });
  }

  /** A final file: is its closing recorded completely? */
  async #checkFinal(file: FoundFile): Promise<void> {
    const known = this.#services.state.segments.get(file.path);
    if (known?.state === 'closed') return;
    const absolute = path.join(this.#services.capturesFolder, file.path);
    if (known?.state === 'deleting') return this.#finishDeletion(known, absolute);
    // A power cut may bring back a file whose deletion was recorded completely.
    if (known === undefined && this.#services.crashed && this.#services.state.deleted.has(file.seq)) {
      return this.#remove(file.path);
    }
    const survey = await surveySegment(absolute, file.device ?? '', new Set(this.#infraOf(file.path)));
    const sidecar = findSidecar(sidecarPath(absolute));
    if (sidecar.value === undefined) return this.#describe(file.path, survey, `the sidecar was ${sidecar.fault}`);
    const { sha256, seq, bytes } = sidecar.value;
    const isItsOwn = sha256 === survey.sha256 && seq === file.seq && bytes === survey.fileBytes;
    if (isItsOwn && sidecar.value.device === file.device) {
      return this.#recordClosed(file.path, sidecar.value, sidecar.text);
    }
    this.#find('SEGMENT_ALTERED', `${file.path} is not the file that its sidecar describes; both are left as they are`);
  }

  async #finishDeletion(segment: LedgerSegment, absolute: string): Promise<void> {
    await this.#services.disk.remove(absolute);
    if (fs.existsSync(sidecarPath(absolute))) await this.#services.disk.remove(sidecarPath(absolute));
    this.#append(segment, 'segment-deleted');
  }

  async #checkSidecar(file: FoundFile): Promise<void> {
    const pcap = file.path.replace(/\.json$/, '.pcap');
    if (this.#present.has(pcap)) return;
    const state = this.#services.state.segments.get(pcap)?.state;
    if (state === 'deleting' || this.#services.state.deleted.has(file.seq)) return this.#remove(file.path);
    this.#find('SIDECAR_ORPHAN', `${file.path} has no capture file next to it; it is left as it is`);
  }

  async #remove(relative: string): Promise<void> {
    await this.#services.disk.remove(path.join(this.#services.capturesFolder, relative));
    this.#removed++;
  }

  /** Writes the sidecar of a file that a dead run left, and its closing line. */
  async #describe(finalPath: string, survey: SegmentSurvey, why: string): Promise<void> {
    const name = parseSegmentFile(path.basename(finalPath));
    if (name === undefined || survey.format === null) return this.#find('SEGMENT_DAMAGED', `${finalPath}: ${why}`);
    const sidecarFile = sidecarPath(path.join(this.#services.capturesFolder, finalPath));
    const kept = await keepBeside(this.#services.disk, sidecarFile);
    const reason = kept === undefined ? why : `${why}; what had its sidecar's name is kept as ${kept}`;
    const removed = survey.fileBytes - survey.keptBytes;
    if (survey.lastNs !== null && survey.lastNs > (this.#newestNs ?? 0n)) this.#newestNs = survey.lastNs;
    const recovered = { kept_bytes: survey.keptBytes, removed_bytes: removed, reason };
    const sidecar: SegmentSidecar = {
      schema: 'weir.segment/1',
      ...this.#services.facts,
      infra: this.#infraOf(finalPath),
      device: name.device,
      seq: name.seq,
      file: path.basename(finalPath),
      sha256: survey.sha256,
      bytes: survey.keptBytes,
      packets: survey.packets,
      first_ts: survey.firstNs === null ? null : formatSeconds(survey.firstNs),
      last_ts: survey.lastNs === null ? null : formatSeconds(survey.lastNs),
      link_type: survey.format.linkType,
      snaplen: survey.format.snapLength,
      resolution: survey.format.resolution,
      phase: name.phase,
      interaction: 'none',
      // Without them retention would spare an experiment's segments no longer.
      tags: [...(this.#services.state.segments.get(finalPath)?.tags ?? [])].toSorted(),
      shared_packets: survey.sharedPackets,
      shared_bytes: survey.sharedBytes,
      lost_disk: 0,
      lost_queue: 0,
      dropped_kernel: null,
      opened: this.#openedState(finalPath),
      closed: this.#services.clockState(),
      cut: 'recovered',
      previous_sha256: this.#services.state.newest.get(name.device) ?? null,
      recovered,
    };
    const text = `${JSON.stringify(sidecar, null, 1)}\n`;
    await writeDurably(this.#services.disk, sidecarFile, text);
    this.#services.ledger.append({ type: 'recovered', path: finalPath, ...recovered });
    this.#recordClosed(finalPath, sidecar, text);
  }

  /** The access point's addresses of that time, as the opening line names them. */
  #infraOf(finalPath: string): readonly string[] {
    return this.#services.state.segments.get(finalPath)?.infra ?? this.#services.facts.infra;
  }

  #openedState(finalPath: string): ClockState {
    const head = this.#services.state.segments.get(finalPath)?.opened;
    const unknown = { boot_id: 'unknown', synced: 'unknown', source: 'ledger', max_error_seconds: null } as const;
    if (head === undefined || head === null) return { boot: 0, monotonic_ns: '0', wall: '0', ...unknown };
    return { boot: head.boot, monotonic_ns: head.monotonic_ns, wall: head.ts, ...unknown };
  }

  #recordClosed(finalPath: string, sidecar: SegmentSidecar, text: string): void {
    const { device, seq, sha256, bytes, packets, cut } = sidecar;
    const closed = { device, seq, path: finalPath, sha256, bytes, packets, cut, sidecar_sha256: lineHash(text) };
    const isKnown = this.#services.state.segments.has(finalPath);
    this.#services.ledger.append({ type: 'segment-closed', ...closed });
    if (!isKnown) this.#tellFound(finalPath, seq);
    this.#closed++;
  }

  #append(segment: LedgerSegment, type: 'segment-deleted' | 'segment-empty'): void {
    const { device, seq, path: segmentPath, sha256 } = segment;
    if (type === 'segment-empty') this.#services.ledger.append({ type, device, seq, path: segmentPath });
    else this.#services.ledger.append({ type, path: segmentPath, sha256, reason: 'deletion finished at start' });
  }

  #find(code: CustodyCode | LeftCode, detail: string): void {
    this.#findings++;
    this.#services.ledger.append({ type: 'finding', code, detail });
  }
}
