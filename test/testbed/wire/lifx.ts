// LIFX LAN messages (UDP 56700, lan.developer.lifx.com): 36 bytes of header, little-endian, then the payload.

export const MESSAGE = { GET_SERVICE: 2, STATE_SERVICE: 3, GET_COLOR: 101, SET_COLOR: 102, STATE: 107 } as const;

const HEADER_BYTES = 36;
const PROTOCOL_ADDRESSABLE = 0x1400;
const TAGGED = 0x2000;

export function encodeMessage(type: number, target: string, sequence: number, payload: Buffer): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + payload.length);
  message.writeUInt16LE(message.length, 0);
  message.writeUInt16LE(PROTOCOL_ADDRESSABLE | (type === MESSAGE.GET_SERVICE ? TAGGED : 0), 2);
  message.writeUInt32LE(0x5745_4952, 4); // source: chosen by the client
  message.write(target.replaceAll(':', ''), 8, 'hex');
  message[22] = 1; // answer wanted
  message[23] = sequence & 0xff;
  message.writeUInt16LE(type, 32);
  payload.copy(message, HEADER_BYTES);
  return message;
}

export function messageType(message: Buffer): number | undefined {
  return message.length < HEADER_BYTES ? undefined : message.readUInt16LE(32);
}
