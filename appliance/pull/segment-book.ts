// What a ledger says of segments: every one that was ever closed, with its hashes, and which of them the appliance has deleted since.

import type { LedgerLine } from '../model/ledger.ts';
import { type DeviceKey, parseDevice } from '../model/mac.ts';
import type { Phase } from '../model/phase.ts';
import { isSegmentPath, parseSegmentFile } from '../model/segment.ts';

export interface BookedSegment {
  readonly seq: number;
  readonly device: DeviceKey;
  readonly phase: Phase;
  /** Below `captures/`; one that capture makes. */
  readonly path: string;
  readonly sha256: string;
  readonly sidecarSha256: string;
  readonly bytes: number;
  isDeleted: boolean;
}

const DAY_MS = 86_400_000;
const SHA256 = /^[0-9a-f]{64}$/;

export class SegmentBook {
  /** By path. */
  readonly segments = new Map<string, BookedSegment>();
  /** Of forgotten devices: the number up to which their segments go. */
  readonly forgotten = new Map<DeviceKey, number>();
  /** Closings that name a path or a hash that capture does not make; they are never followed. */
  strange = 0;

  /** Days (`2026-11-20`) of which the appliance has deleted captures: one that begins late in a day ends on the next. */
  daysWithDeleted(): Set<string> {
    const days = new Set<string>();
    for (const { path, isDeleted } of this.segments.values()) {
      const utc = isDeleted ? parseSegmentFile(path.slice(path.lastIndexOf('/') + 1))?.utc : undefined;
      if (utc === undefined) continue;
      const day = `${utc.slice(0, 4)}-${utc.slice(4, 6)}-${utc.slice(6, 8)}`;
      days.add(day).add(new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10));
    }
    return days;
  }

  apply(line: LedgerLine): void {
    if (line.type === 'segment-closed') this.#close(line);
    if (line.type === 'device-forgotten') this.#forget(line);
    if (line.type !== 'segment-deleting' && line.type !== 'segment-deleted') return;
    const known = this.segments.get(line.path);
    if (known !== undefined) known.isDeleted = true;
  }

  /** Gone from here on, whether or not the appliance has deleted all of them yet. */
  #forget({ device, up_to: upTo }: LedgerLine & { type: 'device-forgotten' }): void {
    const key = typeof device === 'string' ? parseDevice(device) : undefined;
    if (key === undefined || !Number.isSafeInteger(upTo)) return;
    this.forgotten.set(key, upTo);
    for (const segment of this.segments.values())
      if (segment.device === key && segment.seq <= upTo) segment.isDeleted = true;
  }

  #close({ path, seq, sha256, sidecar_sha256, bytes }: LedgerLine & { type: 'segment-closed' }): void {
    const name = isSegmentPath(path) ? parseSegmentFile(path.slice(path.lastIndexOf('/') + 1)) : undefined;
    const isSound =
      SHA256.test(sha256) && SHA256.test(sidecar_sha256) && Number.isSafeInteger(bytes) && name?.seq === seq;
    if (name === undefined || !isSound) {
      this.strange++;
      return;
    }
    const { device, phase } = name;
    // A second closing of one path is reported by verify; the first one counts.
    if (this.segments.has(path)) return;
    this.segments.set(path, {
      seq,
      device,
      phase,
      path,
      sha256,
      sidecarSha256: sidecar_sha256,
      bytes,
      // Closed after its device was forgotten.
      isDeleted: seq <= (this.forgotten.get(device) ?? -1),
    });
  }
}
