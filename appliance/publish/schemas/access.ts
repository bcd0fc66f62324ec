// HTTP API: who may ask: log-in, claim, session, tokens.

import { type Static, Type } from 'typebox';
import { TOKEN_SCOPES } from '../../model/token-scopes.ts';
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from '../http/access/password-rules.ts';
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

/** Ends all sessions but a new one for the caller, and takes all tokens back. */
export const passwordRequestSchema = closed({ current: anyPassword, password: newPassword });
export type PasswordRequest = Static<typeof passwordRequestSchema>;

export const claimSchema = closed({
  claimed: Type.Boolean(),
  appliance: Type.String(),
  /** What became of weir.yaml on the boot partition; null on a machine without one. Its mistakes are reported after the claim. */
  settings: nullable(literals(['none', 'used', 'unchanged', 'refused'])),
});
export type ClaimResponse = Static<typeof claimSchema>;

export const sessionSchema = closed({
  /** `person` by password and cookie, `token` by bearer token (what its scopes allow), `local` by the Unix socket. */
  kind: literals(['person', 'token', 'local']),
  appliance: Type.String(),
  version: Type.String(),
});
export type SessionResponse = Static<typeof sessionSchema>;

export const certificateSchema = closed({
  /** For `ca_file` of Prometheus, `--cacert` of curl, the trusted certificates of Home Assistant. */
  pem: Type.String(),
  made_by: literals(['weir', 'operator']),
  /** SHA-256 of the public key: stays when Weir renews the certificate. */
  key_sha256: Type.String(),
  /** For `curl --pinnedpubkey`. */
  curl_pin: Type.String(),
  certificate_sha256: Type.String(),
  valid_from: Type.String(),
  valid_until: Type.String(),
  names: Type.Array(Type.String()),
});
export type CertificateResponse = Static<typeof certificateSchema>;

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

const tokenName = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,40}$' });
const scopes = Type.Array(literals(TOKEN_SCOPES), { minItems: 1, maxItems: TOKEN_SCOPES.length, uniqueItems: true });

export const tokenParamsSchema = closed({ name: tokenName });
export const tokenRequestSchema = closed({
  name: tokenName,
  /** `summaries` reads figures and events, `captures` packets and ledger, `metrics` /metrics; `control` changes phases, tags and capture. */
  scopes,
  /** Days until it ends; null for never. */
  days: nullable(Type.Integer({ minimum: 1, maximum: 3650 })),
});
export type TokenRequest = Static<typeof tokenRequestSchema>;
const tokenFields = {
  name: Type.String(),
  scopes,
  created: Type.String(),
  expires: nullable(Type.String()),
  /** Null where it was never used; after a restart up to an hour older than it was. */
  last_use: nullable(Type.String()),
};
export const tokenSchema = closed({ ...tokenFields, token: Type.String() });
export type TokenResponse = Static<typeof tokenSchema>;
const tokenRowSchema = closed(tokenFields);
export type TokenRow = Static<typeof tokenRowSchema>;
export const tokensSchema = closed({ tokens: Type.Array(tokenRowSchema) });
export type TokensResponse = Static<typeof tokensSchema>;
