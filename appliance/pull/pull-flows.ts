// The flow matrix of one appliance by hour, as it answers it day by day. A day whose hours are as they were at the pull before is read
// from the archive: the appliance is asked for what is new only. `figures/flows/` of a site.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { readRegularJson } from '../capture/storage/regular-file.ts';
import type { FlowGroupRow, FlowsResponse } from '../publish/schemas/flows.ts';
import { FLOW_DIMENSIONS } from '../store/figures/flow-groups.ts';
import type { HostLine } from './host-line.ts';
import type { DeviceFigures } from './pull-figures.ts';

/** Of the kept rows of one day; a larger file is not read, and the appliance is asked again. */
const MAX_DAY_BYTES = 256 * 1024 * 1024;
const LIMIT = 20_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const HOUR_MS = 3_600_000;

interface FlowDay {
  readonly schema: 'weir.flows-of-a-day/1';
  /** SHA-256 of the hours that these rows are of. */
  readonly hours_sha256: string;
  readonly groups: readonly FlowGroupRow[];
}

/** Rows of all hours. Undefined where the appliance is older than its flow matrix. */
export async function pullFlows(
  folder: string,
  line: HostLine,
  devices: readonly DeviceFigures[],
): Promise<FlowGroupRow[] | undefined> {
  const all: FlowGroupRow[] = [];
  fs.mkdirSync(join(folder, 'figures', 'flows'), { recursive: true, mode: 0o750 });
  for (const [day, hours_sha256] of daysOf(devices)) {
    const file = join(folder, 'figures', 'flows', `${day}.json`);
    const known = readRegularJson(file, MAX_DAY_BYTES) as FlowDay | undefined;
    const isKnown = known?.schema === 'weir.flows-of-a-day/1' && known.hours_sha256 === hours_sha256;
    const groups = isKnown ? known.groups : await askDay(line, day, devices);
    if (groups === undefined) return undefined;
    if (!isKnown) {
      const made: FlowDay = { schema: 'weir.flows-of-a-day/1', hours_sha256, groups };
      await writeDurably(nodeDisk, file, `${JSON.stringify(made)}\n`);
    }
    for (const group of groups) all.push(group);
  }
  return all;
}

/** Days with traffic, and what their hours depend on. */
function daysOf(devices: readonly DeviceFigures[]): Map<string, string> {
  const texts = new Map<string, string[]>();
  for (const { id, hours } of devices) {
    for (const row of hours.hours) {
      const day = row.hour.slice(0, 10);
      // It becomes the name of a file.
      if (!DAY.test(day)) continue;
      const list = texts.get(day) ?? [];
      texts.set(day, list);
      list.push(JSON.stringify([id, row]));
    }
  }
  const digest = (list: readonly string[]) => createHash('sha256').update(list.toSorted().join('\n')).digest('hex');
  return new Map([...texts].map(([day, list]) => [day, digest(list)]));
}

async function askDay(
  line: HostLine,
  day: string,
  devices: readonly DeviceFigures[],
): Promise<readonly FlowGroupRow[] | undefined> {
  const start = Date.parse(day);
  const whole = await ask(line, start, start + 24 * HOUR_MS);
  if (whole === undefined || whole.left_out.groups === 0) return whole?.groups;
  // More rows than one answer holds: by hour, and then by device.
  const all: FlowGroupRow[] = [];
  for (let from = start; from < start + 24 * HOUR_MS; from += HOUR_MS) {
    const hour = await ask(line, from, from + HOUR_MS);
    if (hour === undefined) return undefined;
    const parts = hour.left_out.groups === 0 ? [hour] : await askDevices(line, from, devices);
    for (const { groups } of parts) all.push(...groups);
  }
  return all;
}

async function askDevices(line: HostLine, from: number, devices: readonly DeviceFigures[]): Promise<FlowsResponse[]> {
  const answers: FlowsResponse[] = [];
  for (const { id } of devices) {
    const answer = await ask(line, from, from + HOUR_MS, id);
    if (answer !== undefined) answers.push(answer);
  }
  return answers;
}

/** From `from` up to `to`, milliseconds since 1970. An hour of one device has at most a few thousand rows in all its phases. */
function ask(line: HostLine, from: number, to: number, device?: string): Promise<FlowsResponse | undefined> {
  const at = (ms: number) => new Date(ms).toISOString();
  const one = device === undefined ? '' : `&device=${device}`;
  return line.json<FlowsResponse>(
    `/api/v1/flows?by=${FLOW_DIMENSIONS.join(',')}&from=${at(from)}&to=${at(to)}&limit=${LIMIT}${one}`,
  );
}
