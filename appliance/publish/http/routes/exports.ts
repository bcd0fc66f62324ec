// Bundles of evidence: made, watched, downloaded as one tar, removed. A download takes its turn and leaves a line of custody like that of
// the captures in it.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ExportFile } from '../../../experiment/kept-exports.ts';
import type { ExportSelection } from '../../../experiment/make-export.ts';
import type { ApplianceApi } from '../../appliance-api.ts';
import { type ExportRequest, exportRequestSchema } from '../../schemas/experiment.ts';
import { exportParamsSchema, exportsSchema } from '../../schemas/exports.ts';
import { errorSchema, okSchema } from '../../schemas/words.ts';
import { CAPTURES, CONTROL } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import { askedSpan } from '../asked-span.ts';
import type { CustodyNotes } from '../custody-notes.ts';
import type { Downloads } from '../downloads.ts';
import { callerKey, refuse } from '../guard.ts';
import { type App, by, type RouteRoom } from '../routing.ts';
import { tarBytes, tarStream } from '../tar-stream.ts';

const NONE = 'There is no such export, or it is not whole.';

export function exportRoutes(app: App, { api }: RouteRoom, downloads: Downloads, custody: CustodyNotes): void {
  app.get(
    '/api/v1/exports',
    {
      config: CAPTURES,
      schema: {
        summary: 'Bundles of evidence on the appliance, and the one that is being made',
        response: { 200: exportsSchema },
      },
    },
    async () => api.exports.view(),
  );

  app.post(
    '/api/v1/exports',
    {
      config: CONTROL,
      schema: {
        summary: 'Make a bundle of captures, ledger and custody record, signed; while one is made, that one goes on',
        body: exportRequestSchema,
        response: { 200: exportsSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema },
      },
    },
    async (request) =>
      api.exports.begin(await selectionOf(api, request.body), request.body.reason || 'not given', by(request)),
  );

  app.get(
    '/api/v1/exports/:name/tar',
    {
      config: CAPTURES,
      schema: {
        summary: 'One bundle as a tar; `weir verify` checks it anywhere',
        params: exportParamsSchema,
        response: { 404: errorSchema, 429: errorSchema },
      },
    },
    async (request, reply) => {
      const files = api.exports.files(request.params.name);
      if (files === undefined) return refuse(reply, 404, 'NOT_FOUND', NONE);
      return sendTar(request, reply, request.params.name, files);
    },
  );

  app.delete(
    '/api/v1/exports/:name',
    {
      config: CONTROL,
      schema: {
        summary: 'Remove a bundle from the appliance; captures and ledger stay',
        params: exportParamsSchema,
        response: { 200: okSchema, 400: errorSchema, 404: errorSchema },
      },
    },
    async (request, reply) => {
      if (await api.exports.remove(request.params.name)) return { ok: true as const };
      return refuse(reply, 404, 'NOT_FOUND', NONE);
    },
  );

  async function sendTar(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    files: readonly ExportFile[],
  ): Promise<FastifyReply> {
    reply.headers({
      'content-type': 'application/x-tar',
      'content-length': String(tarBytes(files)),
      'content-disposition': `attachment; filename="weir-export-${name}.tar"`,
      'content-security-policy': "sandbox; default-src 'none'",
    });
    if (request.method === 'HEAD') return reply.send();
    const turn = await downloads.enter(callerKey(request.caller));
    if (turn === undefined) {
      reply.removeHeader('content-length');
      reply.header('retry-after', '30');
      return refuse(reply, 429, 'BUSY', 'Too many downloads are waiting. Try again when some have ended.');
    }
    let bytes = 0;
    const noteSent = ({ segment }: ExportFile, sent: number) => {
      if (segment !== null) custody.sent(by(request), segment, sent);
    };
    const pieces = async function* () {
      for await (const piece of tarStream(files, noteSent)) {
        bytes += piece.length;
        yield piece;
      }
    };
    const readable = Readable.from(pieces(), { objectMode: false });
    turn.run({ bytesRead: () => bytes, cut: () => reply.raw.destroy() });
    readable.once('close', () => turn.end());
    if (reply.raw.destroyed) readable.destroy();
    return reply.send(readable);
  }
}

async function selectionOf(api: ApplianceApi, wanted: ExportRequest): Promise<ExportSelection> {
  const { devices, phases, from, to } = wanted;
  const span = askedSpan(wanted);
  return {
    ...(devices === undefined ? {} : { devices: await Promise.all(devices.map((word) => askedDevice(api, word))) }),
    ...(phases === undefined ? {} : { phases }),
    ...(from === undefined ? {} : { from: span.from }),
    ...(to === undefined ? {} : { to: span.to }),
  };
}
