// What was observed: status, devices, figures, traffic, findings, health. Reads only.

import { type DeviceKey, deviceId } from '../../../model/mac.ts';
import {
  deviceParamsSchema,
  devicesSchema,
  documentSchema,
  hourNamesSchema,
  hoursSchema,
  phaseQuerySchema,
} from '../../schemas/devices.ts';
import { findingsQuerySchema, findingsSchema } from '../../schemas/findings.ts';
import { healthSchema } from '../../schemas/health.ts';
import { recordingQuerySchema, recordingSchema } from '../../schemas/recording.ts';
import { statusSchema } from '../../schemas/status.ts';
import { trafficQuerySchema, trafficSchema } from '../../schemas/traffic.ts';
import { errorSchema } from '../../schemas/words.ts';
import { SUMMARIES } from '../access/scopes.ts';
import { askedDevice } from '../asked-device.ts';
import { refuse } from '../guard.ts';
import { revised } from '../revised-document.ts';
import type { App, RouteRoom } from '../routing.ts';

const UNKNOWN_DEVICE = 'No device of that id was seen.';
const DEFAULT_SECONDS = 300;
/** Answers to a word that is no device's, or several devices'. */
const notOne = { 404: errorSchema, 409: errorSchema };

export function deviceRoutes(app: App, { api }: RouteRoom): void {
  app.get(
    '/api/v1/status',
    { config: SUMMARIES, schema: { summary: 'The appliance at a glance', response: { 200: statusSchema } } },
    async () => {
      await api.refreshed();
      return api.status();
    },
  );

  app.get(
    '/api/v1/devices',
    { config: SUMMARIES, schema: { summary: 'All devices, one line each', response: { 200: devicesSchema } } },
    async () => {
      await api.refreshed();
      return { ts: new Date().toISOString(), age_seconds: api.rowsAgeSeconds(), devices: api.devices() };
    },
  );

  app.get(
    '/api/v1/devices/:id',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Analysis document of one device',
        params: deviceParamsSchema,
        querystring: phaseQuerySchema,
        response: { 200: documentSchema, ...notOne },
      },
    },
    async (request, reply) => {
      const device = await askedDevice(api, request.params.id);
      const scope = request.query.phase ?? 'all';
      const document = await api.document(device, scope);
      if (document === undefined) return refuse(reply, 404, 'NOT_FOUND', UNKNOWN_DEVICE);
      return revised(document, await api.gonePackets(device, scope));
    },
  );

  app.get(
    '/api/v1/devices/:id/hours',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Hours of one device',
        params: deviceParamsSchema,
        response: { 200: hoursSchema, ...notOne },
      },
    },
    async (request, reply) => {
      const device = await askedDevice(api, request.params.id);
      const hours = await api.hours(device);
      return hours === undefined
        ? refuse(reply, 404, 'NOT_FOUND', UNKNOWN_DEVICE)
        : { device: deviceId(device), hours };
    },
  );

  app.get(
    '/api/v1/devices/:id/names',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Names that one device asked for in DNS, by hour',
        params: deviceParamsSchema,
        response: { 200: hourNamesSchema, ...notOne },
      },
    },
    async (request, reply) => {
      const device = await askedDevice(api, request.params.id);
      const hours = await api.hourNames(device);
      return hours === undefined
        ? refuse(reply, 404, 'NOT_FOUND', UNKNOWN_DEVICE)
        : { device: deviceId(device), hours };
    },
  );
}

export function figureRoutes(app: App, { api }: RouteRoom): void {
  /** null for all devices. */
  const asked = async (word: string | undefined): Promise<DeviceKey | null> =>
    word === undefined ? null : await askedDevice(api, word);

  app.get(
    '/api/v1/summary',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Analysis document of all devices together; of its conversations the 1,000 largest',
        querystring: phaseQuerySchema,
        response: { 200: documentSchema },
      },
    },
    async ({ query }) => {
      const scope = query.phase ?? 'all';
      return revised(await api.everything(scope), await api.gonePackets(null, scope));
    },
  );

  app.get(
    '/api/v1/traffic',
    {
      config: SUMMARIES,
      schema: {
        summary: 'Bytes a second',
        querystring: trafficQuerySchema,
        response: { 200: trafficSchema, ...notOne },
      },
    },
    async (request) => {
      const { device, seconds } = request.query;
      return api.traffic(await asked(device), seconds ?? DEFAULT_SECONDS);
    },
  );

  app.get(
    '/api/v1/recording',
    {
      config: SUMMARIES,
      schema: {
        summary: 'When was recorded and when not, phases and tags, from the ledger',
        querystring: recordingQuerySchema,
        response: { 200: recordingSchema },
      },
    },
    async (request) => api.recording(request.query.since ?? 0),
  );

  app.get(
    '/api/v1/findings',
    {
      config: SUMMARIES,
      schema: {
        summary: 'What deserves attention',
        querystring: findingsQuerySchema,
        response: { 200: findingsSchema, ...notOne },
      },
    },
    async (request) => {
      return { findings: await api.findings(await asked(request.query.device)) };
    },
  );

  app.get(
    '/api/v1/health',
    { config: SUMMARIES, schema: { summary: 'The machine', response: { 200: healthSchema } } },
    async () => api.health(),
  );
}
