// Network time (RFC 5905 §7.3), stratum 2, the machine's own clock.
import { startUdpService } from './udp-service.ts';

const PACKET_BYTES = 48;
const SECONDS_1900_TO_1970 = 2_208_988_800;

function writeTimestamp(packet: Buffer, offset: number, milliseconds: number): void {
  packet.writeUInt32BE(Math.floor(milliseconds / 1000) + SECONDS_1900_TO_1970, offset);
  packet.writeUInt32BE(Math.floor(((milliseconds % 1000) / 1000) * 0x1_0000_0000), offset + 4);
}

function answer(query: Buffer): Buffer | undefined {
  if (query.length < PACKET_BYTES) return undefined;
  const now = Date.now();
  const reply = Buffer.alloc(PACKET_BYTES);
  reply.set([0x24, 2, 6, 0xec]); // version 4, server; stratum; poll; precision 2^-20 s
  reply.write('WEIR', 12, 'latin1');
  writeTimestamp(reply, 16, now - 4000);
  query.copy(reply, 24, 40, 48);
  writeTimestamp(reply, 32, now);
  writeTimestamp(reply, 40, now);
  return reply;
}

export async function startNtpServers(addresses: readonly string[]): Promise<void> {
  await Promise.all(addresses.map((address) => startUdpService(address, 123, answer)));
}
