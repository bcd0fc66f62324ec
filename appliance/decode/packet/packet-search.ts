// Finds one packet of a capture file and the message it is a part of, while the file is read once from its start. Fed by a
// CaptureReader; memory is bounded however long the file is.

import { type FrameSink, MAX_RECORD_BYTES } from '../files/records.ts';
import { PROTOCOL_TCP } from '../frames/frame.ts';
import { Walk } from '../frames/walk.ts';
import { type JoinedMessage, joinMessage, type StreamPart } from './join-message.ts';

/** Bytes of packets before and behind that are looked through for other parts of the message. */
const NEIGHBOUR_BYTES = 4 * MAX_RECORD_BYTES;

export interface FoundPacket {
  readonly packet: number;
  /** Decimal seconds since 1970, nine digits. */
  readonly ts: string;
  readonly linkType: number;
  readonly originalLength: number;
  readonly bytes: Uint8Array;
  /** Null where the packet carries nothing of TCP or UDP. */
  readonly message: JoinedMessage | null;
}

interface Kept {
  readonly packet: number;
  readonly bytes: Uint8Array;
  readonly linkType: number;
}

interface Own extends Kept {
  readonly ts: string;
  readonly originalLength: number;
}

export class PacketSearch implements FrameSink {
  readonly #wanted: number;
  readonly #before: Kept[] = [];
  #beforeBytes = 0;
  readonly #behind: Kept[] = [];
  #behindBytes = 0;
  #own: Own | undefined;
  #count = 0;

  /** @param wanted number of the packet, from 1 */
  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** Packets read so far. */
  get packets(): number {
    return this.#count;
  }

  /** Nothing that is read from here on changes what is found. */
  get isDone(): boolean {
    return this.#own !== undefined && this.#behindBytes >= NEIGHBOUR_BYTES;
  }

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    originalLength: number,
    linkType: number,
  ): void {
    this.#count++;
    if (this.isDone) return;
    const kept = { packet: this.#count, bytes: bytes.slice(start, end), linkType };
    if (this.#count === this.#wanted) {
      const ts = `${seconds}.${String(Math.floor(nanoseconds)).padStart(9, '0')}`;
      this.#own = { ...kept, ts, originalLength };
      return;
    }
    if (this.#own === undefined) this.#keepBefore(kept);
    else this.#keepBehind(kept);
  }

  #keepBefore(kept: Kept): void {
    this.#before.push(kept);
    this.#beforeBytes += kept.bytes.length;
    let gone = 0;
    while (this.#beforeBytes > NEIGHBOUR_BYTES) this.#beforeBytes -= this.#before[gone++]?.bytes.length ?? 0;
    if (gone > 0) this.#before.splice(0, gone);
  }

  #keepBehind(kept: Kept): void {
    this.#behind.push(kept);
    // A record costs more than its bytes.
    this.#behindBytes += kept.bytes.length + 64;
  }

  /** At the end of the file; undefined where it has no such packet. */
  found(): FoundPacket | undefined {
    if (this.#own === undefined) return undefined;
    return { ...this.#own, message: messageOf(this.#own, [...this.#before, ...this.#behind]) };
  }
}

function messageOf(own: Kept, others: readonly Kept[]): JoinedMessage | null {
  const walk = new Walk();
  const part = partOf(walk, own);
  if (part === undefined || part.bytes.length === 0) return null;
  const key = directionOf(walk, own.bytes);
  if (walk.protocol !== PROTOCOL_TCP) return joinMessage(part, []);
  const parts = others.flatMap((other) => {
    const one = partOf(walk, other);
    return one !== undefined && walk.protocol === PROTOCOL_TCP && directionOf(walk, other.bytes) === key ? [one] : [];
  });
  return joinMessage(part, parts);
}

/** Leaves `walk` at that packet. */
function partOf(walk: Walk, { packet, bytes, linkType }: Kept): StreamPart | undefined {
  walk.walk(bytes, 0, bytes.length, linkType);
  if (!walk.hasPorts || walk.laterFragment) return undefined;
  return {
    packet,
    sequence: walk.tcpSequence,
    bytes: bytes.subarray(walk.payloadStart, walk.payloadEnd),
    missing: walk.payloadMissing + walk.payloadInFragments,
  };
}

/** Both ends, the sender first. */
function directionOf(walk: Walk, bytes: Uint8Array): string {
  const length = walk.ipVersion === 6 ? 16 : 4;
  const end = (at: number) => Buffer.from(bytes.subarray(at, at + length)).toString('hex');
  return `${end(walk.sourceIp)} ${walk.sourcePort} ${end(walk.destinationIp)} ${walk.destinationPort}`;
}
