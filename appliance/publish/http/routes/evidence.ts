// The captures themselves and the ledger. A download is an attachment, never a page, and leaves a line of custody.

import { constants, type ReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { orElse, UNREADABLE } from '../../../model/expected-error.ts';
import { deviceId } from '../../../model/mac.ts';
import type { ApplianceApi, SegmentDownload } from '../../appliance-api.ts';
import {
  ledgerQuerySchema,
  ledgerSchema,
  segmentParamsSchema,
  segmentsQuerySchema,
  segmentsSchema,
} from '../../schemas/captures.ts';
import { errorSchema, okSchema } from '../../schemas/words.ts';
import { CAPTURES, CONTROL } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import { askedSpan } from '../asked-span.ts';
import { CustodyNotes } from '../custody-notes.ts';
import { Downloads } from '../downloads.ts';
import { callerKey, refuse } from '../guard.ts';
import { type App, by, type RouteRoom } from '../routing.ts';
import { byteRange } from './byte-range.ts';
import { collectionRoutes } from './collection.ts';
import { exportRoutes } from './exports.ts';
import { mergedRoutes } from './merged.ts';

const DEFAULT_LINES = 200;

export function evidenceRoutes(app: App, room: RouteRoom): void {
  const { api } = room;
  const downloads = new Downloads(room.now);
  const custody = new CustodyNotes((note) => api.noteDownloads(note), room.now);
  app.addHook('onClose', async () => {
    downloads.stop();
    await custody.stop();
  });

  app.get(
    '/api/v1/segments',
    {
      config: CAPTURES,
      schema: {
        summary: 'Captured segments, newest first',
        querystring: segmentsQuerySchema,
        response: { 200: segmentsSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema },
      },
    },
    async (request) => {
      const { device, ...query } = request.query;
      const span = askedSpan(query);
      if (device === undefined) return api.segments(query, span);
      return api.segments({ ...query, device: deviceId(await askedDevice(api, device)) }, span);
    },
  );

  app.get(
    '/api/v1/segments/:seq/pcap',
    {
      config: CAPTURES,
      schema: {
        summary: 'Download one segment; waits for its turn while others are read',
        params: segmentParamsSchema,
        response: { 404: errorSchema, 409: errorSchema, 416: errorSchema, 429: errorSchema },
      },
    },
    async (request, reply) => {
      const download = api.download(request.params.seq);
      if (download === undefined)
        return refuse(reply, 404, 'NOT_FOUND', 'There is no such segment, or it was deleted.');
      if (request.method === 'HEAD') return await describeSegment(reply, download);
      const turn = await downloads.enter(callerKey(request.caller));
      if (turn === undefined) {
        reply.header('retry-after', '30');
        return refuse(reply, 429, 'BUSY', 'Too many downloads are waiting. Try again when some have ended.');
      }
      reply.raw.once('close', () => turn.end());
      if (reply.raw.destroyed) turn.end();
      return await sendSegment(api, request, reply, download, (stream) => {
        turn.run({ bytesRead: () => stream.bytesRead, cut: () => reply.raw.destroy() });
        // What is read waits for the network in memory; the card is free for the next one.
        stream.once('close', () => {
          turn.end();
          custody.sent(by(request), download, stream.bytesRead);
        });
      });
    },
  );

  mergedRoutes(app, room, downloads, custody);
  exportRoutes(app, room, downloads, custody);

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

  collectionRoutes(app, room);

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

async function openSegment(reply: FastifyReply, download: SegmentDownload): Promise<FileHandle | undefined> {
  const file = await open(download.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    orElse(undefined, 'opening a capture file', ...UNREADABLE),
  );
  const stats = await file?.stat();
  if (file === undefined || stats === undefined || !stats.isFile()) {
    await file?.close();
    return undefined;
  }
  reply.headers({
    'content-type': 'application/vnd.tcpdump.pcap',
    'content-length': String(stats.size),
    'content-disposition': `attachment; filename="${download.fileName}"`,
    'content-security-policy': "sandbox; default-src 'none'",
    'accept-ranges': 'bytes',
    ...(download.sha256 === null ? {} : { 'x-weir-sha256': download.sha256, etag: `"${download.sha256}"` }),
  });
  return file;
}

const GONE = 'The file of this segment is gone.';

/** The answer to HEAD: nothing goes out, so nothing is recorded. */
async function describeSegment(reply: FastifyReply, download: SegmentDownload): Promise<FastifyReply> {
  const file = await openSegment(reply, download);
  if (file === undefined) return refuse(reply, 404, 'NOT_FOUND', GONE);
  await file.close();
  return reply.send();
}

async function sendSegment(
  api: ApplianceApi,
  request: FastifyRequest,
  reply: FastifyReply,
  download: SegmentDownload,
  begun: (stream: ReadStream) => void,
): Promise<FastifyReply> {
  const file = await openSegment(reply, download);
  if (file === undefined) return refuse(reply, 404, 'NOT_FOUND', GONE);
  const size = Number(reply.getHeader('content-length'));
  const part = byteRange(request.headers, size, download.sha256);
  if (part === 'beyond') {
    await file.close();
    reply.removeHeader('content-length');
    reply.header('content-range', `bytes */${size}`);
    return refuse(reply, 416, 'REQUEST_INVALID', `The segment has ${size} bytes; nothing lies behind them.`);
  }
  // The line is written once bytes have gone out, summed with others of the same caller.
  reply.header('x-weir-custody', api.status().capture === null ? 'capture did not answer' : 'recorded');
  const { start, end } = part ?? { start: 0, end: Math.max(0, size - 1) };
  if (part !== undefined) {
    reply.code(206);
    reply.headers({ 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': String(end - start + 1) });
  }
  const stream = file.createReadStream({ start, end });
  begun(stream);
  return reply.send(stream);
}
