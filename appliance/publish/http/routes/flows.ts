// The flow matrix: who sent how much to whom. Reads only.

import { meantDevice } from '../../device-word.ts';
import { flowsCsv, flowsResponse, readFlowsQuery, wantsCsv } from '../../flow-view.ts';
import { flowsQuerySchema, flowsSchema } from '../../schemas/flows.ts';
import { errorSchema } from '../../schemas/words.ts';
import { SUMMARIES } from '../access/scopes.ts';
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
      const device = word === undefined ? null : meantDevice(word, () => api.devices());
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
