// HTTP API: samples of the machine and its inventory.

import { type Static, Type } from 'typebox';
import { clockSchema } from './status.ts';
import { closed, count, literals, nullable } from './words.ts';

export const healthSampleSchema = closed({
  ts: Type.String(),
  /** Run-queue averages over 1, 5 and 15 minutes. */
  load: Type.Array(Type.Number(), { minItems: 3, maxItems: 3 }),
  cpu_busy: nullable(Type.Number({ minimum: 0, maximum: 1, description: 'Share of all cores since the last sample.' })),
  memory_total_bytes: nullable(count()),
  memory_available_bytes: nullable(count()),
  temperature_celsius: nullable(Type.Number()),
  /** Raspberry Pi firmware: under-voltage or throttling now; null where there is no such sensor. */
  throttled: nullable(Type.Array(Type.String())),
  disk_total_bytes: nullable(count()),
  disk_free_bytes: nullable(count()),
  inodes_free: nullable(count()),
  uptime_seconds: nullable(Type.Number()),
});
export type HealthSample = Static<typeof healthSampleSchema>;

export const inventorySchema = closed({
  taken: Type.String(),
  model: Type.String(),
  manufacturer: Type.String(),
  cpu: Type.String(),
  cores: count(),
  architecture: Type.String(),
  memory_bytes: count(),
  os: Type.String(),
  kernel: Type.String(),
  host_name: Type.String(),
  node: Type.String(),
  disks: Type.Array(closed({ name: Type.String(), bytes: count(), type: Type.String() })),
  interfaces: Type.Array(closed({ name: Type.String(), mac: Type.String(), state: Type.String() })),
});
export type Inventory = Static<typeof inventorySchema>;

export const healthSchema = closed({
  sample: healthSampleSchema,
  /** null until systeminformation has answered once. */
  inventory: nullable(inventorySchema),
  clock: clockSchema,
  processes: Type.Array(
    closed({
      name: Type.String(),
      pid: nullable(Type.Integer()),
      state: Type.String(),
      started: nullable(Type.String()),
      memory_bytes: nullable(count()),
      /** Given to the card since the process started, in whole pages. */
      written_bytes: nullable(count()),
    }),
  ),
  schedule: Type.Array(
    closed({
      name: Type.String(),
      cron: Type.String(),
      state: literals(['waiting', 'running', 'stopped']),
      next: nullable(Type.String()),
    }),
  ),
});
export type HealthResponse = Static<typeof healthSchema>;
