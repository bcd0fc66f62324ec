// HTTP API: capture files and the ledger.

import { type Static, Type } from 'typebox';
import { deviceWordSchema } from './devices.ts';
import { closed, count, literals, nullable, phaseSchema } from './words.ts';

export const segmentRowSchema = closed({
  seq: count(),
  device: Type.String(),
  path: Type.String(),
  phase: phaseSchema,
  state: literals(['open', 'closed', 'deleted']),
  opened: Type.String(),
  closed: nullable(Type.String()),
  first_ts: nullable(Type.String()),
  last_ts: nullable(Type.String()),
  packets: nullable(count()),
  bytes: nullable(count()),
  sha256: nullable(Type.String()),
  cut: nullable(Type.String()),
  /** Whether the figures of this segment are in the index. */
  analysed: Type.Boolean(),
});
export type SegmentRow = Static<typeof segmentRowSchema>;

/** Half open; a time as `parseInstant` reads it: decimal seconds, or ISO 8601 with its zone. Without: from the first, to the last. */
const spanProperties = {
  from: Type.Optional(Type.String({ maxLength: 40 })),
  to: Type.Optional(Type.String({ maxLength: 40 })),
};
export const spanQuerySchema = closed({ ...spanProperties, phase: Type.Optional(phaseSchema) });

/** Of devices, a phase, a window of the ledger, or a span; all that is said narrows it. */
export const mergedQuerySchema = closed({
  ...spanProperties,
  devices: Type.Optional(
    Type.String({ maxLength: 2000, description: 'MACs, ids or names, with commas between; all where none is said.' }),
  ),
  phase: Type.Optional(phaseSchema),
  window: Type.Optional(
    Type.String({ pattern: '^[a-z]{3,8}-[0-9]{1,15}$', description: 'As GET /api/v1/windows lists it.' }),
  ),
});

export const segmentsQuerySchema = closed({
  device: Type.Optional(deviceWordSchema),
  phase: Type.Optional(phaseSchema),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
  /** Only segments before this number: the next page. */
  before: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Only segments that may hold packets of this span. */
  ...spanProperties,
});
export type SegmentsQuery = Static<typeof segmentsQuerySchema>;

/** Newest first. */
export const segmentsSchema = closed({ segments: Type.Array(segmentRowSchema), total: count() });
export type SegmentsResponse = Static<typeof segmentsSchema>;

export const segmentParamsSchema = closed({ seq: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });

export const ledgerQuerySchema = closed({
  /** Lines with a number above this; -1 or absent: from the start. */
  after: Type.Optional(Type.Integer({ minimum: -1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
});
export type LedgerQuery = Static<typeof ledgerQuerySchema>;

/** Lines verbatim from the ledger (types in model/ledger.ts), oldest first. */
export const ledgerSchema = closed({
  lines: Type.Array(
    Type.Object({ n: Type.Integer(), ts: Type.String(), type: Type.String() }, { additionalProperties: true }),
  ),
  head: Type.Integer(),
});
export type LedgerResponse = Static<typeof ledgerSchema>;

export const ledgerTextQuerySchema = closed({ after: Type.Optional(Type.Integer({ minimum: 0, default: 0 })) });

/** Texts of the files that say who signs the ledger and where it ends; null where there is none. */
export const witnessSchema = closed({
  /** `appliance.json`: id and public key. */
  appliance: nullable(Type.String()),
  /** `ledger.head`: lines, hash, lines known to be on the card, signature. */
  head: nullable(Type.String()),
});
export type WitnessResponse = Static<typeof witnessSchema>;
