// Puts the HTTP application together: limits, guard, routes, static page. Two of them answer the same routes: one on the
// management address behind the guard, one on the Unix socket. server.ts listens.

import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import cookie from '@fastify/cookie';
import files from '@fastify/static';
import swagger from '@fastify/swagger';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Pace, type PaceLimits } from '../pace.ts';
import { DEVICE_WORD } from '../schemas/devices.ts';
import { CONTROL } from './access/scopes.ts';
import { installCompact } from './compact.ts';
import {
  hostRefusal,
  identify,
  isOpenBeforeClaim,
  isOpenRoute,
  needsTls,
  originRefusal,
  refuse,
  scopeRefusal,
} from './guard.ts';
import { setSecurityHeaders } from './headers.ts';
import { accessRoutes, certificateRoute, claimRoutes, sessionRoutes, tokenRoutes } from './routes/access.ts';
import { campaignRoutes } from './routes/campaign.ts';
import { comparisonRoutes } from './routes/comparison.ts';
import { dossierRoutes } from './routes/dossiers.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { experimentRoutes } from './routes/experiment.ts';
import { flowRoutes, sentenceRoutes } from './routes/flows.ts';
import { machineRoutes } from './routes/machine.ts';
import { deviceRoutes, figureRoutes } from './routes/observation.ts';
import { packetRoutes } from './routes/packets.ts';
import { scanRoutes } from './routes/scan.ts';
import { verificationRoutes } from './routes/verification.ts';
import { windowRoutes } from './routes/windows.ts';
import type { App, RouteRoom, SchemaTypes } from './routing.ts';
import { installValidation } from './validation.ts';

/** Node swaps the two time-outs when the headers' is the larger (measured: a slow body then lived for a minute). */
const HEADERS_MS = 5000;
const REQUEST_MS = 10_000;
const CHECK_MS = 2000;
/** A line on which nothing moves, in neither direction; events have a heartbeat of 15 s. */
const STILL_MS = 60_000;
const BODY_BYTES = 64 * 1024;

/** The built page, next to the compiled program. */
const PAGE = fileURLToPath(new URL('../../../web', import.meta.url));

export interface ApplicationSettings {
  readonly allowedHosts: readonly string[];
  readonly report: (error: Error, url: string) => void;
  /** Hears of each line over which somebody proved who they are. */
  readonly proved: (socket: Socket) => void;
}

export async function makeApplication(room: RouteRoom, settings: ApplicationSettings): Promise<App> {
  const app = fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    connectionTimeout: STILL_MS,
    keepAliveTimeout: HEADERS_MS,
    forceCloseConnections: true,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS },
    routerOptions: { maxParamLength: 3 * DEVICE_WORD },
    // An address that cannot be decoded (`/%ff`) is answered before any hook.
    frameworkErrors: (_error, _request, reply) => {
      setSecurityHeaders(reply, true);
      void refuse(reply, 400, 'REQUEST_INVALID', 'The address is malformed.');
    },
  }).withTypeProvider<SchemaTypes>();
  installValidation(app, settings.report);
  await app.register(cookie);
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Weir', version: room.api.version } } });
  installGuard(app, room, settings);
  installCompact(app);
  if (!room.local && existsSync(PAGE))
    await app.register(files, { root: PAGE, cacheControl: true, preCompressed: true, index: ['index.html'] });
  claimRoutes(app, room);
  accessRoutes(app, room);
  sessionRoutes(app, room);
  certificateRoute(app, room);
  tokenRoutes(app, room);
  deviceRoutes(app, room);
  figureRoutes(app, room);
  flowRoutes(app, room);
  sentenceRoutes(app, room);
  evidenceRoutes(app, room);
  verificationRoutes(app, room);
  packetRoutes(app, room);
  dossierRoutes(app, room);
  experimentRoutes(app, room);
  windowRoutes(app, room);
  comparisonRoutes(app, room);
  campaignRoutes(app, room);
  scanRoutes(app, room);
  machineRoutes(app, room);
  return app;
}

const UNCLAIMED =
  'This appliance waits for its claim. Open its page and type the claim token from weir-access.txt on the card or from the console.';

/** A script that tags each interaction stays below; a stolen token must not fill a ledger that is never cut. */
const ORDERS: PaceLimits = { atOnce: 60, perMinute: 60 };
const TOO_OFTEN =
  'Too many orders: sixty at once and sixty a minute are taken. Nothing was done; try again in a minute.';

function installGuard(app: App, room: RouteRoom, settings: ApplicationSettings): void {
  app.decorateRequest('caller', undefined);
  const orders = new Pace(ORDERS);
  app.addHook('onRequest', async (request, reply) => {
    const route = request.is404 ? undefined : request.routeOptions.url;
    const open = isOpenRoute(route);
    setSecurityHeaders(reply, !open);
    if (room.local) {
      request.caller = { kind: 'local' };
      return undefined;
    }
    const misdirected = hostRefusal(request.headers.host, settings.allowedHosts);
    if (misdirected !== undefined) return refuse(reply, 421, 'MISDIRECTED', misdirected);
    if (needsTls(request)) return leadToTls(request, reply);
    const foreign = originRefusal(request);
    if (foreign !== undefined) return refuse(reply, 403, 'FOREIGN_ORIGIN', foreign);
    if (!room.access.isClaimed && !isOpenBeforeClaim(route)) return refuse(reply, 403, 'UNCLAIMED', UNCLAIMED);
    request.caller = identify(request, room);
    if (request.caller !== undefined) settings.proved(request.raw.socket);
    if (open) return undefined;
    if (request.caller === undefined)
      return refuse(reply, 401, 'UNAUTHORISED', 'Log in first: POST /api/v1/login, or send a token.');
    const narrow = scopeRefusal(request.caller, request.routeOptions.config);
    if (narrow !== undefined) return refuse(reply, 403, 'SCOPE', narrow);
    if (request.routeOptions.config.scope !== CONTROL.scope || orders.take(room.now())) return undefined;
    room.refusals.orders++;
    return refuse(reply, 429, 'TOO_OFTEN', TOO_OFTEN);
  });
}

const PLAIN = 'This address answers under https only. What you sent went over the network for everybody to read.';

/** The host was checked before: it is one of ours. */
function leadToTls(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(reply, 403, 'TLS_REQUIRED', PLAIN);
  const path = request.url.startsWith('/') ? request.url : '/';
  return reply.redirect(`https://${request.headers.host}${path}`, 308);
}
