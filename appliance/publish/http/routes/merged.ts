// One pcap of a device and a span of time: streamed, in turn with other downloads, reported in the ledger like them.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { deviceFolder } from '../../../model/mac.ts';
import { meantDevice } from '../../device-word.ts';
import { spanQuerySchema } from '../../schemas/captures.ts';
import { deviceParamsSchema } from '../../schemas/devices.ts';
import { errorSchema } from '../../schemas/words.ts';
import { CAPTURES } from '../access/scopes.ts';
import { askedSpan } from '../asked-span.ts';
import type { CustodyNotes } from '../custody-notes.ts';
import type { Downloads } from '../downloads.ts';
import { callerKey, refuse } from '../guard.ts';
import { type MergedFile, mergedPcap, type Span } from '../merged-pcap.ts';
import { type App, by, type RouteRoom } from '../routing.ts';

export function mergedRoute(app: App, { api }: RouteRoom, downloads: Downloads, custody: CustodyNotes): void {
  app.get(
    '/api/v1/devices/:id/pcap',
    {
      config: CAPTURES,
      schema: {
        summary: 'Packets of one device within a span of time, as one pcap file in the order of time',
        params: deviceParamsSchema,
        querystring: spanQuerySchema,
        response: { 400: errorSchema, 404: errorSchema, 409: errorSchema, 429: errorSchema },
      },
    },
    async (request, reply) => {
      const span = askedSpan(request.query);
      const device = meantDevice(request.params.id, () => api.devices());
      const files = await api.mergedFiles(device, span);
      if (files.length === 0)
        return refuse(reply, 404, 'NOT_FOUND', 'No capture of that device and time is there. Nothing was sent.');
      reply.headers({
        'content-type': 'application/vnd.tcpdump.pcap',
        'content-disposition': `attachment; filename="weir-${deviceFolder(device)}.pcap"`,
        'content-security-policy': "sandbox; default-src 'none'",
        'x-weir-files': String(files.length),
      });
      if (request.method === 'HEAD') return send(reply, undefined);
      const turn = await downloads.enter(callerKey(request.caller));
      if (turn === undefined) {
        reply.header('retry-after', '30');
        return refuse(reply, 429, 'BUSY', 'Too many downloads are waiting. Try again when some have ended.');
      }
      const stream = mergedStream(request, files, span, custody);
      turn.run({ bytesRead: stream.bytes, cut: () => reply.raw.destroy() });
      stream.readable.once('close', () => turn.end());
      if (reply.raw.destroyed) stream.readable.destroy();
      return send(reply, stream.readable);
    },
  );
}

function send(reply: FastifyReply, body: Readable | undefined): FastifyReply {
  return reply.send(body);
}

interface MergedStream {
  readonly readable: Readable;
  /** Gone out so far. */
  readonly bytes: () => number;
}

function mergedStream(
  request: FastifyRequest,
  files: readonly MergedFile[],
  span: Span,
  custody: CustodyNotes,
): MergedStream {
  let bytes = 0;
  const reported = async function* () {
    for await (const piece of mergedPcap(files, span, (file, sent) => custody.sent(by(request), file, sent))) {
      bytes += piece.length;
      yield piece;
    }
  };
  return { readable: Readable.from(reported(), { objectMode: false }), bytes: () => bytes };
}
