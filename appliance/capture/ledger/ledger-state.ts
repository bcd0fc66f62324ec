// What a ledger adds up to: which segments it says exist, the phase, the open tags, where counting goes on. A fold over lines,
// used at start, by retention and by verify.

import { type LedgerHead, type LedgerLine, pauseReason } from '../../model/ledger.ts';
import type { DeviceKey } from '../../model/mac.ts';
import type { Interaction, Phase } from '../../model/phase.ts';
import { parseSegmentFile } from '../../model/segment.ts';
import { Acquaintances } from '../storage/acquaintances.ts';
import { NumberRanges } from './number-ranges.ts';

export interface LedgerSegment {
  readonly device: DeviceKey;
  readonly seq: number;
  readonly path: string;
  /** Head of the line that opened it. */
  readonly opened: LedgerHead | null;
  /** The access point's addresses while it was written. */
  readonly infra: readonly string[];
  /** Of the recordings that were going on while it was open; absent where there was none, and once it is closed. */
  tags?: Set<string>;
  state: 'open' | 'closed' | 'deleting';
  sha256: string;
  sidecarSha256: string;
  bytes: number;
  packets: number;
}

export interface LedgerTag {
  readonly tag: string;
  readonly device: DeviceKey | null;
  readonly owner: string;
  readonly since: string;
}

/**
 * Written by recovery before a start, some of them also while capturing, where lines of other types follow soon. A seal claims no
 * time of its own: what it seals does.
 */
const RECOVERY_LINES: ReadonlySet<string> = new Set([
  'recovered',
  'finding',
  'segment-closed',
  'segment-empty',
  'segment-deleted',
  'seal',
  'volume',
  'volume-state',
]);

export class LedgerState {
  /** By path; deleted and empty ones are gone. */
  readonly segments = new Map<string, LedgerSegment>();
  /** Numbers of those deleted, all there ever were: hundreds of thousands, where a path each would fill capture's 64 MB. */
  readonly deleted = new NumberRanges();
  readonly tags = new Map<string, LedgerTag>();
  readonly #open = new Map<string, LedgerSegment>();
  /** SHA-256 of each device's newest closed segment. */
  readonly newest = new Map<DeviceKey, string>();
  /** Of forgotten devices: the number up to which their segments go. */
  readonly forgotten = new Map<DeviceKey, number>();
  readonly acquaintances = new Acquaintances();
  phase: { phase: Phase; interaction: Interaction; since: string } | null = null;
  /** A pause that no line has ended yet: it covers nothing, whatever else is written meanwhile. */
  paused: { since: string; reason: string } | null = null;
  /** The highest that a start or a restored folder named; 0 where none did. */
  format = 0;
  highestSeq = 0;
  highestBoot = 0;
  lastTs: string | null = null;
  /**
   * The last moment covered by a run: a start that died before it could record the gap before it (two power cuts in a row)
   * does not move it, so that the next start records that gap too.
   */
  coveredTs: string | null = null;
  /** The newest run has recorded the gap before it. */
  covering = true;
  /** Lines that did not fit the chain, as the reader of the file counted them. */
  faults = 0;
  /** The last run said goodbye. */
  stopped = true;

  apply(line: LedgerLine): void {
    this.highestBoot = Math.max(this.highestBoot, line.boot);
    this.#cover(line);
    this.lastTs = line.ts;
    if (line.type === 'start' || line.type === 'restored') this.format = Math.max(this.format, line.format ?? 0);
    if (line.type === 'start' || line.type === 'stop') this.stopped = line.type === 'stop';
    else if (line.type === 'restored') this.highestSeq = Math.max(this.highestSeq, line.before.seq);
    else if (line.type === 'phase') this.phase = { phase: line.phase, interaction: line.interaction, since: line.ts };
    else if (line.type === 'tag-started') this.#startTag(line);
    else if (line.type === 'tag-stopped' || line.type === 'tag-cancelled') this.tags.delete(line.tag);
    else if (line.type === 'device-forgotten') this.forgotten.set(line.device, line.up_to);
    else this.#applySegment(line);
  }

  #startTag({ tag, device, owner, ts }: Omit<LedgerTag, 'since'> & Pick<LedgerHead, 'ts'>): void {
    this.tags.set(tag, { tag, device, owner, since: ts });
    for (const segment of this.#open.values()) if (device === null || device === segment.device) addTag(segment, tag);
  }

  /** From a start on nothing is covered until its gap is recorded; what recovery writes is of the run before. */
  #cover(line: LedgerLine): void {
    if (line.type === 'start') this.covering = this.coveredTs === null;
    if (line.type === 'gap') this.covering = true;
    const wasPaused = this.paused !== null;
    this.#pause(line);
    if (!this.covering || RECOVERY_LINES.has(line.type) || (wasPaused && this.paused !== null)) return;
    this.coveredTs = line.type === 'stop' ? (line.until ?? line.ts) : line.ts;
  }

  /** Ends with the gap line that records it, or with the run. */
  #pause(line: LedgerLine): void {
    if (line.type === 'paused') this.paused ??= { since: line.ts, reason: pauseReason(line.by, line.note) };
    else if (line.type === 'start' || line.type === 'stop') this.paused = null;
    else if (line.type === 'gap' && line.reason === this.paused?.reason) this.paused = null;
  }

  #applySegment(line: LedgerLine): void {
    if (line.type === 'segment-opened') this.#opened(line);
    else if (line.type === 'segment-closed') this.#close(line);
    else if (line.type === 'segment-empty') this.#forget(line.path);
    else if (line.type === 'segment-deleting') this.#deleting(line.path);
    else if (line.type === 'segment-deleted') {
      this.#forget(line.path);
      const name = parseSegmentFile(line.path.slice(line.path.lastIndexOf('/') + 1));
      if (name !== undefined) this.deleted.add(name.seq);
    }
  }

  #forget(path: string): void {
    this.segments.delete(path);
    this.#open.delete(path);
  }

  /** As a volume's beginning names it (volume-state.ts). */
  restoreSegment(segment: LedgerSegment): void {
    this.segments.set(segment.path, segment);
    if (segment.state === 'open') this.#open.set(segment.path, segment);
  }

  #opened(line: LedgerLine & { type: 'segment-opened' }): void {
    this.highestSeq = Math.max(this.highestSeq, line.seq);
    const { device, seq, path, infra } = line;
    this.acquaintances.learn(device, path, 0);
    const { n, previous, ts, boot, monotonic_ns } = line;
    const opened = { n, previous, ts, boot, monotonic_ns };
    const nothing = { sha256: '', sidecarSha256: '', bytes: 0, packets: 0 };
    const segment: LedgerSegment = { device, seq, path, opened, infra, state: 'open', ...nothing };
    for (const { tag, device: whose } of this.tags.values())
      if (whose === null || whose === device) addTag(segment, tag);
    this.segments.set(path, segment);
    this.#open.set(path, segment);
  }

  #close(line: LedgerLine & { type: 'segment-closed' }): void {
    this.highestSeq = Math.max(this.highestSeq, line.seq);
    const { device, seq, path, sha256, bytes, packets } = line;
    this.acquaintances.learn(device, path, bytes);
    const { opened = null, infra = [] } = this.segments.get(path) ?? {};
    const closed = { sha256, sidecarSha256: line.sidecar_sha256, bytes, packets };
    this.segments.set(path, { device, seq, path, opened, infra, state: 'closed', ...closed });
    this.#open.delete(path);
    this.newest.set(device, sha256);
  }

  #deleting(path: string): void {
    const segment = this.segments.get(path);
    if (segment !== undefined) segment.state = 'deleting';
  }
}

function addTag(segment: LedgerSegment, tag: string): void {
  segment.tags ??= new Set();
  segment.tags.add(tag);
}
