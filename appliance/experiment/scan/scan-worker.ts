// The scanner itself, `weir scan-worker`: takes one order, checks it again by its own settings and the kernel's addresses, carries
// it out, answers, ends. It runs under a unit of its own (systemd/weir-scan@.service) and keeps nothing.

import { networkInterfaces } from 'node:os';
import { ipv4Number, ipv4Quad } from '../../config/ipv4-network.ts';
import { neighbourOf } from './neighbour.ts';
import { discoverWords, type NmapEnd, portWords, runNmap } from './nmap-child.ts';
import { readHosts, readPorts } from './nmap-xml.ts';
import { lookAt } from './port-looks.ts';
import { parseOrder, type ScanAnswer, type ScanOrder, type ScanProblem } from './scan-orders.ts';
import { portCount } from './scan-plan.ts';
import { type CapturedNetwork, capturedNetworks, noNetwork, refusal } from './scan-target.ts';

/** Beyond the second that a closed UDP port may take. */
const SPARE_SECONDS = 900;
const SECONDS_PER_PORT = 3;
const DISCOVER_SECONDS = 1800;
/** Addresses of a network that is looked through: a /22. */
const MAX_ADDRESSES = 1024;

/** @param device the interface that is captured. Never rejects. */
export async function carryOutOrder(line: string, device: string, stop: AbortSignal): Promise<ScanAnswer> {
  const order = parseOrder(line);
  if (order === undefined) return problem('refused', 'the order is not understood; nothing was sent');
  const networks = capturedNetworks(device, networkInterfaces());
  if (order.order === 'discover') return discover(order, device, networks, stop);
  const why = refusal(order.address, device, networks);
  if (why !== undefined) return problem('refused', why);
  const before = await whoHas(order, device);
  if (before !== undefined) return before;
  if (order.order === 'look') return { result: 'look', looks: await lookAt(order.address, order.ports) };
  return scanPorts(order, device, networks, stop);
}

type PortsOrder = Extract<ScanOrder, { order: 'ports' }>;

async function scanPorts(
  order: PortsOrder,
  device: string,
  networks: readonly CapturedNetwork[],
  stop: AbortSignal,
): Promise<ScanAnswer> {
  const { proto, ports, address, rate } = order;
  const limit = SPARE_SECONDS + Math.ceil(portCount(ports) * Math.max(SECONDS_PER_PORT, 14 / rate));
  const end = await runNmap(portWords(proto, ports, address, device, rate), limit, stop);
  if (end.end !== 'done') return nmapProblem(end);
  const found = readPorts(end.xml, proto);
  if (found === undefined)
    return problem('failed', 'nmap’s answer does not name every port that was asked; nothing of it is kept');
  // The device may have left meanwhile, and what looks filtered is nobody.
  const after = await whoHas(order, device);
  if (after !== undefined) return after;
  const source = networks.find(({ first, last }) => inside(address, first, last)) ?? networks[0];
  const states = { ...found.states };
  return {
    result: 'ports',
    source: ipv4Quad(source?.address ?? 0),
    version: found.version,
    seconds: round(end.seconds),
    states,
  };
}

async function discover(
  { rate }: Extract<ScanOrder, { order: 'discover' }>,
  device: string,
  networks: readonly CapturedNetwork[],
  stop: AbortSignal,
): Promise<ScanAnswer> {
  const [network] = networks;
  if (network === undefined) return problem('refused', noNetwork(device));
  const text = `${ipv4Quad(network.first)}/${network.prefix}`;
  if (network.last - network.first >= MAX_ADDRESSES)
    return problem(
      'refused',
      `${text} has more than ${MAX_ADDRESSES} addresses; nothing was sent. Scan devices by name instead.`,
    );
  const end = await runNmap(discoverWords(text, device, rate), DISCOVER_SECONDS, stop);
  if (end.end !== 'done') return nmapProblem(end);
  const hosts = readHosts(end.xml);
  if (hosts === undefined) return problem('failed', 'nmap’s answer is not whole; nothing of it is kept');
  const own = new Set(networks.map(({ address }) => ipv4Quad(address)));
  return {
    result: 'discover',
    source: ipv4Quad(network.address),
    network: text,
    hosts: hosts.filter(({ ip }) => !own.has(ip)),
  };
}

async function whoHas(order: { address: string; mac: string }, device: string): Promise<ScanProblem | undefined> {
  const mac = await neighbourOf(order.address, device);
  if (mac === order.mac) return undefined;
  const now = mac === undefined ? 'nobody answers there' : `it is ${mac}’s now`;
  return problem('absent', `${order.address} is not ${order.mac}: ${now}`);
}

function nmapProblem(end: Exclude<NmapEnd, { end: 'done' }>): ScanProblem {
  if (end.end === 'missing') return problem('missing', 'nmap is not installed; nothing was scanned. apt install nmap');
  return problem('failed', `nmap: ${end.text}; nothing of it is kept`);
}

function problem(kind: ScanProblem['kind'], text: string): ScanProblem {
  return { result: 'problem', kind, text };
}

function inside(address: string, first: number, last: number): boolean {
  const number = ipv4Number(address) ?? -1;
  return number >= first && number <= last;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
