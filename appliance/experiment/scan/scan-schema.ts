// The shape of a scan, for files that are read back and for the API that serves them.

import { Type } from 'typebox';
import type { Mac } from '../../model/mac.ts';
import { PORT_STATES, type PortState, SCAN_PROFILES, SCANNER_PORTS } from '../../model/scan/port-scan.ts';

const closed = <T extends Parameters<typeof Type.Object>[0]>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });
const words = <T extends string>(list: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(list.map((word) => Type.Literal(word))));
const text = (maxLength: number) => Type.String({ maxLength });
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** Sittings of one scan, each with its own window; a file with more is not read as a scan. */
const MAX_WINDOWS = 10_000;

const states = closed(
  Object.fromEntries(PORT_STATES.map((state) => [state, text(400_000)])) as Record<PortState, ReturnType<typeof text>>,
);

export const portScanSchema = closed({
  schema: Type.Literal('weir.scan/1'),
  id: Type.String({ pattern: '^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}$' }),
  device: Type.Unsafe<Mac>(Type.String({ pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$' })),
  address: text(15),
  profile: words(SCAN_PROFILES),
  by: text(256),
  state: words(['waiting', 'running', 'done', 'stopped', 'failed'] as const),
  reason: text(1000),
  begun: text(30),
  ended: nullable(text(30)),
  scanner: closed({
    addresses: Type.Array(text(15), { maxItems: 64 }),
    ports: closed({ first: Type.Literal(SCANNER_PORTS.first), last: Type.Literal(SCANNER_PORTS.last) }),
    program: text(60),
    packets_per_second: Type.Integer({ minimum: 1 }),
  }),
  windows: Type.Array(closed({ from: text(30), to: nullable(text(30)) }), { maxItems: MAX_WINDOWS }),
  parts: Type.Array(
    closed({
      proto: words(['tcp', 'udp'] as const),
      ports: text(4096),
      done: nullable(text(30)),
      seconds: nullable(Type.Number({ minimum: 0 })),
    }),
    { maxItems: 256 },
  ),
  tcp: states,
  udp: states,
  looks: Type.Array(
    closed({
      port: Type.Integer({ minimum: 0, maximum: 65_535 }),
      as: text(16),
      banner: text(1024),
      result: text(80),
      open_access: nullable(Type.Boolean()),
    }),
    { maxItems: 16 },
  ),
});
