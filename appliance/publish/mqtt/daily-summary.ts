// The last daily summary: made when the calendar says so, kept over restarts, so that a broker that lost what it kept is sent
// the same day again, and none ahead of its time.

import type { IndexStore } from '../../store/index/index-store.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import { dayBefore, deviceHours } from '../day-hours.ts';
import type { HourRow } from '../schemas/devices.ts';
import type { DaySum } from '../schemas/mqtt.ts';
import { daySummary, payloadText } from './payloads.ts';

const DAY_SETTING = 'mqtt-day';

export class DailySummary {
  readonly #api: ApplianceApi;
  #payload = '';

  constructor(api: ApplianceApi) {
    this.#api = api;
  }

  /** JSON of at most 32 KiB; empty before the first was made. */
  get payload(): string {
    return this.#payload;
  }

  async load(store: IndexStore): Promise<void> {
    const stored = await store.setting(DAY_SETTING);
    this.#payload = typeof stored === 'string' ? stored : '';
  }

  store(store: IndexStore): Promise<void> {
    return store.putSetting(DAY_SETTING, this.#payload);
  }

  /** The 24 full hours before `nowMs`, milliseconds since 1970. */
  async make(nowMs: number): Promise<string> {
    const day = dayBefore(nowMs);
    const [from, to] = [new Date(day.from).toISOString(), new Date(day.to).toISOString()];
    const found = await deviceHours(this.#api, day);
    const devices = found.map(({ row, hours }) => sumHours(row.id, hours));
    const made_with = distinct(found.flatMap(({ hours }) => hours.map((hour) => hour.made_with)));
    this.#payload = payloadText(daySummary(from, to, { devices, made_with }, new Date(nowMs).toISOString()));
    return this.#payload;
  }
}

function sumHours(device: string, hours: readonly HourRow[]): DaySum {
  const sum = (value: (hour: HourRow) => number) => hours.reduce((total, hour) => total + value(hour), 0);
  return {
    device,
    packets: sum((hour) => hour.packets),
    bytes_up: sum((hour) => hour.bytes_up),
    bytes_down: sum((hour) => hour.bytes_down),
    dns_queries: sum((hour) => hour.dns_queries),
    hours: hours.length,
    revision: sum((hour) => hour.revision),
  };
}

/** Versions that a day names; it has one nearly always. */
const MAX_MADE_WITH = 8;

function distinct(all: readonly HourRow['made_with'][]): HourRow['made_with'][] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()].slice(0, MAX_MADE_WITH);
}
