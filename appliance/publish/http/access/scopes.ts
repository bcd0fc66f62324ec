// What a token may be made for. A route names the scope that opens it (its `config`); one that names none is for people only, so
// that a forgotten word closes a route and does not open it.

import type { TokenScope } from '../../../model/token-scopes.ts';

/** Tokens of versions without scopes could read everything and change nothing. */
export const SCOPES_OF_BEFORE: readonly TokenScope[] = ['summaries', 'captures', 'metrics'];

export interface RouteAccess {
  /** `any`: each token that is known. */
  readonly scope?: TokenScope | 'any';
}

export const ANY_TOKEN = { scope: 'any' } as const;
/** Status, devices, documents, findings, health, events. */
export const SUMMARIES = { scope: 'summaries' } as const;
/** The packets themselves, and the ledger. */
export const CAPTURES = { scope: 'captures' } as const;
export const METRICS = { scope: 'metrics' } as const;
/** Phases, tags, notes, pause and resume, check-up: what changes the course of capture or writes into the ledger. */
export const CONTROL = { scope: 'control' } as const;
