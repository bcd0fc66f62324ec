// For machines: liveness, metrics, events, the description of the interface.

import { doctorSchema } from '../../schemas/doctor.ts';
import { eventsQuerySchema } from '../../schemas/events.ts';
import { notificationTestSchema } from '../../schemas/experiment.ts';
import { ANY_TOKEN, CONTROL, METRICS, SUMMARIES } from '../access/scopes.ts';
import { callerKey, isStillAllowed, refuse } from '../guard.ts';
import type { App, RouteRoom } from '../routing.ts';

export function machineRoutes(app: App, room: RouteRoom): void {
  // Says that the process answers, and nothing else: it is open to everyone.
  app.get('/healthz', { schema: { hide: true } }, async (_request, reply) => reply.type('text/plain').send('ok\n'));

  app.get(
    '/metrics',
    { config: METRICS, schema: { summary: 'Prometheus text exposition' } },
    async (_request, reply) => {
      await room.api.refreshed();
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(room.metrics());
    },
  );

  app.get('/api/v1/openapi.json', { config: ANY_TOKEN, schema: { summary: 'This description' } }, async () =>
    app.swagger(),
  );

  app.get(
    '/api/v1/doctor',
    {
      config: SUMMARIES,
      schema: { summary: 'The last check-up: known problems, with fixes', response: { 200: doctorSchema } },
    },
    async () => room.api.doctor(),
  );

  app.post(
    '/api/v1/doctor',
    {
      config: CONTROL,
      schema: {
        summary: 'Begin a check-up (at most one every 15 s); its report is read with GET',
        response: { 200: doctorSchema },
      },
    },
    async () => room.api.checkUp(),
  );

  app.post(
    '/api/v1/notifications/test',
    {
      config: CONTROL,
      schema: {
        summary: 'Send a test by every channel of `notify`; says what became of each',
        response: { 200: notificationTestSchema },
      },
    },
    async () => ({ channels: await room.testNotifications() }),
  );

  const schema = {
    summary: 'Server-sent events; with `changes=1` only what changed of the status, and silent seconds as such',
    querystring: eventsQuerySchema,
  };
  app.get('/events', { config: SUMMARIES, schema }, async (request, reply) => {
    const { caller, query } = request;
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const reader = {
      owner: callerKey(caller),
      isAllowed: () => isStillAllowed(caller, room),
      takesChanges: query.changes === 1,
    };
    room.events.open(reply.raw, reader, room.api.status());
    return reply.hijack();
  });

  app.all('/api/*', { config: ANY_TOKEN, schema: { hide: true } }, async (_request, reply) =>
    refuse(reply, 404, 'NOT_FOUND', 'There is no such route.'),
  );
}
