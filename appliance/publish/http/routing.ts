// What every route file gets, and how schemas become types of requests.

import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Scans } from '../../experiment/scan/scans.ts';
import type { BootReport } from '../../model/files/boot-report.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import type { Refusals } from '../refusals.ts';
import type { CertificateResponse } from '../schemas/access.ts';
import type { NotificationTest } from '../schemas/experiment.ts';
import type { AccessStore } from './access/access-store.ts';
import type { LoginBrake } from './access/login-brake.ts';
import type { RouteAccess } from './access/scopes.ts';
import type { Sessions } from './access/sessions.ts';
import type { EventStream } from './event-stream.ts';
import { type Caller, callerText } from './guard.ts';

export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  readonly serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  SchemaTypes
>;

export interface RouteRoom {
  readonly api: ApplianceApi;
  readonly scans: Scans;
  readonly access: AccessStore;
  readonly sessions: Sessions;
  readonly brake: LoginBrake;
  readonly events: EventStream;
  readonly refusals: Refusals;
  /** Facts of the page's certificate. */
  readonly certificate: () => CertificateResponse;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Whether this application answers on the Unix socket. */
  readonly local: boolean;
  /** What first boot made of the card; null where there was none. */
  readonly bootReport: () => BootReport | null;
  /** Sends a test to every channel that is set. */
  readonly testNotifications: () => Promise<NotificationTest['channels']>;
  /** Text exposition for `/metrics`. */
  readonly metrics: () => string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard; undefined on open routes. */
    caller: Caller | undefined;
  }

  interface FastifyContextConfig extends RouteAccess {}
}

export function by(request: FastifyRequest): string {
  return callerText(request.caller, request.ip);
}
