// The flow matrix of the invented home: its rows are invented, what is asked of them is summed as the appliance sums.

import { parseDevice } from '../../appliance/model/mac.ts';
import { flowsResponse, readFlowsQuery } from '../../appliance/publish/flow-view.ts';
import type { FlowsQuery, FlowsResponse } from '../../appliance/publish/schemas/flows.ts';
import {
  addGroups,
  type FlowGroups,
  type FlowQuestion,
  groupFlows,
  NO_GROUPS,
  type PeerPlace,
} from '../../appliance/store/figures/flow-groups.ts';
import { addBlocks, type FlowBlock, type FlowRow, NO_BLOCK } from '../../appliance/store/index/flow-row.ts';
import { HOME, type HomeDevice, type Talk } from './mock-home.ts';

const PLACES = new Map<string, PeerPlace>(
  HOME.flatMap(({ talks }) => talks.map(({ peer }) => [peer.ip, { country: peer.country, org: peer.org }] as const)),
);

function rowOf({ peer, proto, service, verdict, up, down }: Talk): FlowRow {
  return {
    address: peer.ip,
    name: peer.name?.split('.').slice(-2).join('.') ?? '',
    protocol: proto,
    service,
    protection: verdict,
    content: verdict === 'compressed-in-clear' ? 'pictures' : '',
    scope: peer.country === 'local' ? 'home' : 'internet',
    country: '',
    joined: 0,
    packets_up: Math.ceil(up / 700),
    bytes_up: up,
    packets_down: Math.ceil(down / 700),
    bytes_down: down,
  };
}

export function blockOf({ talks }: HomeDevice): FlowBlock {
  return addBlocks([NO_BLOCK, ...talks.map((talk) => ({ ...NO_BLOCK, rows: [rowOf(talk)] }))]);
}

export function flowsOf(query: URLSearchParams, now: number): FlowsResponse {
  const { limit, ...words } = Object.fromEntries(query);
  const asked = readFlowsQuery({ ...words, limit: Number(limit ?? 1000) } as FlowsQuery, now / 1000);
  return flowsResponse(asked, flowGroupsOf(asked.question), new Date(now).toISOString());
}

/** Of all time: the invented home has no history. */
export function flowGroupsOf(question: FlowQuestion): FlowGroups {
  return HOME.map((one) => {
    const device = parseDevice(one.mac);
    if (device === undefined) return NO_GROUPS;
    const part = { phase: 'idle', hour: '', block: blockOf(one) } as const;
    return groupFlows(device, [part], question, (ip) => PLACES.get(ip) ?? { country: 'XX', org: null });
  }).reduce(addGroups);
}
