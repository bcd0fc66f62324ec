// HTTP API: phases, tags, pause, annotation, export.

import { type Static, Type } from 'typebox';
import { WINDOW_NAME } from '../../model/experiment/window.ts';
import { deviceWordSchema } from './devices.ts';
import { openTagSchema } from './status.ts';
import { aboutProperties } from './windows.ts';
import { closed, interactionSchema, nullable, phaseSchema, text } from './words.ts';

export const phaseRequestSchema = closed({
  phase: phaseSchema,
  interaction: Type.Optional(interactionSchema),
  note: Type.Optional(text(1000)),
});
export type PhaseRequest = Static<typeof phaseRequestSchema>;

export const phaseResponseSchema = closed({ phase: phaseSchema, interaction: interactionSchema });
export type PhaseResponse = Static<typeof phaseResponseSchema>;

/** Mon(IoT)r's tag characters; unique per device while open. */
export const tagRequestSchema = closed({
  tag: Type.String({ pattern: WINDOW_NAME }),
  device: Type.Optional(nullable(deviceWordSchema)),
  ...aboutProperties,
});
export type TagRequest = Static<typeof tagRequestSchema>;

export const tagEndRequestSchema = closed({ tag: Type.String({ pattern: WINDOW_NAME }) });
export type TagEndRequest = Static<typeof tagEndRequestSchema>;

/** What became of a test notification, by channel; an empty error is none. */
export const notificationTestSchema = closed({
  channels: Type.Array(closed({ channel: Type.String(), error: Type.String() })),
});
export type NotificationTest = Static<typeof notificationTestSchema>;

export const pauseRequestSchema = closed({ note: Type.Optional(text(200)) });

export const annotateRequestSchema = closed({ text: Type.String({ minLength: 1, maxLength: 256 }) });

/** Everything that is not named is taken. */
export const exportRequestSchema = closed({
  devices: Type.Optional(Type.Array(deviceWordSchema, { maxItems: 64 })),
  phases: Type.Optional(Type.Array(phaseSchema, { maxItems: 8 })),
  from: Type.Optional(text(40)),
  to: Type.Optional(text(40)),
  reason: Type.Optional(text(200)),
});
export type ExportRequest = Static<typeof exportRequestSchema>;

export const tagsSchema = closed({ tags: Type.Array(openTagSchema) });
export type TagsResponse = Static<typeof tagsSchema>;
