// HTTP API: verification of the data folder.

import { type Static, Type } from 'typebox';
import { closed, count, literals, nullable } from './words.ts';

export const verificationSchema = closed({
  state: literals(['none', 'running', 'done', 'failed']),
  started: nullable(Type.String()),
  ended: nullable(Type.String()),
  /** Segments that were checked; null before the first one. */
  done: nullable(closed({ files: count(), of: count() })),
  /** The words of `weir verify`, with key and signed head. */
  result: nullable(closed({ ok: Type.Boolean(), key: Type.String(), head: Type.String(), text: Type.String() })),
  /** Of a failure. */
  why: nullable(Type.String()),
});
export type VerificationResponse = Static<typeof verificationSchema>;
