// One pcap of devices and a span of time, a phase, or a window: streamed, in turn with other downloads, reported in the ledger like them.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WeirError } from '../../../model/errors.ts';
import { type DeviceKey, deviceFolder } from '../../../model/mac.ts';
import { printable } from '../../../model/text.ts';
import { parseInstant } from '../../../model/time/clock.ts';
import { mergedQuerySchema, spanQuerySchema } from '../../schemas/captures.ts';
import { deviceParamsSchema } from '../../schemas/devices.ts';
import { errorSchema } from '../../schemas/words.ts';
import { CAPTURES } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import { askedSpan } from '../asked-span.ts';
import type { CustodyNotes } from '../custody-notes.ts';
import type { Downloads } from '../downloads.ts';
import { callerKey, refuse } from '../guard.ts';
import { type MergedFile, mergedPcap, type Span } from '../merged-pcap.ts';
import { type App, by, type RouteRoom } from '../routing.ts';

/** Files of them are read next to each other. */
const MAX_DEVICES = 64;

const response = { 400: errorSchema, 404: errorSchema, 409: errorSchema, 429: errorSchema };

export function mergedRoutes(app: App, { api }: RouteRoom, downloads: Downloads, custody: CustodyNotes): void {
  app.get(
    '/api/v1/devices/:id/pcap',
    {
      config: CAPTURES,
      schema: {
        summary: 'Packets of one device within a span of time, as one pcap file in the order of time',
        params: deviceParamsSchema,
        querystring: spanQuerySchema,
        response,
      },
    },
    async (request, reply) => {
      const span = askedSpan(request.query);
      const device = await askedDevice(api, request.params.id);
      const files = await api.mergedFiles([device], span, request.query.phase);
      return sendMerged(request, reply, { files, span, name: deviceFolder(device) });
    },
  );

  app.get(
    '/api/v1/pcap',
    {
      config: CAPTURES,
      schema: {
        summary: 'The same of several devices or all, of a phase, or of a window of the ledger',
        querystring: mergedQuerySchema,
        response,
      },
    },
    async (request, reply) => {
      const { devices: words, phase, window: id } = request.query;
      const window = id === undefined ? undefined : windowOf(id);
      const span = narrowed(askedSpan(request.query), window);
      const named = (words ?? '').split(',').filter((word) => word.trim() !== '');
      const devices = await Promise.all(named.map((word) => askedDevice(api, word)));
      const all = devices.length > 0 || window?.device == null ? devices : [window.device as DeviceKey];
      const files = await api.mergedFiles(all, span, phase);
      if (new Set(files.map(({ device }) => device)).size > MAX_DEVICES) {
        const message = `One file holds ${MAX_DEVICES} devices at most. Nothing was sent. Name fewer devices, or a shorter span.`;
        return refuse(reply, 400, 'REQUEST_INVALID', message);
      }
      return sendMerged(request, reply, { files, span, name: id ?? phase ?? 'merged' });
    },
  );

  function windowOf(id: string) {
    const found = api.windows.list({}).windows.find((window) => window.id === id);
    if (found !== undefined) return found;
    const message = `${printable(id, 40)} is no window of this ledger. Nothing was sent. \`weir windows\` lists them.`;
    throw new WeirError('REQUEST_INVALID', message);
  }

  async function sendMerged(request: FastifyRequest, reply: FastifyReply, { files, span, name }: Merged) {
    if (files.length === 0)
      return refuse(reply, 404, 'NOT_FOUND', 'No capture of that device and time is there. Nothing was sent.');
    reply.headers({
      'content-type': 'application/vnd.tcpdump.pcap',
      'content-disposition': `attachment; filename="weir-${name}.pcap"`,
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
  }
}

interface Merged {
  readonly files: readonly MergedFile[];
  readonly span: Span;
  /** In the name of the file. */
  readonly name: string;
}

/** The part of the span that is inside the window. */
function narrowed(span: Span, window: { readonly from: string; readonly to: string | null } | undefined): Span {
  const from = window === undefined ? undefined : parseInstant(window.from);
  const to = window?.to == null ? undefined : parseInstant(window.to);
  const inside = {
    from: from !== undefined && from > span.from ? from : span.from,
    to: to !== undefined && to < span.to ? to : span.to,
  };
  if (inside.from < inside.to) return inside;
  throw new WeirError('REQUEST_INVALID', 'The span is outside the window, or it is a moment. Nothing was sent.');
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
