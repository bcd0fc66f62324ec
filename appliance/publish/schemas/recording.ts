// HTTP API: when was recorded and when not, from the ledger.

import { type Static, Type } from 'typebox';
import { closed, count, nullable } from './words.ts';

export const recordingQuerySchema = closed({
  /** Seconds since 1970: what ended before is left out. */
  since: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
});

/** Oldest first. */
export const recordingSchema = closed({
  ts: Type.String(),
  /** Start of the first run: nothing is known of what was before. Null while there was none. */
  begun: nullable(Type.String()),
  /** What capture said last, within seconds. */
  recording: Type.Boolean(),
  gaps: Type.Array(
    closed({
      from: Type.String(),
      /** Null: it has not ended. */
      to: nullable(Type.String()),
      reason: Type.String(),
      /** Frames known to be lost; null where nobody can know. */
      lost: nullable(count()),
    }),
  ),
  /** Each lasts until the next. */
  phases: Type.Array(
    closed({
      n: Type.Integer(),
      since: Type.String(),
      phase: Type.String(),
      interaction: Type.String(),
      by: Type.String(),
      note: Type.String(),
    }),
  ),
  tags: Type.Array(
    closed({
      n: Type.Integer(),
      tag: Type.String(),
      device: nullable(Type.String()),
      owner: Type.String(),
      from: Type.String(),
      /** Null while it is open. */
      to: nullable(Type.String()),
      /** The label was taken back; the capture was not. */
      cancelled: Type.Boolean(),
    }),
  ),
  /** Older ones that only the ledger holds. */
  left_out: count(),
});
export type RecordingResponse = Static<typeof recordingSchema>;
