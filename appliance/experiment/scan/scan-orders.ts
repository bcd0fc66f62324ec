// What may be ordered from the scanner, a program of its own with the right to raw sockets and nothing else: one JSON line in, one
// out, then it ends. Both sides check the other's line against these shapes.

import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { expectOnly } from '../../model/expected-error.ts';
import { PORT_STATES } from '../../model/scan/port-scan.ts';

const closed = <T extends Parameters<typeof Type.Object>[0]>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

const address = Type.String({ maxLength: 15 });
const mac = Type.String({ pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$' });
const rate = Type.Integer({ minimum: 1, maximum: 10_000 });
/** As port-set.ts writes them: a device can have every second port open. */
const ports = Type.String({ maxLength: 400_000, pattern: '^[0-9,-]*$' });

export const scanOrderSchema = Type.Union([
  closed({
    order: Type.Literal('ports'),
    address,
    mac,
    proto: Type.Union([Type.Literal('tcp'), Type.Literal('udp')]),
    ports: Type.String({ maxLength: 4096, pattern: '^(top [0-9]{1,5}|[0-9,-]+)$' }),
    rate,
  }),
  closed({
    order: Type.Literal('look'),
    address,
    mac,
    ports: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), { maxItems: 16 }),
  }),
  closed({ order: Type.Literal('discover'), rate }),
]);
export type ScanOrder = Static<typeof scanOrderSchema>;

const TROUBLES = ['absent', 'refused', 'missing', 'failed'] as const;
type FailureKind = (typeof TROUBLES)[number];

const text = (maxLength: number) => Type.String({ maxLength });
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const scanAnswerSchema = Type.Union([
  closed({
    result: Type.Literal('ports'),
    source: address,
    version: text(40),
    seconds: Type.Number({ minimum: 0 }),
    states: closed(
      Object.fromEntries(PORT_STATES.map((state) => [state, ports])) as Record<
        (typeof PORT_STATES)[number],
        typeof ports
      >,
    ),
  }),
  closed({
    result: Type.Literal('look'),
    looks: Type.Array(
      closed({
        port: Type.Integer({ minimum: 1, maximum: 65_535 }),
        as: text(16),
        banner: text(1024),
        result: text(80),
        open_access: nullable(Type.Boolean()),
      }),
      { maxItems: 16 },
    ),
  }),
  closed({
    result: Type.Literal('discover'),
    source: address,
    network: text(20),
    hosts: Type.Array(
      closed({
        ip: address,
        mac: nullable(text(40)),
        vendor: nullable(text(256)),
        os: nullable(text(512)),
        os_percent: nullable(Type.Integer()),
      }),
      { maxItems: 1024 },
    ),
  }),
  closed({
    result: Type.Literal('problem'),
    /** `absent`: the device does not answer, or its address is another's now; asked again later. The others end the scan. */
    kind: Type.Unsafe<FailureKind>(Type.Union(TROUBLES.map((word) => Type.Literal(word)))),
    text: text(1000),
  }),
]);

export type ScanAnswer = Static<typeof scanAnswerSchema>;
export type ScanProblem = Extract<ScanAnswer, { result: 'problem' }>;

/** Undefined for anything else. */
export function parseOrder(line: string): ScanOrder | undefined {
  return parseLine(scanOrderSchema, line) as ScanOrder | undefined;
}

export function parseScanAnswer(line: string): ScanAnswer | undefined {
  return parseLine(scanAnswerSchema, line) as ScanAnswer | undefined;
}

function parseLine(schema: Type.TSchema, line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return Value.Check(schema, value) ? value : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a line of the scanner', SyntaxError);
    return undefined;
  }
}
