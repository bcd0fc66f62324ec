// MQTT 3.1, 3.1.1 and 5 control packets (OASIS, §2 and §3) from a stream: who connects, what is published and subscribed.
import { startsWith, textAt, u16 } from '../octets.ts';

export const MQTT_PACKETS = [
  'reserved',
  'connect',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'pingreq',
  'pingresp',
  'disconnect',
  'auth',
] as const;
export type MqttPacketType = (typeof MQTT_PACKETS)[number];

export interface MqttConnect {
  /** 3 (3.1), 4 (3.1.1) or 5. */
  readonly level: number;
  readonly clientId: string;
  readonly userName: string | undefined;
  readonly password: string | undefined;
  readonly willTopic: string | undefined;
  /** Sent by the broker when the client is lost: a message like any other. */
  readonly willMessage: string | undefined;
}

export interface MqttPacket {
  readonly type: MqttPacketType;
  /** Whole length on the wire. */
  readonly packetBytes: number;
  readonly connect: MqttConnect | undefined;
  /** Of PUBLISH: one; of SUBSCRIBE: all, at most 32. */
  readonly topics: readonly string[];
  /** PUBLISH: where the message lies from the packet's start, as far as seen; equal where there is none. */
  readonly payloadFrom: number;
  readonly payloadTo: number;
  /** Version 5, PUBLISH: the alias of a topic sent before, or the one that this topic gets from now on; 0 without. */
  readonly topicAlias: number;
  /** Version 5: user properties and other texts, at most 32. */
  readonly properties: readonly MqttProperty[];
  readonly truncated: boolean;
}

/** A property of version 5 that is a text; user properties have names of their own. */
export interface MqttProperty {
  readonly name: string;
  readonly value: string;
}

/** Filters in one SUBSCRIBE that are kept. */
const MAX_TOPICS = 32;
/** Bytes of a password or of a text property's value that are kept; the rest is cut. */
const CREDENTIAL_LIMIT = 512;
/** Bytes of a will's message that are kept; the rest is cut. */
const WILL_LIMIT = 4096;
/** Flags that each type must carry (§2.1.3); -1 leaves them free. */
const FLAGS: readonly number[] = [-2, 0, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];

interface FixedHeader {
  readonly type: number;
  readonly flags: number;
  readonly at: number;
  readonly end: number;
}

/** §2.1.4: remaining length in one to four bytes. */
function fixedHeader(bytes: Uint8Array, start: number, end: number): FixedHeader | undefined {
  if (end - start < 2) return undefined;
  const type = bytes[start]! >> 4;
  const flags = bytes[start]! & 15;
  if (FLAGS[type] !== flags && FLAGS[type] !== -1) return undefined;
  let length = 0;
  for (let i = 0; i < 4 && start + 1 + i < end; i++) {
    const byte = bytes[start + 1 + i]!;
    length += (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return { type, flags, at: start + 2 + i, end: start + 2 + i + length };
  }
  return undefined;
}

/** One packet at `start`; `level` is that of the connection (5 has properties), 4 where unknown. */
export function decodeMqtt(bytes: Uint8Array, start: number, end: number, level = 4): MqttPacket | undefined {
  const header = fixedHeader(bytes, start, end);
  if (header === undefined) return undefined;
  const type = MQTT_PACKETS[header.type] ?? 'reserved';
  const stop = Math.min(header.end, end);
  const packet: Packet = {
    type,
    packetBytes: header.end - start,
    connect: undefined,
    topics: [],
    payloadFrom: 0,
    payloadTo: 0,
    topicAlias: 0,
    properties: [],
    truncated: header.end > end,
  };
  if (type === 'publish') return readPublish(bytes, start, header, stop, level, packet);
  if (type === 'subscribe') readFilters(bytes, header.at, stop, level, packet);
  if (type === 'connack' && level === 5) readProperties(bytes, header.at + 2, stop, packet);
  if (type !== 'connect') return packet;
  packet.connect = readConnect(bytes, header.at, stop, packet);
  return packet.connect === undefined && !packet.truncated ? undefined : packet;
}

/** While it is read: a segment holds hundreds of the shortest messages, and a copy of each would cost more than reading it. */
type Packet = { -readonly [key in keyof MqttPacket]: MqttPacket[key] };

/** Whether a CONNECT begins here: the grammar that distinguishes MQTT. */
export function isMqttConnect(bytes: Uint8Array, start: number, end: number): boolean {
  const header = fixedHeader(bytes, start, end);
  return header?.type === 1 && protocolLevelAt(bytes, header.at, end) > 0;
}

/** §3.1.2.1: `MQTT`, in 3.1 `MQIsdp`; returns the offset of the level byte, 0 where the name is another. */
function protocolLevelAt(bytes: Uint8Array, at: number, end: number): number {
  if (startsWith(bytes, at, end, '\x00\x04MQTT') && at + 6 < end) return at + 6;
  return startsWith(bytes, at, end, '\x00\x06MQIsdp') && at + 8 < end ? at + 8 : 0;
}

/** A cursor over length-prefixed fields; `failed` once one did not fit. */
class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;
  failed = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  /** §1.5.4: text behind a 16-bit length. */
  text(limit?: number): string {
    const stop = this.at + 2 + u16(this.#bytes, this.at);
    if (this.failed || this.at + 2 > this.#end || stop > this.#end) {
      this.failed = true;
      return '';
    }
    const text = textAt(this.#bytes, this.at + 2, stop, limit);
    this.at = stop;
    return text;
  }

  /** §1.5.5: seven bits a byte, low first. */
  #varint(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const byte = this.at < this.#end ? this.#bytes[this.at++]! : 0;
      value += (byte & 0x7f) << (7 * i);
      if (byte < 0x80) break;
    }
    return value;
  }

  /** §2.2.2: properties of version 5; an unknown one ends the reading, as its length is not known. */
  properties(packet: Packet): void {
    const end = this.#varint() + this.at;
    if (end > this.#end) {
      this.failed = true;
      return;
    }
    const properties: MqttProperty[] = [...packet.properties];
    while (this.at < end && !this.failed && properties.length < MAX_PROPERTIES) {
      const id = this.#varint();
      const size = PROPERTY_BYTES.get(String(id));
      if (size === undefined) break;
      if (id === TOPIC_ALIAS) packet.topicAlias = u16(this.#bytes, this.at);
      if (size === USER_PAIR) properties.push({ name: this.text(), value: this.text(CREDENTIAL_LIMIT) });
      else if (size === TEXT)
        properties.push({ name: PROPERTY_NAMES.get(String(id)) ?? '', value: this.text(CREDENTIAL_LIMIT) });
      else if (size === VARINT) this.#varint();
      else this.at += size;
    }
    packet.properties = properties;
    this.at = end;
  }
}

/** Text properties of one packet of MQTT 5 that are kept; those beyond are not read. */
const MAX_PROPERTIES = 32;
const TOPIC_ALIAS = 35;
const TEXT = -1;
const USER_PAIR = -2;
const VARINT = -3;
/** §2.2.2.2: bytes of a property's value; texts and binary data follow their length. */
const PROPERTY_BYTES: ReadonlyMap<string, number> = new Map([
  ...['1', '23', '25', '36', '37', '40', '41', '42'].map((id) => [id, 1] as const),
  ...['19', '33', '34', '35'].map((id) => [id, 2] as const),
  ...['2', '17', '24', '39'].map((id) => [id, 4] as const),
  ...['3', '8', '9', '18', '21', '22', '26', '28', '31'].map((id) => [id, TEXT] as const),
  ['11', VARINT],
  ['38', USER_PAIR],
]);
const PROPERTY_NAMES: ReadonlyMap<string, string> = new Map([
  ['3', 'content_type'],
  ['8', 'response_topic'],
  ['18', 'assigned_client_id'],
  ['21', 'authentication_method'],
  ['22', 'authentication_data'],
  ['26', 'response_information'],
  ['28', 'server_reference'],
  ['31', 'reason'],
]);

function readProperties(bytes: Uint8Array, at: number, end: number, packet: Packet): void {
  if (at < end) new FieldReader(bytes, at, end).properties(packet);
}

const CONNECT_FLAG = { will: 0x04, password: 0x40, userName: 0x80 } as const;

/** §3.1: level, flags, keep alive, then client id, will, user name and password. */
function readConnect(bytes: Uint8Array, at: number, end: number, packet: Packet): MqttConnect | undefined {
  const levelAt = protocolLevelAt(bytes, at, end);
  if (levelAt === 0 || levelAt + 4 > end) return undefined;
  const level = bytes[levelAt]! & 0x7f;
  const flags = bytes[levelAt + 1]!;
  const reader = new FieldReader(bytes, levelAt + 4, end);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (level === 5) reader.properties(packet);
  const clientId = reader.text();
  if (has(CONNECT_FLAG.will) && level === 5) reader.properties(packet);
  const willTopic = has(CONNECT_FLAG.will) ? reader.text() : undefined;
  const willMessage = has(CONNECT_FLAG.will) ? reader.text(WILL_LIMIT) : undefined;
  const userName = has(CONNECT_FLAG.userName) ? reader.text() : undefined;
  const password = has(CONNECT_FLAG.password) ? reader.text(CREDENTIAL_LIMIT) : undefined;
  return { level, clientId, willTopic, willMessage, userName, password: reader.failed ? undefined : password };
}

/** §3.3: topic, packet identifier when QoS is above 0, properties, message. */
function readPublish(
  bytes: Uint8Array,
  start: number,
  header: FixedHeader,
  end: number,
  level: number,
  packet: Packet,
): MqttPacket | undefined {
  const qos = (header.flags >> 1) & 3;
  const reader = new FieldReader(bytes, header.at, end);
  const topic = reader.text();
  if (qos === 3) return undefined;
  if (qos > 0) reader.at += 2;
  if (level === 5) reader.properties(packet);
  if (!reader.failed) packet.topics = [topic];
  packet.payloadFrom = Math.min(reader.at, end) - start;
  packet.payloadTo = end - start;
  return packet;
}

/** §3.8.3: pairs of filter and options. */
function readFilters(bytes: Uint8Array, at: number, end: number, level: number, packet: Packet): void {
  const reader = new FieldReader(bytes, at + 2, end);
  if (level === 5) reader.properties(packet);
  const topics: string[] = [];
  while (reader.at + 3 <= end && topics.length < MAX_TOPICS) {
    const topic = reader.text();
    if (reader.failed) break;
    topics.push(topic);
    reader.at += 1;
  }
  packet.topics = topics;
}
