// HTTP API: what each device says, in plain words, and the figures next to them.

import { type Static, Type } from 'typebox';
import { deviceWordSchema } from './devices.ts';
import { closed, count, literals, nullable, phaseSchema } from './words.ts';

export const sentencesQuerySchema = closed({
  device: Type.Optional(deviceWordSchema),
  phase: Type.Optional(phaseSchema),
  from: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601; the hour in which it lies is the first.' })),
  to: Type.Optional(
    Type.String({ maxLength: 40, description: 'ISO 8601; the last hour is the one that has begun before it.' }),
  ),
});
export type SentencesQuery = Static<typeof sentencesQuerySchema>;

const partSchema = closed({
  text: Type.String(),
  /** What the words represent; absent where they represent nothing of their own. */
  noun: Type.Optional(
    literals([
      'device',
      'content',
      'form',
      'country',
      'organisation',
      'bytes',
      'findings',
      'countries',
      'owners',
    ] as const),
  ),
  /** Id, word, code, whole name or exact number of it. */
  value: Type.Optional(Type.String()),
});

const sentenceSchema = closed({
  grade: literals(['bad', 'warn', 'odd', 'good', 'none'] as const),
  scope: literals(['internet', 'home', 'all'] as const),
  parts: Type.Array(partSchema),
});

const sideSchema = closed({
  bytes_up: count(),
  bytes_down: count(),
  /** Both ways, by verdict; services that are plain by design (DNS, NTP, …) are left out. */
  protection: Type.Record(Type.String(), count()),
});

const deviceSentencesSchema = closed({
  id: Type.String(),
  /** Of the time asked for, gravest first; one or more. */
  sentences: Type.Array(sentenceSchema),
  /** Of TCP and UDP in that time. */
  internet: sideSchema,
  home: sideSchema,
  /** Whom it sent to or heard from in that time: ISO 3166-1 alpha-2, XX unknown. */
  countries: Type.Array(Type.String()),
});
export type DeviceSentences = Static<typeof deviceSentencesSchema>;

export const sentencesSchema = closed(
  {
    schema: Type.Literal('weir.sentences/1'),
    ts: Type.String(),
    /** Of whole hours, ISO 8601 UTC; null from the first, to now. */
    from: nullable(Type.String()),
    to: nullable(Type.String()),
    /** Gravest first. */
    devices: Type.Array(deviceSentencesSchema),
    /** Conversations of that time that no sentence counts, because an hour had too many. */
    without_row: closed({ conversations: count(), packets: count(), bytes: count() }),
  },
  'What each device says, readable or not, to whom and where, made of the flow matrix by fixed rules. Findings are those of all time.',
);
export type SentencesResponse = Static<typeof sentencesSchema>;
