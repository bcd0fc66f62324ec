// How the record of a scan begins, grows and ends. Each function gives a new record; scans.ts writes them. Pure.

import { Value } from 'typebox/value';
import { expectOnly } from '../../model/expected-error.ts';
import { deviceId, type Mac } from '../../model/mac.ts';
import {
  NO_PORTS,
  PORT_STATES,
  type PortLook,
  type PortScan,
  type PortStates,
  SCANNER_PORTS,
  type ScanProfile,
  type ScanState,
} from '../../model/scan/port-scan.ts';
import { formatPorts, parsePorts } from '../../model/scan/port-set.ts';
import { planParts } from './scan-plan.ts';
import { portScanSchema } from './scan-schema.ts';

export interface NewScan {
  readonly device: Mac;
  readonly address: string;
  readonly profile: ScanProfile;
  readonly by: string;
  readonly rate: number;
}

/** `now`: ISO 8601 UTC. */
export function beginScan({ device, address, profile, by, rate }: NewScan, now: string): PortScan {
  const stamp = `${now.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return {
    schema: 'weir.scan/1',
    id: `${stamp}-${deviceId(device)}`,
    device,
    address,
    profile,
    by,
    state: 'waiting',
    reason: 'for its turn',
    begun: now,
    ended: null,
    scanner: { addresses: [], ports: SCANNER_PORTS, program: 'nmap', packets_per_second: rate },
    windows: [],
    parts: planParts(profile),
    tcp: NO_PORTS,
    udp: NO_PORTS,
    looks: [],
  };
}

export function openWindow(scan: PortScan, address: string, now: string): PortScan {
  return { ...scan, address, state: 'running', reason: '', windows: [...closed(scan, now), { from: now, to: null }] };
}

/** `waiting` goes on later; the others are ends. */
export function closeWindow(scan: PortScan, state: ScanState, reason: string, now: string): PortScan {
  const ended = state === 'waiting' ? null : now;
  return { ...scan, state, reason, ended, windows: closed(scan, now) };
}

export function addPart(
  scan: PortScan,
  index: number,
  found: { states: PortStates; source: string; version: string; seconds: number },
  now: string,
): PortScan {
  const part = scan.parts[index];
  if (part === undefined) return scan;
  const parts = scan.parts.with(index, { ...part, done: now, seconds: found.seconds });
  const { addresses } = scan.scanner;
  const scanner = {
    ...scan.scanner,
    addresses: addresses.includes(found.source) ? addresses : [...addresses, found.source],
    program: `nmap ${found.version}`,
  };
  return { ...scan, parts, scanner, [part.proto]: addStates(scan[part.proto], found.states) };
}

export function addLooks(scan: PortScan, looks: readonly PortLook[]): PortScan {
  return { ...scan, looks };
}

/** Undefined for what is no scan. */
export function parseScan(text: string): PortScan | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(portScanSchema, value) ? (value as PortScan) : undefined;
  } catch (thrown) {
    expectOnly(thrown, 'reading a scan', SyntaxError);
    return undefined;
  }
}

function addStates(a: PortStates, b: PortStates): PortStates {
  const ports = (text: string) => parsePorts(text) ?? [];
  const sum = PORT_STATES.map((state) => [state, formatPorts([...ports(a[state]), ...ports(b[state])])]);
  return { ...NO_PORTS, ...Object.fromEntries(sum) };
}

function closed(scan: PortScan, now: string): PortScan['windows'] {
  return scan.windows.map((window) => (window.to === null ? { ...window, to: now } : window));
}
