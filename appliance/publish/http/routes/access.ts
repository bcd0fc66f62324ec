// Log in and out, and the tokens for scripts.

import { COOKIE, refuse } from '../guard.ts';
import type { App, RouteRoom } from '../routing.ts';
import {
  errorSchema,
  loginRequestSchema,
  okSchema,
  sessionSchema,
  tokenRequestSchema,
  tokenSchema,
  tokensSchema,
} from '../schemas.ts';

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
      const wait = room.brake.wait(request.ip, room.now());
      if (wait > 0) {
        reply.header('retry-after', String(Math.ceil(wait / 1000)));
        return refuse(
          reply,
          429,
          'TOO_MANY_TRIES',
          `Too many wrong passwords. Try again in ${Math.ceil(wait / 1000)} s.`,
        );
      }
      // Counted before the slow comparison, so that tries in parallel count as well.
      room.brake.failed(request.ip, room.now());
      if (!(await room.access.isPassword(request.body.password))) {
        return refuse(
          reply,
          401,
          'WRONG_PASSWORD',
          'The password is wrong. It was printed when the appliance first started.',
        );
      }
      room.brake.succeeded(request.ip);
      reply.setCookie(COOKIE, room.sessions.open(room.now()), COOKIE_OPTIONS);
      return { ok: true as const };
    },
  );

  app.post(
    '/api/v1/logout',
    { schema: { summary: 'End this session', response: { 200: okSchema } } },
    async (request, reply) => {
      if (request.caller?.kind === 'person') room.sessions.close(request.caller.session);
      reply.clearCookie(COOKIE, COOKIE_OPTIONS);
      return { ok: true as const };
    },
  );

  app.get(
    '/api/v1/session',
    { schema: { summary: 'Who asks, and which appliance answers', response: { 200: sessionSchema } } },
    async (request) => ({
      kind: request.caller?.kind ?? 'local',
      appliance: room.api.id,
      version: room.api.version,
    }),
  );
}

export function tokenRoutes(app: App, room: RouteRoom): void {
  app.get('/api/v1/tokens', { schema: { summary: 'Read-only tokens', response: { 200: tokensSchema } } }, async () => ({
    tokens: [...room.access.tokens],
  }));

  app.post(
    '/api/v1/tokens',
    {
      schema: {
        summary: 'Make a read-only token; it is shown this once',
        body: tokenRequestSchema,
        response: { 200: tokenSchema },
      },
    },
    async (request) => ({
      name: request.body.name,
      token: room.access.addToken(request.body.name),
    }),
  );

  app.delete(
    '/api/v1/tokens/:name',
    {
      schema: { summary: 'Revoke a token', params: tokenRequestSchema, response: { 200: okSchema, 404: errorSchema } },
    },
    async (request, reply) => {
      if (!room.access.removeToken(request.params.name))
        return refuse(reply, 404, 'NOT_FOUND', 'There is no token of that name.');
      return { ok: true as const };
    },
  );
}
