// One connection of an app through the proxy and how it ended: a row of connections.ndjson, from which every result is worked out.

/** Before and after the authority was put on the phone. */
export const ROUNDS = ['before', 'after'] as const;
export type Round = (typeof ROUNDS)[number];

/**
 * - `accepted`: the app sent data under the proxy's certificate.
 * - `refused`: a TLS alert against that certificate.
 * - `closed`: the app went away without a byte of data, in the handshake or after it.
 * - `silent`: the handshake was complete, and the server or time ended it before the app had anything to say.
 * - `no_common_tls`: app and proxy share no version or cipher.
 * - `passed`: not looked into, because the host refused before.
 * - `server`: the server refused the proxy (a client certificate, another TLS); passed through.
 * - `unreachable`: the server did not answer.
 * - `not_tls`: no TLS; passed through.
 */
export const OUTCOMES = [
  'accepted',
  'refused',
  'closed',
  'silent',
  'no_common_tls',
  'passed',
  'server',
  'unreachable',
  'not_tls',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Attempt {
  /** When the connection came, ISO 8601 in UTC. */
  readonly ts: string;
  readonly seconds: number;
  /** MAC of the chosen device, or the client's address if the app was configured for the proxy. */
  readonly device: string;
  /** As the tester named it; empty where nobody did. */
  readonly app: string;
  readonly round: Round;
  /** SNI, else the name that the app asked the proxy for, else the address. */
  readonly host: string;
  readonly has_sni: boolean;
  readonly address: string;
  readonly port: number;
  /** What was agreed with the app, else the highest that it offered; empty without TLS. */
  readonly tls: string;
  readonly alpn: string;
  readonly ja4: string;
  readonly outcome: Outcome;
  /** The alert's name (RFC 8446 §6), or what else was seen. */
  readonly detail: string;
  /** Whether the server's own certificate held; null where it was not asked. */
  readonly server_verified: boolean | null;
  readonly bytes_up: number;
  readonly bytes_down: number;
  /** Port of the app's end: finds the connection in the capture. */
  readonly client: string;
}
