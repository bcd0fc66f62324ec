// HTTP API: who may ask: log-in, claim, session, tokens.

import { type Static, Type } from 'typebox';
import { closed, literals, nullable } from './words.ts';

export const loginRequestSchema = closed({ password: Type.String({ minLength: 1, maxLength: 256 }) });
export type LoginRequest = Static<typeof loginRequestSchema>;

/** A token of 100 bits and more needs no slow hash; the password of a person does, and some length. */
export const claimRequestSchema = closed({
  token: Type.String({ minLength: 1, maxLength: 64 }),
  password: Type.String({ minLength: 10, maxLength: 256 }),
});
export type ClaimRequest = Static<typeof claimRequestSchema>;

export const claimSchema = closed({
  claimed: Type.Boolean(),
  appliance: Type.String(),
  /** What became of weir.yaml on the boot partition; null on a machine without one. Its mistakes are told after the claim. */
  settings: nullable(literals(['none', 'used', 'unchanged', 'refused'])),
});
export type ClaimResponse = Static<typeof claimSchema>;

export const sessionSchema = closed({
  /** `person` by password and cookie, `token` by bearer token (reads only), `local` by the Unix socket. */
  kind: literals(['person', 'token', 'local']),
  appliance: Type.String(),
  version: Type.String(),
});
export type SessionResponse = Static<typeof sessionSchema>;

export const tokenRequestSchema = closed({ name: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,40}$' }) });
export type TokenRequest = Static<typeof tokenRequestSchema>;
export const tokenSchema = closed({ name: Type.String(), token: Type.String() });
export type TokenResponse = Static<typeof tokenSchema>;
export const tokensSchema = closed({ tokens: Type.Array(closed({ name: Type.String(), created: Type.String() })) });
export type TokensResponse = Static<typeof tokensSchema>;
