// The flow matrix: who sent how much to whom, as figures and in plain words. Reads only.

import { deviceId } from '../../../model/mac.ts';
import { flowsCsv, flowsResponse, readFlowsQuery, shownWindow, wantsCsv } from '../../flow-view.ts';
import { flowsQuerySchema, flowsSchema } from '../../schemas/flows.ts';
import { sentencesQuerySchema, sentencesSchema } from '../../schemas/sentences.ts';
import { errorSchema } from '../../schemas/words.ts';
import { periodOf, SENTENCES_BY, sentencesResponse } from '../../sentence-view.ts';
import { SUMMARIES } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import type { App, RouteRoom } from '../routing.ts';

export function flowRoutes(app: App, { api }: RouteRoom): void {
  app.get(
    '/api/v1/flows',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Bytes by device, destination, service, protection and hour; as CSV where Accept says text/csv',
        querystring: flowsQuerySchema,
        response: { 200: flowsSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema },
      },
    },
    async (request, reply) => {
      const now = Date.now();
      const asked = readFlowsQuery(request.query, now / 1000);
      const { device: word } = request.query;
      const device = word === undefined ? null : await askedDevice(api, word);
      const found = await api.flows(device, asked.window, asked.question);
      const answer = flowsResponse(asked, found, new Date(now).toISOString());
      reply.header('vary', 'accept');
      if (!wantsCsv(request.headers.accept)) return answer;
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="weir-flows.csv"')
        .serializer((text: unknown) => String(text))
        .send(flowsCsv(answer) as unknown as typeof answer);
    },
  );
}

export function sentenceRoutes(app: App, { api }: RouteRoom): void {
  app.get(
    '/api/v1/sentences',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Each device in plain words, gravest first: what it says, readable or not, to whom and where',
        querystring: sentencesQuerySchema,
        response: { 200: sentencesSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema },
      },
    },
    async (request) => {
      const now = Date.now();
      const { device: word } = request.query;
      const { window } = readFlowsQuery({ ...request.query, by: SENTENCES_BY.join(',') }, now / 1000);
      await api.refreshed();
      const device = word === undefined ? null : await askedDevice(api, word);
      const found = await api.flows(device, window, { by: SENTENCES_BY, filter: {} });
      const rows = api.devices().filter(({ id }) => device === null || id === deviceId(device));
      const period = periodOf(request.query, now);
      return sentencesResponse(rows, found, { ...shownWindow(window), period, ts: new Date(now).toISOString() });
    },
  );
}
