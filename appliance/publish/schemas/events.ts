// HTTP API: what the event stream sends.

import { type Static } from 'typebox';
import { type SegmentRow } from './captures.ts';
import { type DeviceRow } from './devices.ts';
import { type FindingRow } from './findings.ts';
import { type StatusResponse } from './status.ts';
import { interactionSchema, phaseSchema } from './words.ts';

/** `event:` line and the JSON of its `data:` line. A client that fell behind is closed and connects again. */
export interface ServerEvents {
  /** On connection and every 5 s, and at once when a state changes. */
  readonly status: StatusResponse;
  /** Once a second: the second that just ended, all devices together. */
  readonly traffic: TrafficSecond;
  /** Devices whose row changed, at most every 2 s. */
  readonly device: { readonly devices: readonly DeviceRow[] };
  readonly phase: {
    readonly phase: Static<typeof phaseSchema>;
    readonly interaction: Static<typeof interactionSchema>;
    readonly since: string;
  };
  readonly segment: SegmentRow;
  readonly finding: { readonly type: 'new' | 'update' | 'end'; readonly finding: FindingRow };
}

export interface TrafficSecond {
  readonly second: number;
  readonly in: TrafficParts;
  readonly out: TrafficParts;
}

export interface TrafficParts {
  readonly total: number;
  readonly tcp: number;
  readonly udp: number;
  readonly http: number;
  readonly https: number;
}
