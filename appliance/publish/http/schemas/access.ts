// HTTP API: who may ask: log-in, claim, session, tokens.

import { type Static, Type } from 'typebox';
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from '../access/password-rules.ts';
import { closed, literals, nullable } from './words.ts';

const anyPassword = Type.String({ minLength: 1, maxLength: LONGEST_PASSWORD });
const newPassword = Type.String({ minLength: SHORTEST_PASSWORD, maxLength: LONGEST_PASSWORD });

export const loginRequestSchema = closed({ password: anyPassword });
export type LoginRequest = Static<typeof loginRequestSchema>;

/** A token of 100 bits and more needs no slow hash; the password of a person does, and some length. */
export const claimRequestSchema = closed({
  token: Type.String({ minLength: 1, maxLength: 64 }),
  password: newPassword,
});
export type ClaimRequest = Static<typeof claimRequestSchema>;

/** Ends all sessions but a new one for whoever asks, and takes all tokens back. */
export const passwordRequestSchema = closed({ current: anyPassword, password: newPassword });
export type PasswordRequest = Static<typeof passwordRequestSchema>;

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

export const sessionsSchema = closed({
  sessions: Type.Array(
    closed({
      /** Names it to `DELETE /api/v1/sessions/:id`; opens nothing. */
      id: Type.String(),
      address: Type.String(),
      agent: Type.String(),
      opened: nullable(Type.String()),
      last_use: Type.String(),
      current: Type.Boolean(),
    }),
  ),
});
export type SessionsResponse = Static<typeof sessionsSchema>;
export const sessionParamsSchema = closed({ id: Type.String({ pattern: '^[0-9a-f]{16}$' }) });

export const tokenRequestSchema = closed({ name: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,40}$' }) });
export type TokenRequest = Static<typeof tokenRequestSchema>;
export const tokenSchema = closed({ name: Type.String(), token: Type.String() });
export type TokenResponse = Static<typeof tokenSchema>;
export const tokensSchema = closed({ tokens: Type.Array(closed({ name: Type.String(), created: Type.String() })) });
export type TokensResponse = Static<typeof tokensSchema>;
