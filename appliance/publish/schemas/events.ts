// HTTP API: what the event stream sends.

import { type Static, Type } from 'typebox';
import type { Change } from '../../model/changes.ts';
import { type SegmentRow } from './captures.ts';
import { type DeviceRow } from './devices.ts';
import { type FindingRow } from './findings.ts';
import { type StatusResponse } from './status.ts';
import { closed, interactionSchema, phaseSchema } from './words.ts';

export const eventsQuerySchema = closed({ changes: Type.Optional(Type.Integer({ minimum: 0, maximum: 1 })) });

/** `event:` line and the JSON of its `data:` line. A client that fell behind is closed and connects again. */
export interface ServerEvents {
  /** On connection and every 5 s, and at once when a state changes. */
  readonly status: StatusResponse;
  /** Instead of it, for a reader who asked for changes: what differs from the status that was sent before. */
  readonly changes: { readonly changes: readonly Change[] };
  /** For such a reader: a second in which nothing was said, since 1970. */
  readonly silence: number;
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
