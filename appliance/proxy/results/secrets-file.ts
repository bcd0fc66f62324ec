// A capture and the TLS secrets of a run in one pcapng, which Wireshark decrypts when it opens it. Pure: frames in, blocks out.
// Blocks: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html §4.1 (SHB), §4.2 (IDB), §4.3 (EPB), §4.7 (DSB).

import type { FrameSink } from '../../decode/files/records.ts';

const [SECTION, INTERFACE, PACKET, SECRETS] = [0x0a0d0d0a, 1, 6, 10];
/** `TLSK`: NSS's key log. */
const TLS_KEY_LOG = 0x544c534b;
const NANOSECONDS = 9;

export class SecretsFile implements FrameSink {
  readonly #write: (block: Buffer) => void;
  /** Link types, in the order of their interface blocks. */
  readonly #links: number[] = [];

  /** `secrets`: text of a key log. It precedes the packets, as readers need it. */
  constructor(secrets: Buffer, write: (block: Buffer) => void) {
    this.#write = write;
    const section = Buffer.alloc(16);
    section.writeUInt32LE(0x1a2b3c4d, 0);
    section.writeUInt16LE(1, 4);
    section.writeBigInt64LE(-1n, 8);
    write(block(SECTION, section));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(TLS_KEY_LOG, 0);
    head.writeUInt32LE(secrets.length, 4);
    write(block(SECRETS, Buffer.concat([head, secrets])));
  }

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanos: number,
    original: number,
    link: number,
  ): void {
    const head = Buffer.alloc(20);
    const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
    head.writeUInt32LE(this.#interfaceOf(link), 0);
    head.writeUInt32LE(Number(time >> 32n), 4);
    head.writeUInt32LE(Number(time & 0xffffffffn), 8);
    head.writeUInt32LE(end - start, 12);
    head.writeUInt32LE(original, 16);
    this.#write(block(PACKET, Buffer.concat([head, bytes.subarray(start, end)])));
  }

  #interfaceOf(link: number): number {
    const known = this.#links.indexOf(link);
    if (known >= 0) return known;
    const body = Buffer.alloc(20);
    body.writeUInt16LE(link, 0);
    body.writeUInt16LE(9, 8); // if_tsresol, one byte, padded
    body.writeUInt16LE(1, 10);
    body.writeUInt8(NANOSECONDS, 12);
    this.#write(block(INTERFACE, body));
    return this.#links.push(link) - 1;
  }
}

/** Type, length, body padded to four bytes, length again. */
function block(type: number, body: Buffer): Buffer {
  const padding = (4 - (body.length % 4)) % 4;
  const length = 12 + body.length + padding;
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  body.copy(bytes, 8);
  bytes.writeUInt32LE(length, length - 4);
  return bytes;
}
