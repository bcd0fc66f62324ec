// What the supervisor and the processes of the home say to each other over Node's message channel.
import type { HomePhase } from './device/life.ts';

/** Supervisor → device. */
export type DeviceOrder =
  | { readonly type: 'phase'; readonly phase: HomePhase }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' };

/** Device → supervisor. */
export type DeviceMessage =
  | { readonly type: 'lease'; readonly address: string }
  | { readonly type: 'paused' }
  | { readonly type: 'failure'; readonly job: string; readonly reason: string };

/** Supervisor → anyone who started the home. */
export type SupervisorMessage =
  | { readonly type: 'step'; readonly text: string }
  /** `pid` as seen from outside the home. */
  | { readonly type: 'ready'; readonly pid: number }
  | { readonly type: 'failed'; readonly reason: string };

/** What the control socket understands; one JSON line each way. */
export type HomeRequest =
  | { readonly verb: 'intensive'; readonly seconds: number }
  | { readonly verb: 'idle' }
  | { readonly verb: 'quiesce' }
  | { readonly verb: 'resume' }
  | { readonly verb: 'status' };

export interface HomeFailure {
  readonly device: string;
  readonly job: string;
  readonly reason: string;
}

export type HomeReply =
  | { readonly ok: true; readonly phase: HomePhase; readonly failures: readonly HomeFailure[] }
  | { readonly ok: false; readonly error: string };
