// HTTP API: findings.

import { type Static, Type } from 'typebox';
import { deviceWordSchema } from './devices.ts';
import { closed, count, literals, nullable } from './words.ts';

export const findingSchema = closed({
  id: Type.String(),
  rule: Type.String(),
  severity: literals(['low', 'medium', 'high']),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  device: nullable(Type.String()),
  /** Decimal seconds since 1970, as in the analysis document. */
  first_ts: Type.String(),
  last_ts: Type.String(),
  count: count(),
  excerpt_masked: Type.String(),
  explanation: Type.String(),
  remedy: Type.String(),
  /** `segment` is the sequence number to download, `packet` counts from 1 in that file. */
  /** Present where somebody said that it is known, and why. */
  set_aside: Type.Optional(closed({ reason: Type.String(), by: Type.String(), ts: Type.String() })),
  /** The other side, where it has one that is known; country as in destinations, `local` for a device of the home. */
  peer: Type.Optional(
    closed({ name: Type.String(), country: nullable(Type.String()), organisation: nullable(Type.String()) }),
  ),
  evidence: Type.Array(closed({ segment: count(), packet: count(), ts: Type.String() })),
});
export type FindingRow = Static<typeof findingSchema>;

/** Of a finding that stays the same while its count grows. */
export const findingParamsSchema = closed({ id: Type.String({ minLength: 1, maxLength: 256 }) });

export const evidenceQuerySchema = closed({
  /** Which of its packets, from 0. */
  evidence: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000, default: 0 })),
});

/** An empty reason takes it back. */
export const setAsideRequestSchema = closed({ reason: Type.String({ maxLength: 256 }) });
export type SetAsideRequest = Static<typeof setAsideRequestSchema>;

export const findingsQuerySchema = closed({
  device: Type.Optional(deviceWordSchema),
});
export type FindingsQuery = Static<typeof findingsQuerySchema>;
export const findingsSchema = closed({ findings: Type.Array(findingSchema) });
export type FindingsResponse = Static<typeof findingsSchema>;
