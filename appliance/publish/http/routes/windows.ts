// Windows of time: what the ledger says happened when, and marking a span that has passed.

import {
  figuresQuerySchema,
  figuresSchema,
  markedSchema,
  markRequestSchema,
  windowFiguresQuerySchema,
  windowParamsSchema,
  windowsQuerySchema,
  windowsSchema,
} from '../../schemas/windows.ts';
import { errorSchema, okSchema } from '../../schemas/words.ts';
import { CONTROL, SUMMARIES } from '../access/scopes.ts';
import { type App, by, type RouteRoom } from '../routing.ts';

const refused = { 400: errorSchema, 404: errorSchema, 409: errorSchema };

export function windowRoutes(app: App, { api }: RouteRoom): void {
  app.get(
    '/api/v1/windows',
    {
      config: SUMMARIES,
      schema: {
        summary:
          'Phases, tags, notes, gaps, pauses, steps of the clock, campaigns and scans, as the ledger records them',
        querystring: windowsQuerySchema,
        response: { 200: windowsSchema, ...refused },
      },
    },
    async (request) => api.windows.list(request.query),
  );

  app.post(
    '/api/v1/windows',
    {
      config: CONTROL,
      schema: {
        summary: 'Mark a span that has passed',
        body: markRequestSchema,
        response: { 200: markedSchema, ...refused, 503: errorSchema },
      },
    },
    async (request) => api.windows.mark(request.body, by(request)),
  );

  app.get(
    '/api/v1/windows/:id/figures',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Figures of exactly the packets of a window, and what of it is missing',
        params: windowParamsSchema,
        querystring: windowFiguresQuerySchema,
        response: { 200: figuresSchema, ...refused },
      },
    },
    async (request) => api.windows.figures({ ...request.query, id: request.params.id }),
  );

  app.get(
    '/api/v1/figures',
    {
      config: SUMMARIES,
      schema: {
        summary: 'The same of any span [from, to)',
        querystring: figuresQuerySchema,
        response: { 200: figuresSchema, ...refused },
      },
    },
    async (request) => api.windows.figures(request.query),
  );

  app.delete(
    '/api/v1/windows/:id',
    {
      config: CONTROL,
      schema: {
        summary: 'Take back what was marked afterwards; the capture stays',
        params: windowParamsSchema,
        response: { 200: okSchema, ...refused, 503: errorSchema },
      },
    },
    async (request) => {
      await api.windows.unmark(request.params.id, by(request));
      return { ok: true as const };
    },
  );
}
