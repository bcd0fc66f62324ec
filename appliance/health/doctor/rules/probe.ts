// The packets that are thought through the rules: a device opens HTTPS with a host of the Internet, and that host answers.

import { ipv4Number, parseIpv4Network } from '../../../config/ipv4-network.ts';
import type { Field } from './ruleset.ts';

/** What is known of the packet; what is missing may be anything. */
export type Probe = Readonly<Partial<Record<Field, string>>>;

/** Any host of the Internet; IANA's example.org had it. */
const REMOTE = '93.184.215.14';
const PORT = '443';
/** Of Linux's range for those who open (net.ipv4.ip_local_port_range). */
const OPENER = '49152';

/** Connections are looked up at this priority (NF_IP_PRI_CONNTRACK); before it nothing is known of them. */
export const CONNTRACK = -200;

export interface Links {
  readonly bridge: string;
  readonly uplink: string;
  /** Network of the devices, with the length of its prefix. */
  readonly devices: string;
}

interface Place {
  readonly hook: string;
  readonly priority: number;
}

/** Left out is what is not there yet at that place, and addresses that translation may have changed already. */
export function probes({ hook, priority }: Place, { bridge, uplink, devices }: Links): Record<'out' | 'back', Probe> {
  const both = { nfproto: 'ipv4', l4proto: 'tcp' };
  const opened = { ctstate: 'new', ctstatus: 'none' };
  const out = {
    ...both,
    ...opened,
    iif: bridge,
    oif: uplink,
    saddr: devices,
    daddr: REMOTE,
    sport: OPENER,
    dport: PORT,
  };
  const answered = { ctstate: 'established' };
  const back = {
    ...both,
    ...answered,
    iif: uplink,
    oif: bridge,
    saddr: REMOTE,
    daddr: devices,
    sport: PORT,
    dport: OPENER,
  };
  if (hook === 'postrouting') return { out: without(out, 'saddr', 'sport'), back };
  if (hook !== 'prerouting') return { out, back };
  const early: readonly Field[] = priority > CONNTRACK ? ['oif'] : ['oif', 'ctstate', 'ctstatus'];
  return { out: without(out, ...early), back: without(back, ...early, 'daddr', 'dport') };
}

function without(probe: Probe, ...fields: readonly Field[]): Probe {
  return Object.fromEntries(Object.entries(probe).filter(([field]) => !fields.some((one) => one === field)));
}

export type Answer = 'yes' | 'no' | 'maybe';

/** Whether the packet has one of the values. */
export function asks(probe: Probe, field: Field | null, values: readonly string[] | null): Answer {
  const has = field === null ? undefined : probe[field];
  if (values?.length === 0) return 'no';
  if (field === null || has === undefined || values === null) return 'maybe';
  const answers = values.map((value) => compare(field, has, value));
  return answers.includes('yes') ? 'yes' : answers.includes('maybe') ? 'maybe' : 'no';
}

/** What else the values of the packet are called: numbers of IANA, and `meta protocol` as well as `meta nfproto`. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['6', 'tcp'],
  ['ip', 'ipv4'],
]);

function compare(field: Field, has: string, value: string): Answer {
  if (value === '?') return 'maybe';
  if (field === 'saddr' || field === 'daddr') return compareSpans(addresses(has), addresses(value));
  if (field === 'sport' || field === 'dport') return compareSpans(ports(has), ports(value));
  if (field === 'iif' || field === 'oif')
    return value === has || (value.endsWith('*') && has.startsWith(value.slice(0, -1))) ? 'yes' : 'no';
  return (ALIASES.get(value) ?? value) === has ? 'yes' : 'no';
}

type Span = readonly [number, number] | undefined;

function compareSpans(has: Span, value: Span): Answer {
  if (has === undefined || value === undefined) return 'maybe';
  if (value[0] <= has[0] && has[1] <= value[1]) return 'yes';
  return has[1] < value[0] || value[1] < has[0] ? 'no' : 'maybe';
}

function addresses(text: string): Span {
  const network = parseIpv4Network(text);
  if (network !== undefined) return [network.first, network.last];
  if (text.endsWith('/0')) return [0, 2 ** 32 - 1];
  const [low = '', high = low] = text.split('-', 2);
  const [first, last] = [ipv4Number(low), ipv4Number(high)];
  return first === undefined || last === undefined ? undefined : [first, last];
}

/** Names of services are not known here. */
function ports(text: string): Span {
  const [low = '', high = low] = text.split('-', 2);
  return /^\d{1,5}$/.test(low) && /^\d{1,5}$/.test(high) ? [Number(low), Number(high)] : undefined;
}
