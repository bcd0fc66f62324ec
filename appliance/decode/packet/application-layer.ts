// What is in the payload of one packet: HTTP, TLS, DNS, DHCP or MQTT by their own grammar, else that it is payload. One packet
// alone; the whole message is put together by join-message.ts. Called by layers.ts.

import type { ByteRange, PacketLayer } from '../../model/document/packet.ts';
import { printable } from '../../model/text.ts';
import type { Frame } from '../frames/frame.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../frames/frame.ts';
import { decodeDhcp } from '../protocols/dhcp.ts';
import { decodeDns } from '../protocols/dns.ts';
import { decodeHttp } from '../protocols/http.ts';
import { decodeMqtt } from '../protocols/mqtt.ts';
import { decodeTls } from '../protocols/tls.ts';
import { tlsVersionName } from '../protocols/tls-hello.ts';

type Field = PacketLayer['fields'][number];
type Layer = Omit<PacketLayer, 'range'>;

/** Fields shown of a packet's application layer; further ones are left out. */
const MAX_FIELDS = 40;

export function applicationLayer(frame: Frame, bytes: Uint8Array, range: ByteRange): PacketLayer {
  const [from, to] = range;
  const layer = READERS.reduce<Layer | undefined>((found, read) => found ?? read(frame, bytes, from, to), undefined);
  const { name, fields } = layer ?? { name: 'Payload', fields: [{ name: 'length', value: `${to - from} bytes` }] };
  return { name, range, fields: fields.slice(0, MAX_FIELDS) };
}

type Reader = (frame: Frame, bytes: Uint8Array, from: number, to: number) => Layer | undefined;

const hasPort = ({ sourcePort, destinationPort }: Frame, ...ports: number[]) =>
  ports.includes(sourcePort) || ports.includes(destinationPort);

const READERS: readonly Reader[] = [readHttp, readTls, readDns, readDhcp, readMqtt];

function readHttp(frame: Frame, bytes: Uint8Array, from: number, to: number): Layer | undefined {
  const head = decodeHttp(bytes, from, to);
  if (head === undefined) return undefined;
  const line =
    head.kind === 'request'
      ? field('request', `${head.method} ${head.target} ${head.version}`)
      : field('response', `${head.version} ${head.status}`);
  const fields = Array.from({ length: head.fields.length }, (_, i) => field(head.fields.name(i), head.fields.value(i)));
  return {
    name: frame.protocol === PROTOCOL_UDP ? 'SSDP' : 'HTTP',
    fields: [line, ...fields, field('body in this packet', `${to - from - head.headBytes} bytes`)],
  };
}

function readTls({ protocol }: Frame, bytes: Uint8Array, from: number, to: number): Layer | undefined {
  const facts = protocol === PROTOCOL_TCP ? decodeTls(bytes, from, to) : undefined;
  if (facts === undefined) return undefined;
  const { clientHello, serverHello, alert } = facts;
  return {
    name: 'TLS',
    fields: [
      field('records', String(facts.records)),
      ...(clientHello === undefined ? [] : [field('hello of the client', clientHello.serverName ?? 'without a name')]),
      ...(serverHello === undefined ? [] : [field('hello of the server', tlsVersionName(serverHello.version))]),
      ...(facts.certificate === undefined ? [] : [field('certificate', 'sent readable')]),
      ...(alert === undefined ? [] : [field('alert', String(alert.description))]),
      ...(facts.applicationData ? [field('carries', 'encrypted data')] : []),
    ],
  };
}

function readDns(frame: Frame, bytes: Uint8Array, from: number, to: number): Layer | undefined {
  if (frame.protocol !== PROTOCOL_UDP || !hasPort(frame, 53, 5353, 5355)) return undefined;
  const facts = decodeDns(bytes, from, to);
  if (facts === undefined) return undefined;
  return {
    name: hasPort(frame, 5353) ? 'mDNS' : hasPort(frame, 5355) ? 'LLMNR' : 'DNS',
    fields: [
      field('message', facts.response ? 'answer' : 'question'),
      ...facts.questions.map(({ name, type }) => field('asks', `${name} (type ${type})`)),
      ...facts.records.map(({ name, type, value }) => field('record', `${name} (type ${type}) ${value}`)),
    ],
  };
}

function readDhcp(frame: Frame, bytes: Uint8Array, from: number, to: number): Layer | undefined {
  const facts = frame.protocol === PROTOCOL_UDP && hasPort(frame, 67, 68) ? decodeDhcp(bytes, from, to) : undefined;
  if (facts === undefined) return undefined;
  const reported = [
    ['client', facts.clientMac],
    ['host name', facts.hostname],
    ['maker and version', facts.vendorClass],
    ['asks for', facts.requestedIp],
    ['is given', facts.yourIp],
  ] as const;
  return {
    name: 'DHCP',
    fields: [
      field('message', facts.message),
      ...reported.flatMap(([name, value]) => (value === undefined ? [] : [field(name, value)])),
    ],
  };
}

function readMqtt(frame: Frame, bytes: Uint8Array, from: number, to: number): Layer | undefined {
  const packet = frame.protocol === PROTOCOL_TCP && hasPort(frame, 1883) ? decodeMqtt(bytes, from, to) : undefined;
  if (packet === undefined) return undefined;
  return {
    name: 'MQTT',
    fields: [
      field('packet', packet.type),
      ...(packet.connect === undefined ? [] : [field('client', packet.connect.clientId)]),
      ...packet.topics.map((topic) => field('topic', topic)),
    ],
  };
}

function field(name: string, value: string): Field {
  return { name: printable(name, 64), value: printable(value, 400) };
}
