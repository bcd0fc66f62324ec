// The conversation inside the testbed's TLS channels, agreed between device/channel.ts and internet/tls-server.ts:
// whole length of the request (32 bits), length of the wanted reply (32 bits), filling.

export const EXCHANGE_HEADER_BYTES = 8;

export function encodeExchange(filling: Buffer, replyBytes: number): Buffer {
  const header = Buffer.alloc(EXCHANGE_HEADER_BYTES);
  header.writeUInt32BE(EXCHANGE_HEADER_BYTES + filling.length, 0);
  header.writeUInt32BE(replyBytes, 4);
  return Buffer.concat([header, filling]);
}

export function readExchange(stream: Buffer): { requestBytes: number; replyBytes: number } | undefined {
  if (stream.length < EXCHANGE_HEADER_BYTES) return undefined;
  return { requestBytes: stream.readUInt32BE(0), replyBytes: stream.readUInt32BE(4) };
}
