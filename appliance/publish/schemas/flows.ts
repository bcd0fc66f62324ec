// HTTP API: the flow matrix. Who sent how much to whom, by any of its dimensions.

import { type Static, Type } from 'typebox';
import { VERDICTS } from '../../model/analysis-document.ts';
import { FLOW_DIMENSIONS, type FlowDimension } from '../../store/figures/flow-groups.ts';
import { FLOW_SCOPES } from '../../store/index/flow-row.ts';
import { deviceWordSchema } from './devices.ts';
import { closed, count, literals, nullable, phaseSchema } from './words.ts';

const DIMENSION = `(${FLOW_DIMENSIONS.join('|')})`;
const word = (what: string) => Type.Optional(Type.String({ maxLength: 256, description: what }));

export const flowsQuerySchema = closed({
  by: Type.Optional(
    Type.String({
      pattern: `^${DIMENSION}(,${DIMENSION})*$`,
      maxLength: 128,
      description: `What groups are made by, with commas between: ${FLOW_DIMENSIONS.join(', ')}. Without it: device,country.`,
    }),
  ),
  device: Type.Optional(deviceWordSchema),
  phase: Type.Optional(phaseSchema),
  scope: Type.Optional(literals(FLOW_SCOPES)),
  address: word('Of the peer.'),
  name: word('What somebody registered of the name of the peer: example.com.'),
  country: word('ISO 3166-1 alpha-2; XX unknown, local for what is at home.'),
  organisation: word('Owner of the address, whole.'),
  protocol: Type.Optional(literals(['tcp', 'udp'] as const)),
  service: word('Empty for none that is known; `unanswered` for what scans found closed.'),
  protection: Type.Optional(literals(VERDICTS)),
  content: word(
    'What was seen of it, of what is readable only: pictures, video, sound, compressed, media; several with spaces between.',
  ),
  search: word('A part of address, name, country, owner or service.'),
  from: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601; the hour in which it lies is the first.' })),
  to: Type.Optional(
    Type.String({ maxLength: 40, description: 'ISO 8601; the last hour is the one that has begun before it.' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000, description: 'Groups; without it 1,000.' })),
});
export type FlowsQuery = Static<typeof flowsQuerySchema>;

const sums = {
  /** Frames and their bytes on the wire that the devices sent, and that were sent to them. */
  packets_up: count(),
  bytes_up: count(),
  packets_down: count(),
  bytes_down: count(),
};

const dimension = () => Type.Optional(Type.String());
const dimensions: Record<FlowDimension, ReturnType<typeof dimension>> = {
  device: dimension(),
  phase: dimension(),
  hour: dimension(),
  scope: dimension(),
  address: dimension(),
  name: dimension(),
  country: dimension(),
  organisation: dimension(),
  protocol: dimension(),
  service: dimension(),
  protection: dimension(),
  content: dimension(),
};

export const flowGroupSchema = closed({
  ...dimensions,
  /** Devices that have a part in it. */
  devices: count(),
  ...sums,
});
export type FlowGroupRow = Static<typeof flowGroupSchema>;

export const flowsSchema = closed(
  {
    schema: Type.Literal('weir.flows/1'),
    ts: Type.String(),
    /** Of whole hours, ISO 8601 UTC; null from the first, to now. */
    from: nullable(Type.String()),
    to: nullable(Type.String()),
    by: Type.Array(literals(FLOW_DIMENSIONS)),
    /** Most bytes sent first. */
    groups: Type.Array(flowGroupSchema),
    /** Of all that passed the filter: what is shown and what is left out. */
    totals: closed(sums),
    left_out: closed({ groups: count(), ...sums }),
    /** Of the totals: rows that have no address, name or service of their own because an hour, a day or a month had too many. */
    joined: closed({ rows: count(), ...sums }),
    /** In addition to the totals: conversations without a row; of these only device, phase and time were asked. */
    without_row: closed({ conversations: count(), packets: count(), bytes: count() }),
  },
  'Sums of TCP and UDP conversations, by the device that sent or received each frame. What two devices of the home said to each other is sent by one and received by the other.',
);
export type FlowsResponse = Static<typeof flowsSchema>;
