// The day that is summed up daily: one definition for the message on MQTT (mqtt/daily-summary.ts) and the one in words
// (notify/daily-text.ts).

import { parseDevice } from '../model/mac.ts';
import type { ApplianceApi } from './appliance-api.ts';
import type { DeviceRow, HourRow } from './schemas/devices.ts';

const HOUR_MS = 3_600_000;

/** Milliseconds since 1970; `to` is no part of it. */
export interface Day {
  readonly from: number;
  readonly to: number;
}

/** The 24 full hours before `nowMs`, milliseconds since 1970. */
export function dayBefore(nowMs: number): Day {
  const to = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  return { from: to - 24 * HOUR_MS, to };
}

export interface DeviceHours {
  readonly row: DeviceRow;
  readonly hours: readonly HourRow[];
}

/** Devices with a MAC of their own that said or were sent something in the day, in the order of the list. */
export async function deviceHours(api: Pick<ApplianceApi, 'devices' | 'hours'>, day: Day): Promise<DeviceHours[]> {
  const found: DeviceHours[] = [];
  for (const row of api.devices()) {
    const device = row.mac === null ? undefined : parseDevice(row.id);
    const all = device === undefined ? [] : ((await api.hours(device)) ?? []);
    const hours = all.filter(({ hour }) => isWithin(hour, day));
    if (hours.length > 0) found.push({ row, hours });
  }
  return found;
}

function isWithin(hour: string, { from, to }: Day): boolean {
  const ms = Date.parse(hour);
  return ms >= from && ms < to;
}
