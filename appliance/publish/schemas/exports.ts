// HTTP API: bundles of evidence that are made at the page.

import { type Static, Type } from 'typebox';
import { closed, count, literals, nullable } from './words.ts';

export const exportsSchema = closed({
  state: literals(['none', 'running', 'done', 'failed']),
  started: nullable(Type.String()),
  ended: nullable(Type.String()),
  /** Bytes of captures that were copied; null before the first one: the ledger is read first. */
  done: nullable(closed({ bytes: count(), of: count() })),
  /** Of the last one. `noted`: the ledger has its line of custody. */
  result: nullable(closed({ folder: Type.String(), segments: count(), bytes: count(), noted: Type.Boolean() })),
  /** Of a failure. */
  why: nullable(Type.String()),
  /** What lies on the appliance, newest first. */
  exports: Type.Array(
    closed({
      name: Type.String(),
      /** Null for one that is being made, or whose making was ended. */
      whole: nullable(closed({ segments: count(), bytes: count(), reason: Type.String() })),
    }),
  ),
  /** No more are kept: then one must be removed first. */
  most: count(),
});
export type ExportsResponse = Static<typeof exportsSchema>;

export const exportParamsSchema = closed({ name: Type.String({ maxLength: 24 }) });
