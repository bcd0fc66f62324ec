// What is unlike in two scans of a device. Only ports that both asked are compared: a quick scan says nothing of the others.

import { PORT_STATES, type PortScan, type PortState, type PortStates } from './port-scan.ts';
import { PORTS, parsePorts } from './port-set.ts';

export interface PortChange {
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  readonly before: PortState;
  readonly after: PortState;
}

/** Changes that are listed; the others are counted. */
export const MAX_CHANGES = 1000;

export interface ScanDiff {
  readonly before: string;
  readonly changes: readonly PortChange[];
  readonly more: number;
}

/** The newest scan of the same device before it that found anything out; undefined where there is none. */
export function scanBefore(scan: PortScan, all: readonly PortScan[]): PortScan | undefined {
  return all
    .filter(
      ({ id, device, parts }) => device === scan.device && id < scan.id && parts.some(({ done }) => done !== null),
    )
    .sort((a, b) => (a.id < b.id ? 1 : -1))[0];
}

export function diffScans(before: PortScan, after: PortScan): ScanDiff {
  const changes = [...changesOf('tcp', before.tcp, after.tcp), ...changesOf('udp', before.udp, after.udp)];
  return {
    before: before.id,
    changes: changes.slice(0, MAX_CHANGES),
    more: Math.max(0, changes.length - MAX_CHANGES),
  };
}

function changesOf(proto: 'tcp' | 'udp', before: PortStates, after: PortStates): PortChange[] {
  const [old, now] = [byPort(before), byPort(after)];
  const changes: PortChange[] = [];
  for (let port = 0; port < PORTS; port++) {
    const [was, is] = [PORT_STATES[(old[port] ?? 0) - 1], PORT_STATES[(now[port] ?? 0) - 1]];
    if (was !== undefined && is !== undefined && was !== is) changes.push({ proto, port, before: was, after: is });
  }
  return changes;
}

/** 0 where it was not asked, else the number of its state. */
function byPort(states: PortStates): Uint8Array {
  const table = new Uint8Array(PORTS);
  for (const [index, state] of PORT_STATES.entries())
    for (const port of parsePorts(states[state]) ?? []) table[port] = index + 1;
  return table;
}
