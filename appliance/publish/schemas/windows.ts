// HTTP API: windows of time, and the order that marks one afterwards.

import { type Static, Type } from 'typebox';
import type { WindowFigures } from '../../model/document/window-figures.ts';
import { MAX_COMPANIONS, NOTE_TEXT, WINDOW_KINDS, WINDOW_NAME, type Window } from '../../model/experiment/window.ts';
import { deviceWordSchema } from './devices.ts';
import { closed, count, interactionSchema, literals, nullable, text } from './words.ts';

/** ISO 8601 with its zone, or seconds since 1970. */
const instantSchema = text(40);

/** What may be said of a tag, live or afterwards. */
export const aboutProperties = {
  interaction: Type.Optional(interactionSchema),
  companions: Type.Optional(Type.Array(deviceWordSchema, { maxItems: MAX_COMPANIONS })),
  note: Type.Optional(text(NOTE_TEXT)),
};

export const windowsQuerySchema = closed({
  from: Type.Optional(instantSchema),
  to: Type.Optional(instantSchema),
  device: Type.Optional(deviceWordSchema),
  kind: Type.Optional(literals(WINDOW_KINDS)),
});

/** A window is half open: a packet at `to` is outside. Times to the nanosecond. */
const windowSchema = closed({
  id: Type.String(),
  kind: literals(WINDOW_KINDS),
  from: Type.String(),
  /** Null while it lasts. */
  to: nullable(Type.String()),
  /** MAC; null for all devices. */
  device: nullable(Type.String()),
  name: Type.String(),
  made: literals(['live', 'afterwards']),
  by: Type.Optional(Type.String()),
  interaction: Type.Optional(interactionSchema),
  companions: Type.Optional(Type.Array(Type.String())),
  note: Type.Optional(Type.String()),
  /** Of a gap: frames known to be lost; null where nobody can know. */
  lost: Type.Optional(nullable(count())),
  /** Steps of the clock inside it, in seconds; null where nobody measured it. */
  clock_steps: Type.Optional(Type.Array(nullable(Type.Number()))),
});

/** By their begin. */
export const windowsSchema = closed({
  ts: Type.String(),
  windows: Type.Unsafe<readonly Window[]>(Type.Array(windowSchema)),
  /** Older ones that only the ledger holds. */
  left_out: count(),
});
export type WindowsResponse = Static<typeof windowsSchema>;

export const markRequestSchema = closed({
  tag: Type.String({ pattern: WINDOW_NAME }),
  device: Type.Optional(nullable(deviceWordSchema)),
  from: instantSchema,
  to: instantSchema,
  ...aboutProperties,
});
export type MarkRequest = Static<typeof markRequestSchema>;

/** The id of the window; null where capture has not reported it. */
export const markedSchema = closed({ id: nullable(Type.String()) });

export const windowParamsSchema = closed({ id: Type.String({ pattern: '^[a-z]{3,8}-[0-9]{1,15}$' }) });

export const windowFiguresQuerySchema = closed({ device: Type.Optional(deviceWordSchema) });
export const figuresQuerySchema = closed({
  from: instantSchema,
  to: instantSchema,
  device: Type.Optional(deviceWordSchema),
});

/** Its types are in model/document/window-figures.ts; it only ever gains fields. */
export const figuresSchema = Type.Unsafe<WindowFigures>(
  Type.Object(
    { schema: Type.Literal('weir.figures/1') },
    {
      additionalProperties: true,
      description:
        'Totals, coverage and the analysis document of exactly the packets in [from, to); of its conversations the 1,000 largest.',
    },
  ),
);
