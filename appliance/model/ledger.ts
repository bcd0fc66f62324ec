// The append-only record of what happened to the evidence: one JSON object a line, each carrying the chain's hash up to the line
// before (capture/ledger/ledger-chain.ts has the rule). Written by capture/ledger/ledger.ts only; tailed by the appliance, which learns from it which files exist.

import type { CampaignEvent } from './experiment/campaign.ts';
import type { MarkedKind, WindowAbout } from './experiment/window.ts';
import type { DeviceKey } from './mac.ts';
import type { Interaction, Phase } from './phase.ts';
import type { CutReason } from './segment.ts';
import type { ClockState } from './time/clock.ts';
import type { UserIdentity } from './user-identity.ts';

/** What each line carries in addition to its own fields. `previous` of the first line is 64 zeros. */
export interface LedgerHead {
  readonly n: number;
  readonly previous: string;
  readonly ts: string;
  readonly boot: number;
  readonly monotonic_ns: string;
}

export interface CaptureCounters {
  /** Frames that the kernel offered to the engine's filter. */
  received: number | null;
  /** Lost in the kernel's ring, as the engine reports it; null where the engine cannot know. */
  dropped_kernel: number | null;
  /** Lost between the kernel's ring and capture when an engine died. */
  lost_pipe: number | null;
  /** Frames that reached capture. */
  captured: number;
  /** Frames stored at least once. A frame between two devices is stored twice and counts once. */
  written: number;
  lost_queue: number;
  lost_disk: number;
  /** None any more, and still in the sum of older ledgers: frames without a valid sender were not stored once. */
  refused: number;
  /** Of those captured: frames whose source address is a group or zero. They are stored in `_infra`. */
  sourceless: number;
  /** Self-test frames, in no other counter but `received` and `captured`. */
  canaries: number;
}

/** What the lines before a volume add up to, but for its long lists. Times are decimal seconds since 1970. */
export interface VolumeState {
  readonly highest_seq: number;
  readonly highest_boot: number;
  readonly last_ts: string | null;
  readonly covered_ts: string | null;
  readonly covering: boolean;
  readonly stopped: boolean;
  readonly paused: { readonly since: string; readonly reason: string } | null;
  readonly phase: { readonly phase: Phase; readonly interaction: Interaction; readonly since: string } | null;
}

/** The long lists: capture/ledger/volume-state.ts says what a row of each holds. */
export type VolumePart = 'segments' | 'deleted' | 'tags' | 'newest' | 'known' | 'newcomers' | 'forgotten';

export type LedgerEvent =
  | {
      readonly type: 'start';
      /** Of the ledger from here on; absent before 3 (EVIDENCE.md). */
      readonly format?: number;
      /** Fingerprint of the public key that signs from here on. */
      readonly key?: string;
      readonly version: string;
      readonly config_sha256: string;
      readonly engine: string;
      readonly interface: string;
      readonly clock: ClockState;
    }
  | {
      readonly type: 'stop';
      readonly reason: string;
      readonly counters: CaptureCounters;
      readonly clock: ClockState;
      /** When the engine was asked to stop: what came while segments were being closed is claimed by nobody. */
      readonly until?: string;
    }
  /**
   * First line of a data folder that `weir restore` made: whose key it carries, and where the ledger ended that the backup was made of.
   * That one may have gone on: from here there are two histories. `moved`: the machine of before gave its key away.
   */
  | {
      readonly type: 'restored';
      readonly format: number;
      readonly key: string;
      readonly version: string;
      readonly backup_sha256: string;
      readonly backup_created: string;
      readonly moved: boolean;
      readonly before: { readonly lines: number; readonly head: string; readonly boot: number; readonly seq: number };
    }
  /**
   * Somebody asked that a device be forgotten: its segments up to number `up_to` go, and with them every figure of it. Lines of the ledger
   * that name its address stay, this one too: a chain that could lose lines would prove nothing.
   */
  | {
      readonly type: 'device-forgotten';
      readonly device: DeviceKey;
      readonly up_to: number;
      readonly by: string;
      readonly reason: string;
    }
  /** `weir move` takes the key away: nothing is signed here any more. */
  | { readonly type: 'moved'; readonly by: string }
  | { readonly type: 'device'; readonly device: DeviceKey }
  | {
      readonly type: 'segment-opened';
      readonly device: DeviceKey;
      readonly seq: number;
      readonly path: string;
      readonly phase: Phase;
      /** As in the sidecar, which is not there yet: a reader that tails the open file must know which frames are shared. */
      readonly infra: readonly string[];
    }
  | {
      readonly type: 'segment-closed';
      readonly device: DeviceKey;
      readonly seq: number;
      readonly path: string;
      readonly sha256: string;
      readonly bytes: number;
      readonly packets: number;
      readonly cut: CutReason;
      readonly sidecar_sha256: string;
    }
  /** An opened segment that held no packet: its file is gone. */
  | { readonly type: 'segment-empty'; readonly device: DeviceKey; readonly seq: number; readonly path: string }
  | {
      readonly type: 'segment-deleting' | 'segment-deleted';
      readonly path: string;
      readonly sha256: string;
      readonly reason: string;
      /** Of the newest record that goes; its first is in the path. Absent in lines of before, and where the sidecar was gone. */
      readonly last_ts?: string;
    }
  | {
      readonly type: 'phase';
      readonly phase: Phase;
      readonly interaction: Interaction;
      readonly by: string;
      readonly note: string;
      /** The instant at which segments are cut; absent in lines of before, whose own time is a moment later. */
      readonly since?: string;
    }
  | ({
      readonly type: 'tag-started';
      readonly tag: string;
      readonly device: DeviceKey | null;
      readonly owner: string;
    } & WindowAbout)
  | {
      readonly type: 'tag-stopped' | 'tag-cancelled';
      readonly tag: string;
      readonly device: DeviceKey | null;
      readonly owner: string;
    }
  /** A span [from, to) that was marked when it was over; decimal seconds of the captures' time. */
  | ({
      readonly type: 'window';
      readonly kind: MarkedKind;
      readonly name: string;
      readonly device: DeviceKey | null;
      readonly from: string;
      readonly to: string;
      readonly by: string;
    } & WindowAbout)
  /** The mark of line `line` (of type `window`) is taken back; the captures stay. */
  | { readonly type: 'window-removed'; readonly line: number; readonly by: string }
  /** A person said what a device is (user-identity.ts); nothing said at all: takes it back. */
  | ({ readonly type: 'identity'; readonly device: DeviceKey; readonly by: string } & UserIdentity)
  /**
   * The appliance's own scanner begins to ask a device, or all of a network (null): until the line of its end, frames between its
   * ports (scan/port-scan.ts) and `address` are of phase `scan`.
   */
  | {
      readonly type: 'scan-started';
      readonly scan: string;
      readonly device: DeviceKey | null;
      /** IPv4; 0.0.0.0 represents every address. */
      readonly address: string;
      readonly first_port: number;
      readonly last_port: number;
      readonly profile: string;
      readonly by: string;
    }
  | {
      readonly type: 'scan-ended';
      readonly scan: string;
      readonly device: DeviceKey | null;
      /** Decimal seconds since 1970, a little ahead of the line: late answers are the scan's. */
      readonly until: string;
      /** `waiting`: it goes on later. */
      readonly state: string;
      /** Of its file in `scans/`; empty where there is none. */
      readonly sha256: string;
    }
  | { readonly type: 'clock'; readonly clock: ClockState }
  | { readonly type: 'clock-step'; readonly step_seconds: number; readonly clock: ClockState }
  /** Capture was not running, or could not store: no frame of this interval is claimed. */
  | {
      readonly type: 'gap';
      readonly from: string;
      readonly to: string;
      readonly reason: string;
      readonly lost: number | null;
    }
  /** Once a minute: totals so far, and what each device gained since the last such line: captured, written, lost_queue, lost_disk. */
  | {
      readonly type: 'counters';
      readonly counters: CaptureCounters;
      readonly devices: Readonly<Record<string, readonly [number, number, number, number]>>;
    }
  /** Ed25519 signature (base64) of `previous` as text, by the appliance's key: nobody else can have made the chain up to here. */
  | { readonly type: 'seal'; readonly signature: string }
  /**
   * First line of a volume but the first (files/ledger-files.ts): what all lines before it add up to, so that a start reads no more than
   * the last volume. `parts` lines of type `volume-state` follow, and a seal.
   */
  | {
      readonly type: 'volume';
      readonly volume: number;
      /** Of the file of the volume before. */
      readonly before_bytes: number;
      readonly state: VolumeState;
      readonly parts: number;
    }
  | { readonly type: 'volume-state'; readonly part: VolumePart; readonly rows: readonly unknown[] }
  | {
      readonly type: 'recovered';
      readonly path: string;
      readonly kept_bytes: number;
      readonly removed_bytes: number;
      readonly reason: string;
    }
  /** Somebody stopped capture for a while; the gap line follows when it goes on. */
  | { readonly type: 'paused'; readonly by: string; readonly note: string }
  /** What somebody wants to be read with the evidence. */
  | { readonly type: 'annotation'; readonly by: string; readonly text: string }
  /** A step in the course of a campaign. */
  | ({ readonly type: 'campaign' } & CampaignEvent)
  | { readonly type: 'finding'; readonly code: string; readonly detail: string }
  /** Somebody looked at the payload of a packet; `sha256`: of its file, null while that was open. */
  | {
      readonly type: 'reveal';
      readonly by: string;
      readonly path: string;
      readonly packet: number;
      readonly sha256: string | null;
    }
  /** Somebody explained a finding, so that it is listed apart; an empty reason takes that back. */
  | { readonly type: 'finding-set-aside'; readonly finding: string; readonly reason: string; readonly by: string }
  | { readonly type: 'export' | 'download'; readonly by: string; readonly files: number; readonly detail: string };

/** What the lines of its deleted segments give as their reason. */
export const FORGOTTEN_REASON = 'the device is forgotten on request (weir forget)';

/** What the gap line before a start gives as its reason; where the run ended in a pause, that one's reason follows. */
export const STOP_REASON = 'capture was stopped';
export const CRASH_REASON = 'capture ended without a stop';
/**
 * How far before the newest stored frame a crash may have cost frames of other devices: one sync interval (in seconds, by phase), and
 * two seconds for what waited in the kernel's ring and in memory (DESIGN §4).
 */
export function crashReachSeconds(syncIdle: number, syncIntensive: number): number {
  return Math.max(syncIdle, syncIntensive) + 2;
}

/** What the gap line of a pause will give as its reason. */
export function pauseReason(by: string, note: string): string {
  return `paused by ${by || 'request'}${note === '' ? '' : `: ${note}`}`;
}

export type LedgerLine = LedgerHead & LedgerEvent;
