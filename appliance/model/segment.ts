// One pcap file of one device, from its first packet to its cut: what it is called and what its sidecar says.
// Written by capture/, read by store/, experiment/ and the CLI. CONVENTIONS §4.

import type { DeviceKey } from './mac.ts';
import { deviceFolder, parseDevice } from './mac.ts';
import type { Interaction, Phase } from './phase.ts';
import { isPhase } from './phase.ts';
import type { ClockState } from './time/clock.ts';
import { formatCompactUtc } from './time/clock.ts';

/** Why a segment ended. */
export const CUT_REASONS = [
  'hour',
  'size',
  'phase',
  'command',
  'silent',
  'clock_step',
  'stop',
  'error',
  'engine',
  'recovered',
] as const;
export type CutReason = (typeof CUT_REASONS)[number];

/** Everything but this counts only what left the capture engine. `null` means unknown, never zero. */
export interface SegmentSidecar {
  readonly schema: 'weir.segment/1';
  readonly appliance: string;
  readonly device: DeviceKey;
  /** Rises by one with every segment of the appliance, over restarts; with `boot` it is the order of evidence. */
  readonly seq: number;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly packets: number;
  readonly first_ts: string | null;
  readonly last_ts: string | null;
  readonly link_type: number;
  readonly snaplen: number;
  readonly resolution: 'ns' | 'us';
  readonly filter: string;
  readonly engine: string;
  readonly timestamps: 'kernel' | 'userspace' | 'file';
  readonly phase: Phase;
  readonly interaction: Interaction;
  readonly tags: readonly string[];
  /** MACs of the access point and its uplink while capturing: frames from them belong to the receiver. */
  readonly infra: readonly string[];
  /** Frames of this file that are also in the file of their sender: totals leave them out (DESIGN §4, attribution). */
  readonly shared_packets: number;
  readonly shared_bytes: number;
  /**
   * Bytes of this file that are such copies, by sender (`_overflow`: of many), where it is at least 64 KiB of one; retention charges
   * them to the sender. Missing in sidecars of before and of recovery.
   */
  readonly shared_from?: Readonly<Record<string, number>>;
  /** Of this device, while this segment was open. */
  readonly lost_disk: number;
  readonly lost_queue: number;
  /** Of the whole engine while this segment was open; not divisible by device. */
  readonly dropped_kernel: number | null;
  readonly opened: ClockState;
  readonly closed: ClockState;
  readonly cut: CutReason;
  readonly version: string;
  readonly config_sha256: string;
  /** `sha256` of the segment of this device before this one; null for the first. */
  readonly previous_sha256: string | null;
  /** Set when recovery closed it: what was found. */
  readonly recovered: null | { readonly kept_bytes: number; readonly removed_bytes: number; readonly reason: string };
}

export interface SegmentName {
  readonly device: DeviceKey;
  readonly startNs: bigint;
  readonly seq: number;
  readonly phase: Phase;
}

/** Path relative to the captures folder, without `.part`: `<mac>/<yyyy>/<mm>/<dd>/<mac>_<utc>_<seq>_<phase>.pcap`. */
export function segmentPath(name: SegmentName): string {
  const folder = deviceFolder(name.device);
  const utc = formatCompactUtc(name.startNs);
  const seq = String(name.seq).padStart(8, '0');
  return `${folder}/${utc.slice(0, 4)}/${utc.slice(4, 6)}/${utc.slice(6, 8)}/${folder}_${utc}_${seq}_${name.phase}.pcap`;
}

const FILE_NAME =
  /^(_infra|_overflow|(?:[0-9a-f]{2}-){5}[0-9a-f]{2})_(\d{8}T\d{6}Z)_(\d{8,12})_([a-z]+)\.pcap(\.part)?$/;

/** What a segment's file name says; undefined for a name that capture did not make. */
export function parseSegmentFile(
  fileName: string,
): { device: DeviceKey; utc: string; seq: number; phase: Phase; open: boolean } | undefined {
  const match = FILE_NAME.exec(fileName);
  if (match === null) return undefined;
  const [, folder = '', utc = '', seq = '', phase = '', part] = match;
  const device = parseDevice(folder);
  if (device === undefined || !isPhase(phase)) return undefined;
  return { device, utc, seq: Number(seq), phase, open: part !== undefined };
}

/** Whether a text is a path that `segmentPath` makes: the only ones that are ever opened on a ledger's word. */
export function isSegmentPath(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const [folder, year = '', month = '', day = '', file = '', ...more] = text.split('/');
  const name = parseSegmentFile(file);
  if (name === undefined || name.open || more.length > 0) return false;
  return folder === deviceFolder(name.device) && name.utc.startsWith(`${year}${month}${day}T`) && month.length === 2;
}
