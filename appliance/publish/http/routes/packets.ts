// The packet that proves a finding, without its payload for the asking, with it as a line of the ledger; and findings that people set
// aside. Capture reads the files; here nothing is opened.

import type { PacketView } from '../../../model/document/packet.ts';
import { parseDevice } from '../../../model/mac.ts';
import type { FindingRow } from '../../schemas/findings.ts';
import { evidenceQuerySchema, findingParamsSchema, setAsideRequestSchema } from '../../schemas/findings.ts';
import { packetParamsSchema, packetSchema } from '../../schemas/packets.ts';
import { errorSchema, okSchema } from '../../schemas/words.ts';
import { CAPTURES, CONTROL } from '../access/scopes.ts';
import { refuse } from '../guard.ts';
import { type App, by, type RouteRoom } from '../routing.ts';

const refused = { 404: errorSchema, 409: errorSchema, 429: errorSchema, 503: errorSchema };
const UNKNOWN = 'There is no such finding, or it is not about packets. Nothing was shown.';
/** Nobody's token fills the ledger: a reveal is for people, who log in. */
const PEOPLE = {};

export function packetRoutes(app: App, { api }: RouteRoom): void {
  /** A device's own list holds all of its findings. */
  async function known(id: string): Promise<FindingRow | undefined> {
    const device = parseDevice(id.split(' ')[1] ?? '');
    return (await api.findings(device ?? null)).find((one) => one.id === id);
  }

  /** The packet that a finding names; undefined where there is none. */
  async function proof(id: string, evidence: number, reveal: boolean, who: string): Promise<PacketView | undefined> {
    const finding = await known(id);
    const place = finding?.evidence[evidence];
    if (finding === undefined || place === undefined) return undefined;
    return await api.packet(place.segment, place.packet, { reveal, excerpt: finding.excerpt_masked, by: who });
  }

  for (const reveal of [false, true]) {
    const method = reveal ? 'POST' : 'GET';
    const config = reveal ? PEOPLE : CAPTURES;
    const shown = reveal ? 'with its payload; a line of the ledger says so' : 'its payload hidden';
    app.route({
      method,
      url: `/api/v1/segments/:seq/packets/:packet${reveal ? '/reveal' : ''}`,
      config,
      schema: {
        summary: `One packet of a segment, ${shown}`,
        params: packetParamsSchema,
        response: { 200: packetSchema, ...refused },
      },
      handler: async (request) => {
        const { seq, packet } = request.params;
        return await api.packet(seq, packet, { reveal, excerpt: '', by: by(request) });
      },
    });
    app.route({
      method,
      url: `/api/v1/findings/:id/packet${reveal ? '/reveal' : ''}`,
      config,
      schema: {
        summary: `The packet that proves a finding, ${shown}`,
        params: findingParamsSchema,
        querystring: evidenceQuerySchema,
        response: { 200: packetSchema, ...refused },
      },
      handler: async (request, reply) => {
        const view = await proof(request.params.id, request.query.evidence ?? 0, reveal, by(request));
        return view ?? refuse(reply, 404, 'NOT_FOUND', UNKNOWN);
      },
    });
  }

  app.post(
    '/api/v1/findings/:id/set-aside',
    {
      config: CONTROL,
      schema: {
        summary: 'Say why a finding is known, so that it is listed apart; an empty reason takes that back',
        params: findingParamsSchema,
        body: setAsideRequestSchema,
        response: { 200: okSchema, ...refused },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if ((await known(id)) === undefined)
        return refuse(reply, 404, 'NOT_FOUND', 'There is no such finding. Nothing was written.');
      await api.setAside(id, request.body.reason, by(request));
      return { ok: true as const };
    },
  );
}
