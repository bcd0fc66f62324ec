// The captures themselves and the ledger. A download is an attachment, never a page, and leaves a line of custody.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SegmentDownload } from '../../api.ts';
import { CAPTURES, CONTROL } from '../access/scopes.ts';
import { refuse } from '../guard.ts';
import { type App, by, type RouteRoom } from '../routing.ts';
import {
  ledgerQuerySchema,
  ledgerSchema,
  segmentParamsSchema,
  segmentsQuerySchema,
  segmentsSchema,
} from '../schemas/captures.ts';
import { errorSchema, okSchema } from '../schemas/words.ts';

/** At once: a card that serves downloads must still take captures. */
const MOST_DOWNLOADS = 2;
const DEFAULT_LINES = 200;

export function evidenceRoutes(app: App, room: RouteRoom): void {
  const { api } = room;
  let downloads = 0;

  app.get(
    '/api/v1/segments',
    {
      config: CAPTURES,
      schema: {
        summary: 'Captured segments, newest first',
        querystring: segmentsQuerySchema,
        response: { 200: segmentsSchema },
      },
    },
    async (request) => api.segments(request.query),
  );

  app.get(
    '/api/v1/segments/:seq/pcap',
    {
      config: CAPTURES,
      schema: {
        summary: 'Download one segment',
        params: segmentParamsSchema,
        response: { 404: errorSchema, 409: errorSchema, 429: errorSchema },
      },
    },
    async (request, reply) => {
      const download = api.download(request.params.seq);
      if (download === undefined)
        return refuse(reply, 404, 'NOT_FOUND', 'There is no such segment, or it was deleted.');
      if (downloads >= MOST_DOWNLOADS)
        return refuse(reply, 429, 'BUSY', 'Two downloads are running already. Try again when one has ended.');
      downloads++;
      reply.raw.once('close', () => {
        downloads--;
      });
      return sendSegment(room, request, reply, download);
    },
  );

  app.get(
    '/api/v1/ledger',
    {
      config: CAPTURES,
      schema: { summary: 'Lines of the ledger', querystring: ledgerQuerySchema, response: { 200: ledgerSchema } },
    },
    async (request) => {
      const { after, limit } = request.query;
      return api.ledger(after ?? -1, limit ?? DEFAULT_LINES);
    },
  );

  app.post(
    '/api/v1/rotate',
    {
      config: CONTROL,
      schema: { summary: 'Cut all open segments now', response: { 200: okSchema, 503: errorSchema } },
    },
    async () => {
      await api.rotate();
      return { ok: true as const };
    },
  );
}

async function sendSegment(
  { api }: RouteRoom,
  request: FastifyRequest,
  reply: FastifyReply,
  download: SegmentDownload,
): Promise<FastifyReply> {
  const file = await open(download.path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (file === undefined) return refuse(reply, 404, 'NOT_FOUND', 'The file of this segment is gone.');
  const { size } = await file.stat();
  const recorded = await api.noteDownload(download, by(request));
  reply.headers({
    'content-type': 'application/vnd.tcpdump.pcap',
    'content-length': String(size),
    'content-disposition': `attachment; filename="${download.fileName}"`,
    'content-security-policy': "sandbox; default-src 'none'",
    'x-weir-custody': recorded ? 'recorded' : 'capture did not answer',
    ...(download.sha256 === null ? {} : { 'x-weir-sha256': download.sha256 }),
  });
  return reply.send(file.createReadStream({ end: Math.max(0, size - 1) }));
}
