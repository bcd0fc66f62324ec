// dns-packet, the second implementation that dns.ts is compared with; it ships no types, so the part we use is named here.
import { createRequire } from 'node:module';

interface OracleRecord {
  readonly type: string;
  readonly name: string;
  readonly data: unknown;
}

interface OracleMessage {
  readonly type?: 'query' | 'response';
  readonly questions?: readonly { readonly name: string; readonly type?: string }[];
  readonly answers?: readonly OracleRecord[];
  readonly additionals?: readonly OracleRecord[];
}

interface DnsPacket {
  encode(message: OracleMessage): Uint8Array;
  decode(bytes: Uint8Array): OracleMessage;
}

export const dnsPacket = createRequire(import.meta.url)('dns-packet') as DnsPacket;
