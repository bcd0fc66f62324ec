// The words that every part of the HTTP API is declared with: one declaration gives the types (the page imports them), the request
// checks and openapi.json. Names are snake_case as in the analysis document; times are ISO 8601 UTC unless a field says otherwise; sizes
// are bytes.

import { type Static, type TProperties, Type } from 'typebox';
import { INTERACTIONS, PHASES } from '../../model/phase.ts';

export const closed = <T extends TProperties>(properties: T, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) });

export const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** Given its type by hand: the type of a union of a mapped list cannot be worked out. */
export const literals = <T extends string>(words: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))));
export const text = (maxLength = 4096) => Type.String({ maxLength });
export const count = () => Type.Integer({ minimum: 0 });

export const phaseSchema = literals(PHASES);
export const interactionSchema = literals(INTERACTIONS);

/** Every refusal looks like this; `code` is one of `ERROR_CODES` or an HTTP word (`UNAUTHORISED`, `NOT_FOUND`, …). */
export const errorSchema = closed({ code: Type.String(), error: Type.String() });
export type ErrorResponse = Static<typeof errorSchema>;

export const okSchema = closed({ ok: Type.Literal(true) });
export type OkResponse = Static<typeof okSchema>;
