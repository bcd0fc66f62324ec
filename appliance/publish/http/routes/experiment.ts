// Phases, tags and what devices are: what the experimenter says. Capture writes it into the ledger; nothing is kept here.

import {
  deviceParamsSchema,
  identityRequestSchema,
  registryRequestSchema,
  registrySchema,
  registryWrittenSchema,
} from '../../schemas/devices.ts';
import {
  annotateRequestSchema,
  pauseRequestSchema,
  phaseRequestSchema,
  phaseResponseSchema,
  tagEndRequestSchema,
  tagRequestSchema,
  tagsSchema,
} from '../../schemas/experiment.ts';
import { errorSchema, okSchema } from '../../schemas/words.ts';
import { CONTROL, SUMMARIES } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import { refuse } from '../guard.ts';
import { type App, by, type RouteRoom } from '../routing.ts';

const refused = { 400: errorSchema, 503: errorSchema };
const notOne = { 404: errorSchema, 409: errorSchema };

const RESOURCES = [phaseRoutes, identityRoutes, registryRoutes, captureRoutes, tagRoutes] as const;

export function experimentRoutes(app: App, room: RouteRoom): void {
  for (const resource of RESOURCES) resource(app, room);
}

function phaseRoutes(app: App, { api }: RouteRoom): void {
  app.post(
    '/api/v1/phase',
    {
      config: CONTROL,
      schema: {
        summary: 'Begin a phase; all segments are cut',
        body: phaseRequestSchema,
        response: { 200: phaseResponseSchema, ...refused },
      },
    },
    async (request) => {
      const { phase, interaction = 'none', note = '' } = request.body;
      await api.setPhase(phase, interaction, note, by(request));
      return { phase, interaction };
    },
  );

  app.post(
    '/api/v1/annotate',
    {
      config: CONTROL,
      schema: {
        summary: 'A note in the ledger',
        body: annotateRequestSchema,
        response: { 200: okSchema, ...refused },
      },
    },
    async (request) => {
      await api.annotate(request.body.text, by(request));
      return { ok: true as const };
    },
  );
}

function identityRoutes(app: App, { api }: RouteRoom): void {
  app.post(
    '/api/v1/devices/:id/identity',
    {
      config: CONTROL,
      schema: {
        summary: 'Say what a device is; the word is kept in the ledger and wins over what is inferred',
        params: deviceParamsSchema,
        body: identityRequestSchema,
        response: { 200: okSchema, ...refused, ...notOne },
      },
    },
    async (request, reply) => {
      const mac = await askedDevice(api, request.params.id);
      await api.refreshed();
      const known = api.devices().some((row) => row.mac === mac);
      if (!known) return refuse(reply, 404, 'NOT_FOUND', 'No device of that id was seen; nothing was written.');
      await api.registry.say(mac, request.body, by(request));
      return { ok: true as const };
    },
  );
}

function registryRoutes(app: App, { api }: RouteRoom): void {
  app.get(
    '/api/v1/registry',
    {
      config: SUMMARIES,
      schema: { summary: 'What people said the devices are', response: { 200: registrySchema } },
    },
    async () => api.registry.list(),
  );

  app.post(
    '/api/v1/registry',
    {
      config: CONTROL,
      schema: {
        summary: 'Say what devices are, seen or not; what a row does not say stays as it was',
        body: registryRequestSchema,
        response: { 200: registryWrittenSchema, ...refused },
      },
    },
    async (request) => api.registry.set(request.body, by(request)),
  );
}

function captureRoutes(app: App, { api }: RouteRoom): void {
  app.post(
    '/api/v1/capture/pause',
    {
      config: CONTROL,
      schema: {
        summary: 'Stop capturing for a while; the ledger records the gap',
        body: pauseRequestSchema,
        response: { 200: okSchema, ...refused },
      },
    },
    async (request) => {
      await api.pauseCapture(request.body.note ?? '', by(request));
      return { ok: true as const };
    },
  );

  app.post(
    '/api/v1/capture/resume',
    { config: CONTROL, schema: { summary: 'Capture again', response: { 200: okSchema, ...refused } } },
    async (request) => {
      await api.resumeCapture(by(request));
      return { ok: true as const };
    },
  );
}

function tagRoutes(app: App, { api }: RouteRoom): void {
  app.get(
    '/api/v1/tags',
    { config: SUMMARIES, schema: { summary: 'Open tags', response: { 200: tagsSchema } } },
    async () => ({
      tags: api.tags(),
    }),
  );

  app.post(
    '/api/v1/tags/start',
    {
      config: CONTROL,
      schema: { summary: 'Open a tag', body: tagRequestSchema, response: { 200: okSchema, ...refused, ...notOne } },
    },
    async (request) => {
      const { tag, device, ...said } = request.body;
      const meant = device == null ? null : await askedDevice(api, device);
      await api.startTag(tag, meant, by(request), api.windows.about(said));
      return { ok: true as const };
    },
  );

  for (const how of ['stop', 'cancel'] as const) {
    const summary = how === 'stop' ? 'Close a tag' : 'Take a tag back; the capture stays';
    app.post(
      `/api/v1/tags/${how}`,
      { config: CONTROL, schema: { summary, body: tagEndRequestSchema, response: { 200: okSchema, ...refused } } },
      async (request) => {
        await api.endTag(request.body.tag, how, by(request));
        return { ok: true as const };
      },
    );
  }
}
