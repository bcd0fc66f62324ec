// The dossier of a device as a file: it opens offline, and never as a page of this address.

import type { FastifyReply } from 'fastify';
import { deviceId } from '../../../model/mac.ts';
import { deviceDossier } from '../../device-dossier.ts';
import { deviceParamsSchema } from '../../schemas/devices.ts';
import { errorSchema } from '../../schemas/words.ts';
import { SUMMARIES } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import { refuse } from '../guard.ts';
import type { App, RouteRoom } from '../routing.ts';

export function dossierRoutes(app: App, { api, scans }: RouteRoom): void {
  app.get(
    '/api/v1/devices/:id/report',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Dossier of one device: a page of HTML to print and file, without script',
        params: deviceParamsSchema,
        response: { 404: errorSchema, 409: errorSchema },
      },
    },
    async (request, reply) => {
      const device = await askedDevice(api, request.params.id);
      const html = await deviceDossier(api, scans, device);
      if (html === undefined) return refuse(reply, 404, 'NOT_FOUND', 'No device of that id was seen.');
      return sendPage(reply, `weir-${deviceId(device)}.html`, html);
    },
  );
}

function sendPage(reply: FastifyReply, fileName: string, html: string): FastifyReply {
  reply.headers({
    'content-type': 'text/html; charset=utf-8',
    'content-disposition': `attachment; filename="${fileName}"`,
    'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
  });
  return reply.send(Buffer.from(html));
}
