// Claim, log in and out, and the tokens for scripts.

import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  certificateSchema,
  claimRequestSchema,
  claimSchema,
  loginRequestSchema,
  passwordRequestSchema,
  sessionParamsSchema,
  sessionSchema,
  sessionsSchema,
  tokenParamsSchema,
  tokenRequestSchema,
  tokenSchema,
  tokensSchema,
} from '../../schemas/access.ts';
import { errorSchema, okSchema } from '../../schemas/words.ts';
import { knownBrowser, knownBrowserMark } from '../access/known-browser.ts';
import type { Guesser } from '../access/login-brake.ts';
import { passwordMistake } from '../access/password-rules.ts';
import { ANY_TOKEN } from '../access/scopes.ts';
import { addressGroup, isOwnMachine } from '../address-group.ts';
import { cookieNames, isEncrypted, refuse } from '../guard.ts';
import type { App, RouteRoom } from '../routing.ts';

/** How long a browser is known to the log-in brake. */
const KNOWN_SECONDS = 365 * 86_400;
const COOKIE_OPTIONS = { httpOnly: true, sameSite: 'strict', path: '/' } as const;

export function accessRoutes(app: App, room: RouteRoom): void {
  app.post(
    '/api/v1/login',
    {
      schema: {
        summary: 'Log in with the password',
        body: loginRequestSchema,
        response: { 200: okSchema, 401: errorSchema, 429: errorSchema },
      },
    },
    async (request, reply) => {
      const isRight = await tried(request, reply, room, () => room.access.isPassword(request.body.password));
      if (isRight === undefined) return reply;
      if (!isRight) {
        return refuse(
          reply,
          401,
          'WRONG_PASSWORD',
          'The password is wrong. It was chosen at the claim, or printed when the appliance first started.',
        );
      }
      openSession(request, reply, room);
      return { ok: true as const };
    },
  );

  app.post(
    '/api/v1/logout',
    { schema: { summary: 'End this session', response: { 200: okSchema } } },
    async (request, reply) => {
      if (request.caller?.kind === 'person') room.sessions.close(request.caller.session, room.now());
      const secure = isEncrypted(request);
      reply.clearCookie(cookieNames(request).session, { ...COOKIE_OPTIONS, secure });
      return { ok: true as const };
    },
  );

  app.get(
    '/api/v1/session',
    {
      config: ANY_TOKEN,
      schema: { summary: 'Who asks, and which appliance answers', response: { 200: sessionSchema } },
    },
    async (request) => ({
      kind: request.caller?.kind ?? 'local',
      appliance: room.api.id,
      version: room.api.version,
    }),
  );
}

function openSession(request: FastifyRequest, reply: FastifyReply, room: RouteRoom): void {
  const origin = { address: request.ip, agent: request.headers['user-agent'] ?? '' };
  const names = cookieNames(request);
  const options = { ...COOKIE_OPTIONS, secure: isEncrypted(request) };
  reply.setCookie(names.session, room.sessions.open(room.now(), origin), options);
  // Sent with log-ins only.
  const path = '/api/v1/login';
  reply.setCookie(names.known, knownBrowserMark(room.access.passwordMark), { ...options, path, maxAge: KNOWN_SECONDS });
}

/** Whether `check` says yes; undefined once the caller was asked to wait. */
async function tried(
  request: FastifyRequest,
  reply: FastifyReply,
  room: RouteRoom,
  check: () => Promise<boolean>,
): Promise<boolean | undefined> {
  const attempt = await room.brake.attempt(guesser(request, room), room.now(), check);
  if (attempt === 'right' || attempt === 'wrong') return attempt === 'right';
  const seconds = Math.ceil(attempt.waitMs / 1000);
  room.refusals.logins++;
  reply.header('retry-after', String(seconds));
  refuse(reply, 429, 'TOO_MANY_TRIES', `Too many wrong tries. Try again in ${seconds} s.`);
  return undefined;
}

function guesser(request: FastifyRequest, room: RouteRoom): Guesser {
  const browser = knownBrowser(request.cookies[cookieNames(request).known], room.access.passwordMark);
  if (browser !== undefined) return { lane: `browser ${browser}`, isStranger: false };
  return { lane: addressGroup(request.ip), isStranger: !isOwnMachine(request.ip) };
}

export function certificateRoute(app: App, room: RouteRoom): void {
  app.get(
    '/api/v1/certificate',
    {
      config: ANY_TOKEN,
      schema: { summary: 'The certificate of the page, and its fingerprints', response: { 200: certificateSchema } },
    },
    async () => room.certificate(),
  );
}

/** Another password, and who is logged in: for people only. */
export function sessionRoutes(app: App, room: RouteRoom): void {
  app.post(
    '/api/v1/password',
    {
      schema: {
        summary: 'Change the password; all other sessions and all tokens end',
        body: passwordRequestSchema,
        response: { 200: okSchema, 400: errorSchema, 401: errorSchema, 429: errorSchema },
      },
    },
    async (request, reply) => {
      const { current, password } = request.body;
      const isRight = await tried(request, reply, room, () => room.access.isPassword(current));
      if (isRight === undefined) return reply;
      // Not 401: the session is a good one, and a page would show its log-in.
      if (!isRight)
        return refuse(reply, 400, 'WRONG_PASSWORD', 'That is not the password of now. Nothing was changed.');
      const mistake = passwordMistake(password, [room.api.id]);
      if (mistake !== undefined) return refuse(reply, 400, 'WEAK_PASSWORD', mistake);
      await room.access.changePassword(password);
      room.sessions.closeAll(room.now());
      if (request.caller?.kind === 'person') openSession(request, reply, room);
      return { ok: true as const };
    },
  );

  app.get(
    '/api/v1/sessions',
    { schema: { summary: 'Who is logged in', response: { 200: sessionsSchema } } },
    async ({ caller }) => ({
      sessions: room.sessions.rows(room.now(), caller?.kind === 'person' ? caller.session : undefined),
    }),
  );

  app.delete(
    '/api/v1/sessions/:id',
    {
      schema: { summary: 'End a session', params: sessionParamsSchema, response: { 200: okSchema, 404: errorSchema } },
    },
    async (request, reply) => {
      if (!room.sessions.closeRow(request.params.id, room.now()))
        return refuse(reply, 404, 'NOT_FOUND', 'That session has ended already.');
      return { ok: true as const };
    },
  );
}

/** The first log-in of all: the reader of the token on card or console chooses the password. */
export function claimRoutes(app: App, room: RouteRoom): void {
  app.get(
    '/api/v1/claim',
    { schema: { summary: 'Whether the appliance has a password yet', response: { 200: claimSchema } } },
    async () => ({
      claimed: room.access.isClaimed,
      appliance: room.api.id,
      settings: room.bootReport()?.settings ?? null,
    }),
  );

  app.post(
    '/api/v1/claim',
    {
      schema: {
        summary: 'Choose the password, once, with the claim token',
        body: claimRequestSchema,
        response: { 200: okSchema, 400: errorSchema, 401: errorSchema, 409: errorSchema, 429: errorSchema },
      },
    },
    async (request, reply) => {
      if (room.access.isClaimed) return refuse(reply, 409, 'CLAIMED', CLAIMED);
      const { token, password } = request.body;
      const mistake = passwordMistake(password, [room.api.id]);
      if (mistake !== undefined) return refuse(reply, 400, 'WEAK_PASSWORD', mistake);
      const isRight = await tried(request, reply, room, () => room.access.claim(token, password));
      if (isRight === undefined) return reply;
      if (!isRight) {
        if (room.access.isClaimed) return refuse(reply, 409, 'CLAIMED', CLAIMED);
        return refuse(reply, 401, 'WRONG_TOKEN', WRONG_TOKEN);
      }
      room.sessions.closeAll(room.now());
      openSession(request, reply, room);
      return { ok: true as const };
    },
  );
}

const CLAIMED = 'This appliance has a password already. Log in with it.';
const WRONG_TOKEN =
  'That is not the claim token. It is in weir-access.txt on the card and on the console, and changes when that file was removed.';

export function tokenRoutes(app: App, room: RouteRoom): void {
  app.get(
    '/api/v1/tokens',
    { schema: { summary: 'Tokens, what each may, and until when', response: { 200: tokensSchema } } },
    async () => ({
      tokens: room.access.tokens,
    }),
  );

  app.post(
    '/api/v1/tokens',
    {
      schema: {
        summary: 'Make a token for some scopes; it is shown this once',
        body: tokenRequestSchema,
        response: { 200: tokenSchema },
      },
    },
    async ({ body }) => room.access.addToken(body.name, body.scopes, body.days),
  );

  app.delete(
    '/api/v1/tokens/:name',
    {
      schema: { summary: 'Revoke a token', params: tokenParamsSchema, response: { 200: okSchema, 404: errorSchema } },
    },
    async (request, reply) => {
      if (!room.access.removeToken(request.params.name))
        return refuse(reply, 404, 'NOT_FOUND', 'There is no token of that name.');
      return { ok: true as const };
    },
  );
}
