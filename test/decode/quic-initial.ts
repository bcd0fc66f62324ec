// Seals clients' QUIC Initials for the tests (RFC 9001 §5, RFC 9369 §3.3).
import { createCipheriv, createHmac } from 'node:crypto';
import { be16, be32, vector8, wire } from './fixture.ts';

export interface QuicVersion {
  readonly number: number;
  readonly salt: string;
  readonly label: string;
  /** Long header, Initial, packet number of four bytes. */
  readonly firstByte: number;
}

export const QUIC_V1: QuicVersion = {
  number: 1,
  salt: '38762cf7f55934b34d179ae6a4c80cadccbb7f0a',
  label: 'quic',
  firstByte: 0xc3,
};
export const QUIC_V2: QuicVersion = {
  number: 0x6b3343cf,
  salt: '0dede3def700a6db819381be6e269dcbf9bd2ed9',
  label: 'quicv2',
  firstByte: 0xd3,
};

function expand(secret: Buffer, label: string, length: number): Buffer {
  const full = `tls13 ${label}`;
  const info = Buffer.concat([Buffer.from([0, length, full.length]), Buffer.from(full), Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

export interface InitialPlan {
  readonly frames: Uint8Array;
  readonly version: QuicVersion;
  /** Destination connection id in the header. */
  readonly cid: Uint8Array;
  /** Connection id that the keys come from. */
  readonly keys: Uint8Array;
  /** Source connection id; empty where not given. */
  readonly source?: Uint8Array;
}

/** A datagram of 1,200 bytes or more. */
export function sealInitial({ frames, version, cid, keys, source = new Uint8Array(0) }: InitialPlan): Uint8Array {
  const common = createHmac('sha256', Buffer.from(version.salt, 'hex')).update(keys).digest();
  const secret = expand(common, 'client in', 32);
  const plain = wire(frames, new Uint8Array(Math.max(0, 1162 - frames.length))); // PADDING
  const length = be16(0x4000 | (4 + plain.length + 16)); // a two-byte varint
  const head = wire(version.firstByte, be32(version.number), vector8(cid), vector8(source), 0, length, be32(2));
  const nonce = expand(secret, `${version.label} iv`, 12);
  nonce[11] = nonce[11]! ^ 2;
  const cipher = createCipheriv('aes-128-gcm', expand(secret, `${version.label} key`, 16), nonce);
  cipher.setAAD(head);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const protection = expand(secret, `${version.label} hp`, 16);
  const mask = createCipheriv('aes-128-ecb', protection, null).update(sealed.subarray(0, 16));
  head[0] = head[0]! ^ (mask[0]! & 0x0f);
  for (let i = 0; i < 4; i++) head[head.length - 4 + i] = head[head.length - 4 + i]! ^ mask[1 + i]!;
  return wire(head, sealed);
}
