// HTTP API: port scans.

import { type Static, Type } from 'typebox';
import { portScanSchema } from '../../experiment/scan/scan-schema.ts';
import { PORT_STATES, SCAN_PROFILES } from '../../model/scan/port-scan.ts';
import { deviceWordSchema } from './devices.ts';
import { closed, count, literals, nullable, text } from './words.ts';

export const scanRequestSchema = closed({
  /** Without it: every device that is present. */
  devices: Type.Optional(Type.Array(deviceWordSchema, { minItems: 1, maxItems: 64 })),
  profile: Type.Optional(literals(SCAN_PROFILES)),
});
export type ScanRequest = Static<typeof scanRequestSchema>;

export const scanOrderedSchema = closed({
  scans: Type.Array(closed({ id: Type.String(), device: Type.String(), address: Type.String() })),
  /** Devices that cannot be scanned, and why. */
  refused: Type.Array(closed({ device: Type.String(), why: Type.String() })),
  /** How long it may take, for people. */
  time: Type.String(),
});
export type ScanOrdered = Static<typeof scanOrderedSchema>;

export const scanQuerySchema = closed({ device: Type.Optional(deviceWordSchema) });
export const scanParamsSchema = closed({ id: text(64) });

export const scanRowSchema = closed({
  id: Type.String(),
  device: Type.String(),
  address: Type.String(),
  profile: literals(SCAN_PROFILES),
  state: Type.String(),
  reason: Type.String(),
  begun: Type.String(),
  ended: nullable(Type.String()),
  /** In the words of the paper's Table 2. */
  tcp: Type.String(),
  udp: Type.String(),
  parts: count(),
  parts_done: count(),
  /** What is left may take so long at most. */
  seconds_left: count(),
});
export type ScanRow = Static<typeof scanRowSchema>;
export const scansSchema = closed({ scans: Type.Array(scanRowSchema) });
export type ScansResponse = Static<typeof scansSchema>;

const states = literals(PORT_STATES);
export const scanDetailSchema = closed({
  scan: portScanSchema,
  /** Against the scan before; null where there is none. */
  diff: nullable(
    closed({
      before: Type.String(),
      changes: Type.Array(
        closed({ proto: literals(['tcp', 'udp'] as const), port: count(), before: states, after: states }),
      ),
      more: count(),
    }),
  ),
  vulnerable: Type.Array(
    closed({
      proto: literals(['tcp', 'udp'] as const),
      port: count(),
      service: Type.String(),
      note: Type.String(),
      source: Type.String(),
    }),
  ),
});
export type ScanDetail = Static<typeof scanDetailSchema>;

export const discoverySchema = closed({
  state: literals(['never', 'running', 'done', 'failed'] as const),
  reason: Type.String(),
  begun: nullable(Type.String()),
  ended: nullable(Type.String()),
  network: nullable(Type.String()),
  hosts: Type.Array(
    closed({
      /** Id of the device where it is one that was seen. */
      id: nullable(Type.String()),
      ip: Type.String(),
      mac: nullable(Type.String()),
      vendor: nullable(Type.String()),
      os: nullable(Type.String()),
      os_percent: nullable(Type.Integer()),
    }),
  ),
});
export type DiscoveryResponse = Static<typeof discoverySchema>;

const cell = Type.String();
export const tableTwoSchema = closed({
  rows: Type.Array(
    closed({
      category: cell,
      model: cell,
      device: cell,
      tcp: cell,
      udp: cell,
      udp_open_or_filtered: cell,
      vulnerable: cell,
      profile: cell,
      scan: cell,
      parts_left: count(),
    }),
  ),
});
