// MQTT 3.1.1 packets (OASIS, mqtt-v3.1.1-os): what a plug and a broker need, nothing more.

export const PACKET = {
  CONNECT: 1,
  CONNACK: 2,
  PUBLISH: 3,
  SUBSCRIBE: 8,
  SUBACK: 9,
  PINGREQ: 12,
  PINGRESP: 13,
  DISCONNECT: 14,
} as const;

export interface MqttPacket {
  readonly type: number;
  readonly body: Buffer;
}

/** §1.5.3: length and UTF-8. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** §2.2: type and flags, remaining length in groups of seven bits, body. */
export function encodePacket(type: number, flags: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([(type << 4) | flags, ...length]), body]);
}

/** §3.1: clean session, user name and password. */
export function encodeConnect(client: string, user: string, password: string, keepAliveSeconds: number): Buffer {
  const keepAlive = Buffer.from([keepAliveSeconds >> 8, keepAliveSeconds & 0xff]);
  const head = Buffer.concat([text('MQTT'), Buffer.from([4, 0xc2]), keepAlive]);
  return encodePacket(PACKET.CONNECT, 0, head, text(client), text(user), text(password));
}

export function encodeSubscribe(packetId: number, topic: string): Buffer {
  return encodePacket(
    PACKET.SUBSCRIBE,
    2,
    Buffer.from([packetId >> 8, packetId & 0xff]),
    text(topic),
    Buffer.from([0]),
  );
}

/** §3.3 with QoS 0: topic and payload. */
export function encodePublish(topic: string, payload: Buffer): Buffer {
  return encodePacket(PACKET.PUBLISH, 0, text(topic), payload);
}

/** Takes whole packets off the front of a stream. */
export function splitPackets(stream: Buffer): { packets: MqttPacket[]; rest: Buffer } {
  const packets: MqttPacket[] = [];
  let at = 0;
  for (;;) {
    let length = 0;
    let digits = 0;
    let digit: number | undefined;
    do {
      digit = stream[at + 1 + digits];
      if (digit === undefined || digits > 3) return { packets, rest: stream.subarray(at) };
      length |= (digit & 0x7f) << (7 * digits++);
    } while (digit > 0x7f);
    const start = at + 1 + digits;
    if (start + length > stream.length) return { packets, rest: stream.subarray(at) };
    packets.push({ type: (stream[at] ?? 0) >> 4, body: stream.subarray(start, start + length) });
    at = start + length;
  }
}
