// Port scans: begun, watched, ended, and what they found; Table 2 of all devices.

import { parseMac } from '../../../model/mac.ts';
import { wantsCsv } from '../../flow-view.ts';
import { discoveryView, orderScans, scanDetail, scanRow, tableTwoCsv, tableTwoView } from '../../scan-view.ts';
import {
  discoverySchema,
  scanDetailSchema,
  scanOrderedSchema,
  scanParamsSchema,
  scanQuerySchema,
  scanRequestSchema,
  scanRowSchema,
  scansSchema,
  tableTwoSchema,
} from '../../schemas/scan.ts';
import { errorSchema } from '../../schemas/words.ts';
import { CONTROL, SUMMARIES } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import { refuse } from '../guard.ts';
import { type App, by, type RouteRoom } from '../routing.ts';

const refused = { 400: errorSchema, 404: errorSchema, 409: errorSchema, 503: errorSchema };

export function scanRoutes(app: App, { api, scans }: RouteRoom): void {
  app.post(
    '/api/v1/scans',
    {
      config: CONTROL,
      schema: {
        summary: 'Scan ports of devices, or of all that are present; goes on by itself after a restart',
        body: scanRequestSchema,
        response: { 200: scanOrderedSchema, ...refused },
      },
    },
    (request) => orderScans(scans, request.body, () => api.devices(), by(request)),
  );

  app.get(
    '/api/v1/scans',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Scans, newest first',
        querystring: scanQuerySchema,
        response: { 200: scansSchema, ...refused },
      },
    },
    async (request) => {
      const { device: word } = request.query;
      const device = word === undefined ? undefined : parseMac(await askedDevice(api, word));
      return { scans: scans.list(device ?? null).map(scanRow) };
    },
  );

  app.get(
    '/api/v1/scans/table',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Table 2 of the paper for the newest scan of each device; as CSV where Accept says text/csv',
        response: { 200: tableTwoSchema },
      },
    },
    async (request, reply) => {
      const rows = tableTwoView(scans, api.devices());
      reply.header('vary', 'accept');
      if (!wantsCsv(request.headers.accept)) return { rows };
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="weir-table-2.csv"')
        .serializer((text: unknown) => String(text))
        .send(tableTwoCsv(rows) as unknown as { rows: typeof rows });
    },
  );

  app.get(
    '/api/v1/scans/discovery',
    {
      config: SUMMARIES,
      schema: { summary: 'Who was there when the network was last looked through', response: { 200: discoverySchema } },
    },
    async () => discoveryView(scans, api.devices()),
  );

  app.post(
    '/api/v1/scans/discovery',
    {
      config: CONTROL,
      schema: { summary: 'Look who is in the captured network', response: { 200: discoverySchema, ...refused } },
    },
    async (request) => {
      await scans.discover(by(request));
      return discoveryView(scans, api.devices());
    },
  );

  app.get(
    '/api/v1/scans/:id',
    {
      config: SUMMARIES,
      schema: {
        summary: 'One scan, what is unlike the one before, and which open ports are known to be attacked',
        params: scanParamsSchema,
        response: { 200: scanDetailSchema, 404: errorSchema },
      },
    },
    async (request, reply) => {
      const scan = scans.get(request.params.id);
      if (scan === undefined) return refuse(reply, 404, 'NOT_FOUND', 'There is no scan of that id.');
      return scanDetail(scan, scans.list(scan.device));
    },
  );

  app.post(
    '/api/v1/scans/:id/stop',
    {
      config: CONTROL,
      schema: {
        summary: 'End a scan; what it found out is kept',
        params: scanParamsSchema,
        response: { 200: scanRowSchema, ...refused },
      },
    },
    async (request) => scanRow(await scans.end(request.params.id)),
  );
}
