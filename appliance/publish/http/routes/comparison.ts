// What differs between two selections of what was recorded, of one device or of all: idle against intensive where nothing else is asked.

import type { DeviceKey } from '../../../model/mac.ts';
import {
  type ComparisonQuery,
  comparisonAnswerSchema,
  comparisonOfQuerySchema,
  comparisonQuerySchema,
} from '../../schemas/comparison.ts';
import { deviceParamsSchema } from '../../schemas/devices.ts';
import { errorSchema } from '../../schemas/words.ts';
import { SUMMARIES } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import type { App, RouteRoom } from '../routing.ts';

const response = { 200: comparisonAnswerSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema };

export function comparisonRoutes(app: App, { api }: RouteRoom): void {
  const compare = (device: DeviceKey | null, { a = 'idle', b = 'intensive' }: ComparisonQuery) =>
    api.comparison(device, a, b);
  const meant = (word: string) => askedDevice(api, word);

  app.get(
    '/api/v1/devices/:id/comparison',
    {
      config: SUMMARIES,
      schema: {
        summary:
          'What differs between two phases, tags, windows, days or spans of one device; idle and intensive unless said',
        params: deviceParamsSchema,
        querystring: comparisonQuerySchema,
        response,
      },
    },
    async (request) => compare(await meant(request.params.id), request.query),
  );

  app.get(
    '/api/v1/comparison',
    {
      config: SUMMARIES,
      schema: { summary: 'The same of all devices together', querystring: comparisonOfQuerySchema, response },
    },
    async ({ query: { device, ...sides } }) => compare(device === undefined ? null : await meant(device), sides),
  );
}
