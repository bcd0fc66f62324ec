// What a collecting machine needs to prove what it fetched: who signs, the signed end of the ledger, its lines byte for byte, and the
// sidecars as they are. `weir pull` reads them.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FastifyReply } from 'fastify';
import { orElse, UNREADABLE } from '../../../model/expected-error.ts';
import { ledgerTextQuerySchema, segmentParamsSchema, witnessSchema } from '../../schemas/captures.ts';
import { errorSchema } from '../../schemas/words.ts';
import { CAPTURES } from '../access/scopes.ts';
import { refuse } from '../guard.ts';
import type { App, RouteRoom } from '../routing.ts';

/** A page of the ledger: some thousand lines. */
const PAGE_BYTES = 1024 * 1024;
/** Of one sidecar; a larger file is answered as if it were not there. */
const MAX_SIDECAR_BYTES = 1024 * 1024;

export function collectionRoutes(app: App, { api }: RouteRoom): void {
  app.get(
    '/api/v1/witness',
    {
      config: CAPTURES,
      schema: { summary: 'Who signs the ledger, and its signed end', response: { 200: witnessSchema } },
    },
    async () => api.witness(),
  );

  app.get(
    '/api/v1/ledger.ndjson',
    {
      config: CAPTURES,
      schema: {
        summary: 'A page of the ledger verbatim; empty after its end',
        querystring: ledgerTextQuerySchema,
        response: {},
      },
    },
    async (request, reply) => {
      reply.header('content-type', 'application/x-ndjson');
      return reply.send(await api.ledgerText(request.query.after ?? 0, PAGE_BYTES));
    },
  );

  app.get(
    '/api/v1/segments/:seq/sidecar',
    {
      config: CAPTURES,
      schema: {
        summary: 'The sidecar of one segment, byte for byte',
        params: segmentParamsSchema,
        response: { 404: errorSchema, 409: errorSchema },
      },
    },
    async (request, reply) => {
      const download = api.download(request.params.seq);
      const bytes = download === undefined ? undefined : await readSmall(download.path.replace(/\.pcap$/, '.json'));
      if (bytes === undefined) return refuse(reply, 404, 'NOT_FOUND', 'There is no such sidecar, or it was deleted.');
      return sendBytes(reply, bytes);
    },
  );
}

function sendBytes(reply: FastifyReply, bytes: Buffer): FastifyReply {
  reply.header('content-type', 'application/json');
  return reply.send(bytes);
}

/** Undefined for what is no plain file of a sidecar's size. */
async function readSmall(path: string): Promise<Buffer | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    orElse(undefined, 'opening a sidecar', ...UNREADABLE),
  );
  try {
    const stats = await file?.stat();
    return stats?.isFile() === true && stats.size <= MAX_SIDECAR_BYTES ? await file?.readFile() : undefined;
  } finally {
    await file?.close();
  }
}
