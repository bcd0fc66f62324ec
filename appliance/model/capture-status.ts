// What `weir capture` answers on its Unix socket: one JSON request a line, one JSON answer a line.
// The appliance and the CLI are clients; nothing in capture depends on anyone asking.

import type { CampaignEvent } from './experiment/campaign.ts';
import type { MarkedKind, WindowAbout } from './experiment/window.ts';
import type { CaptureCounters } from './ledger.ts';
import type { DeviceKey } from './mac.ts';
import type { Interaction, Phase } from './phase.ts';
import type { ClockState } from './time/clock.ts';
import type { UserIdentity } from './user-identity.ts';

/** `waiting`: no interface yet; `degraded`: capturing, but something is lost or cannot be stored; `paused`: by command. */
export type CaptureState = 'starting' | 'waiting' | 'capturing' | 'degraded' | 'paused' | 'stopping';

export interface CaptureDevice {
  readonly device: DeviceKey;
  readonly packets: number;
  readonly bytes: number;
  readonly last_ts: string | null;
  readonly open_segment: string | null;
  readonly stored_bytes: number;
  readonly stored_segments: number;
}

/** The self-test. `lost`: a known frame was sent and did not arrive, so others may be missing too. */
export interface CanaryStatus {
  readonly state: 'off' | 'waiting' | 'ok' | 'lost' | 'unavailable';
  readonly sent: number;
  readonly seen: number;
  readonly reason: string;
}

/** How far what was captured is on the card, which is what a power cut leaves. */
export interface SyncStatus {
  readonly promised_seconds: number;
  /** Of the oldest frame that is not durable yet; 0 while all are. */
  readonly oldest_seconds: number;
  /** Syncs so far, and those of them that ended after the promise. */
  readonly done: number;
  readonly late: number;
  /** The oldest that a frame became before it was durable, in this run. */
  readonly worst_seconds: number;
}

export interface CaptureStatus {
  readonly schema: 'weir.capture/1';
  readonly appliance: string;
  readonly version: string;
  readonly pid: number;
  /** Resident; under the units nobody else may look. */
  readonly memory_bytes?: number;
  readonly state: CaptureState;
  /** One line for a person: what is wrong, where, what happens now, what to do. Empty while all is well. */
  readonly reason: string;
  readonly engine: string;
  readonly interface: string;
  readonly phase: Phase;
  readonly interaction: Interaction;
  readonly phase_since: string;
  readonly tags: readonly {
    readonly tag: string;
    readonly device: DeviceKey | null;
    readonly owner: string;
    readonly since: string;
  }[];
  readonly started: string;
  readonly clock: ClockState;
  readonly counters: CaptureCounters;
  readonly devices: readonly CaptureDevice[];
  readonly gaps: readonly {
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly lost: number | null;
  }[];
  readonly canary?: CanaryStatus;
  readonly ledger: { readonly lines: number; readonly head_sha256: string };
  /** Fingerprint of the public key that signs the evidence; absent in answers of before. */
  readonly key?: string;
  readonly sync?: SyncStatus;
  /** Files of their own that silent devices gave up to others, in this run; absent in answers of before. */
  readonly places_given_back?: number;
  readonly storage: {
    readonly bytes: number;
    readonly segments: number;
    readonly free_bytes: number;
    readonly budget_bytes: number;
    readonly forecast_seconds: number | null;
    /** By capture since its start; of the whole block device, by everybody, since boot. Null if the system does not provide it. */
    readonly written_bytes: number | null;
    readonly device_written_bytes: number | null;
  };
}

export interface ForgetAnswer {
  /** Segments up to this number go. */
  readonly up_to: number;
}

/** Requests: `{id, verb, ...fields}`; answers `{id, ok: true, data}` or `{id, ok: false, code, error}`. */
export type CaptureRequest =
  | { readonly verb: 'status' }
  | {
      readonly verb: 'phase';
      readonly phase: Phase;
      readonly interaction: Interaction;
      readonly by: string;
      readonly note: string;
    }
  /** A piece of an export's list of files, and the end of it: answered with its signature. */
  | { readonly verb: 'sign-part'; readonly text: string }
  | { readonly verb: 'sign'; readonly by: string }
  | { readonly verb: 'rotate' }
  /** Retention spares these numbers, as long as anything else can go, until the connection ends. */
  | { readonly verb: 'hold'; readonly segments: readonly number[] }
  | { readonly verb: 'pause'; readonly by: string; readonly note: string }
  | { readonly verb: 'resume'; readonly by: string }
  | { readonly verb: 'annotate'; readonly by: string; readonly text: string }
  | ({
      readonly verb: 'tag-start';
      readonly tag: string;
      readonly device: DeviceKey | null;
      readonly by: string;
    } & WindowAbout)
  | { readonly verb: 'tag-stop' | 'tag-cancel'; readonly tag: string; readonly by: string }
  /** Marks a span that has passed; decimal seconds of the captures' time. */
  | ({
      readonly verb: 'mark';
      readonly kind: MarkedKind;
      readonly name: string;
      readonly device: DeviceKey | null;
      readonly from: string;
      readonly to: string;
      readonly by: string;
    } & WindowAbout)
  | { readonly verb: 'unmark'; readonly line: number; readonly by: string }
  /** Answered with PacketBytes (packet.ts); a reveal is a line of the ledger first. `sha256`: of the closed file, by the ledger. */
  | {
      readonly verb: 'packet';
      readonly path: string;
      readonly sha256: string | null;
      readonly packet: number;
      readonly reveal: boolean;
      readonly by: string;
    }
  /** A finding that is known and explained; an empty reason takes that back. */
  | { readonly verb: 'set-aside'; readonly finding: string; readonly reason: string; readonly by: string }
  | ({ readonly verb: 'campaign' } & CampaignEvent)
  | ({ readonly verb: 'identify'; readonly device: DeviceKey; readonly by: string } & UserIdentity)
  /** Deletes what was recorded of a device so far; answered with ForgetAnswer when the ledger says so, the files go after that. */
  | { readonly verb: 'forget'; readonly device: DeviceKey; readonly by: string; readonly reason: string }
  /** Lines of the ledger (model/ledger.ts); capture does nothing else about a scan. */
  | {
      readonly verb: 'scan-start';
      readonly scan: string;
      readonly device: DeviceKey | null;
      readonly address: string;
      readonly profile: string;
      readonly by: string;
    }
  | {
      readonly verb: 'scan-end';
      readonly scan: string;
      readonly device: DeviceKey | null;
      readonly until: string;
      readonly state: string;
      readonly sha256: string;
    }
  | {
      readonly verb: 'note';
      readonly type: 'export' | 'download';
      readonly by: string;
      readonly files: number;
      readonly detail: string;
    };
