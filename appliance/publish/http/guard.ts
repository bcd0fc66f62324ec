// Who may ask: the checks in front of every route, in the order in which they run. A browser on the captured side, a page
// elsewhere that was tricked, and a guesser all stop here. Threats T23 to T25 and T28 of the design.

import { networkInterfaces } from 'node:os';
import type {} from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessStore, KnownToken } from './access/access-store.ts';
import type { RouteAccess } from './access/scopes.ts';
import type { Sessions } from './access/sessions.ts';

/**
 * Under TLS the browser itself sees to it that no other host, path or plain answer sets the cookie (`__Host-`, RFC 6265bis §4.1.3.2).
 * Without TLS, on this machine only, that prefix is not allowed.
 */
const TLS_COOKIES = { session: '__Host-weir_session', known: '__Secure-weir_known' } as const;
const PLAIN_COOKIES = { session: 'weir_session', known: 'weir_known' } as const;

export function cookieNames(request: FastifyRequest): { readonly session: string; readonly known: string } {
  return isEncrypted(request) ? TLS_COOKIES : PLAIN_COOKIES;
}

export function isEncrypted(request: FastifyRequest): boolean {
  return 'encrypted' in request.raw.socket && request.raw.socket.encrypted === true;
}

/** Without TLS only the machine itself is answered: others are led to the same address under https. */
export function needsTls(request: FastifyRequest): boolean {
  return !isEncrypted(request) && !isLoopback(request.raw.socket.localAddress ?? '');
}

/** What a request proved. `local` came by the Unix socket: the file's permission is the credential. */
export type Caller =
  | { readonly kind: 'person'; readonly session: string }
  | ({ readonly kind: 'token' } & KnownToken)
  | { readonly kind: 'local' };

export interface GuardSettings {
  readonly access: AccessStore;
  readonly sessions: Sessions;
  readonly now: () => number;
}

/** Routes that answer before anybody proved anything; none of them holds data. `/*` is the built page. */
const OPEN_ROUTES: ReadonlySet<string | undefined> = new Set([
  '/api/v1/login',
  '/api/v1/claim',
  '/healthz',
  '/',
  '/*',
  undefined,
]);
/** Of these, what answers while nobody has claimed the appliance: logging in does not. */
const CLOSED_BEFORE_CLAIM = '/api/v1/login';

/**
 * `route`: the pattern of the route that was found, undefined where none was. Never the address as it was sent: that can be
 * written in many ways (`/%61pi/v1/status`), and only the router knows what it means.
 */
export function isOpenRoute(route: string | undefined): boolean {
  return OPEN_ROUTES.has(route);
}

export function isOpenBeforeClaim(route: string | undefined): boolean {
  return isOpenRoute(route) && route !== CLOSED_BEFORE_CLAIM;
}

/** A refusal, sent as the error body of the schemas. */
export function refuse(reply: FastifyReply, status: number, code: string, error: string): FastifyReply {
  return reply.code(status).send({ code, error });
}

/** 421 for a Host that is none of ours: a name that an attacker pointed at this address (DNS rebinding). */
export function hostRefusal(host: string | undefined, allowed: readonly string[]): string | undefined {
  const name = hostName(host);
  if (name === undefined) return 'The Host header is missing or malformed.';
  if (LOOPBACK.has(name) || allowed.includes(name) || ownAddresses().has(name)) return undefined;
  return 'This appliance is not known under that name. Open it by its address, or add the name to http.allowed_hosts.';
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

/** Without port and brackets, lower case. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::\d{1,5})?$/.exec(host ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./i.test(address);
}

const OWN_ADDRESSES_MS = 5000;
let ownAddressesCache: { readonly at: number; readonly addresses: ReadonlySet<string> } | undefined;

/** Addresses come and go with leases: asked again after some seconds. */
function ownAddresses(): ReadonlySet<string> {
  const at = performance.now();
  if (ownAddressesCache === undefined || at - ownAddressesCache.at > OWN_ADDRESSES_MS) {
    const entries = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    ownAddressesCache = { at, addresses: new Set(entries.map((entry) => entry.address.toLowerCase())) };
  }
  return ownAddressesCache.addresses;
}

/** Writes must come from our own page: an Origin, where there is one, names the host that was asked. */
export function originRefusal(request: FastifyRequest): string | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'The request comes from another site.';
  if (origin === undefined) return undefined;
  const own = `${isEncrypted(request) ? 'https' : 'http'}://${host}`;
  return origin === own ? undefined : 'The Origin header names another site.';
}

/** The session cookie first, then a bearer token. */
export function identify(request: FastifyRequest, settings: GuardSettings): Caller | undefined {
  const session = request.cookies[cookieNames(request).session];
  if (session !== undefined && settings.sessions.use(session, settings.now())) return { kind: 'person', session };
  const token = /^Bearer ([A-Za-z0-9-]{10,100})$/.exec(request.headers.authorization ?? '')?.[1];
  const known = token === undefined ? undefined : settings.access.findToken(token);
  return known === undefined ? undefined : { kind: 'token', ...known };
}

/** Whether what the caller proved when the request came still holds: asked again and again while a stream is open. */
export function isStillAllowed(caller: Caller | undefined, { access, sessions, now }: GuardSettings): boolean {
  if (caller?.kind === 'person') return sessions.use(caller.session, now());
  return caller?.kind !== 'token' || access.findTokenHash(caller.hash) !== undefined;
}

/** Why a token does not open a route; a route without a scope is for people. */
export function scopeRefusal(caller: Caller, { scope }: RouteAccess): string | undefined {
  if (caller.kind !== 'token' || scope === 'any') return undefined;
  if (scope === undefined) return 'This is for people who logged in, not for tokens.';
  return caller.scopes.includes(scope) ? undefined : `This token lacks the scope "${scope}". Make one that has it.`;
}

/** Whose turn it is, whose streams they are: one person's session, one token, the machine. */
export function callerKey(caller: Caller | undefined): string {
  if (caller?.kind === 'person') return `session ${caller.session}`;
  return caller?.kind === 'token' ? `token ${caller.hash}` : 'local';
}

/** For the ledger: who did it. */
export function callerText(caller: Caller | undefined, address: string): string {
  if (caller === undefined) return `nobody from ${address}`;
  if (caller.kind === 'local') return 'local socket';
  return caller.kind === 'token' ? `token ${caller.name} from ${address}` : `page from ${address}`;
}
