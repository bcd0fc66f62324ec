// What the appliance makes of its captures: status, devices, documents, hours, findings. Not evidence but its reading, of the version that
// is in each document; the newest replaces the one before. `figures/` of a site.

import fs from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import type { DevicesResponse, HourNamesResponse, HoursResponse } from '../publish/schemas/devices.ts';
import type { FindingRow, FindingsResponse } from '../publish/schemas/findings.ts';
import type { HostLine } from './host-line.ts';
import { refused } from './site-ledger.ts';

/** Of the appliance's own making, but it names files here. */
const DEVICE_ID = /^([0-9a-f]{12}|_infra|_overflow)$/;

export interface DeviceFigures {
  readonly id: string;
  readonly document: unknown;
  readonly hours: HoursResponse;
  /** Missing where the appliance is older than this table. */
  readonly names?: HourNamesResponse | undefined;
}

export interface Figures {
  readonly devices: DevicesResponse;
  readonly findings: readonly FindingRow[];
  readonly byDevice: readonly DeviceFigures[];
}

/** Asks first and writes then, so that a cut leaves the older ones whole. */
export async function pullFigures(folder: string, line: HostLine): Promise<Figures> {
  const whole: Record<string, unknown> = {};
  for (const name of ['status', 'devices', 'recording', 'findings', 'summary'])
    whole[name] = await need(line, `/api/v1/${name}`);
  const devices = whole['devices'] as DevicesResponse;
  const { findings } = whole['findings'] as FindingsResponse;
  const byDevice: DeviceFigures[] = [];
  for (const { id } of devices.devices) {
    if (!DEVICE_ID.test(id)) throw refused('it names a device by what is no device id');
    const document = await line.json<unknown>(`/api/v1/devices/${id}`);
    const hours = await line.json<HoursResponse>(`/api/v1/devices/${id}/hours`);
    const names = await line.json<HourNamesResponse>(`/api/v1/devices/${id}/names`);
    if (document !== undefined && hours !== undefined) byDevice.push({ id, document, hours, names });
  }
  await write(join(folder, 'figures'), whole, byDevice);
  return { devices, findings, byDevice };
}

async function need(line: HostLine, path: string): Promise<unknown> {
  const answer = await line.json<unknown>(path);
  if (answer === undefined) throw refused(`it does not serve ${path}: its version is older than this one`);
  return answer;
}

async function write(
  folder: string,
  whole: Readonly<Record<string, unknown>>,
  byDevice: readonly DeviceFigures[],
): Promise<void> {
  fs.mkdirSync(join(folder, 'devices'), { recursive: true, mode: 0o750 });
  for (const [name, value] of Object.entries(whole)) await writeJson(join(folder, `${name}.json`), value);
  for (const { id, document, hours } of byDevice) {
    await writeJson(join(folder, 'devices', `${id}.json`), document);
    await writeJson(join(folder, 'devices', `${id}.hours.json`), hours);
  }
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeDurably(nodeDisk, file, `${JSON.stringify(value)}\n`);
}
