// HTTP API: what differs between two selections of what was recorded.

import { type Static, Type } from 'typebox';
import type { Comparison } from '../../model/experiment/comparison.ts';
import { deviceWordSchema } from './devices.ts';
import { closed, literals, nullable } from './words.ts';

/** A phase, tag=NAME, window=ID, day=2026-11-20, from= and to=, several with commas between. */
const selectionSchema = Type.String({ maxLength: 200, pattern: '^[A-Za-z0-9_=:.,+-]+$' });

const sides = {
  /** `idle` where nothing is said. */
  a: Type.Optional(selectionSchema),
  /** `intensive` where nothing is said. */
  b: Type.Optional(selectionSchema),
};

export const comparisonQuerySchema = closed(sides);
export const comparisonOfQuerySchema = closed({ ...sides, device: Type.Optional(deviceWordSchema) });
export type ComparisonQuery = Static<typeof comparisonQuerySchema>;

/** Its types are in model/experiment/comparison.ts; it only ever gains fields. */
const comparisonSchema = Type.Unsafe<Comparison>(
  Type.Object({ schema: Type.Literal('weir.comparison/1') }, { additionalProperties: true }),
);

/** While `making`: ask again. `refused`: `why` says what is missing. */
export const comparisonAnswerSchema = closed({
  /** MAC; null for all devices. */
  device: nullable(Type.String()),
  a: Type.String(),
  b: Type.String(),
  state: literals(['making', 'made', 'refused']),
  /** When; null while there is none. */
  made: nullable(Type.String()),
  /** This is an older one, and a newer one is being made. */
  renewing: Type.Boolean(),
  why: nullable(Type.String()),
  comparison: nullable(comparisonSchema),
});
export type ComparisonAnswer = Static<typeof comparisonAnswerSchema>;
