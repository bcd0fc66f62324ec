// The shortest time between a device's TCP SYN and the SYN/ACK from the Internet, by remote address, as the access point
// saw both pass: the round trip without the radio. A sink for the capture reader; `weir geo check` asks it.

import { ipv4Text, ipv6Text } from '../decode/address-text.ts';
import type { FrameSink } from '../decode/records.ts';
import { PROTOCOL_TCP, Walk } from '../decode/walk.ts';

const SYN = 0x02;
const ACK = 0x10;
const RST = 0x04;

/** Half-open connections remembered, and addresses answered for. */
const MOST_OPEN = 10_000;
const MOST_ADDRESSES = 50_000;
/** A SYN repeated later than this (RFC 6298 §2: one second) is another connection on the same ports. */
const LONGEST_MS = 10_000;

export interface RoundTrip {
  readonly ip: string;
  readonly shortest_ms: number;
  readonly handshakes: number;
}

interface Open {
  readonly sequence: number;
  readonly ms: number;
  /** Sent more than once: which one was answered is not known (Karn's rule), so it does not count. */
  repeated: boolean;
}

export class HandshakeTimes implements FrameSink {
  readonly #walk = new Walk();
  readonly #open = new Map<string, Open>();
  readonly #trips = new Map<string, { shortest: number; count: number }>();
  /** Handshakes that were not kept because a limit was reached. */
  leftOut = 0;

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    _length: number,
    linkType: number,
  ): void {
    const walk = this.#walk;
    walk.walk(bytes, start, end, linkType);
    if (walk.protocol !== PROTOCOL_TCP || !walk.hasPorts || (walk.tcpFlags & SYN) === 0 || (walk.tcpFlags & RST) !== 0)
      return;
    const ms = seconds * 1000 + nanoseconds / 1e6;
    if ((walk.tcpFlags & ACK) === 0) this.#asked(bytes, ms);
    else this.#answered(bytes, ms);
  }

  #asked(bytes: Uint8Array, ms: number): void {
    const { sourceIp, destinationIp, sourcePort, destinationPort, tcpSequence } = this.#walk;
    const key = `${this.#text(bytes, sourceIp)} ${sourcePort} ${this.#text(bytes, destinationIp)} ${destinationPort}`;
    const known = this.#open.get(key);
    if (known !== undefined && known.sequence === tcpSequence && ms - known.ms < LONGEST_MS) {
      known.repeated = true;
      return;
    }
    if (known === undefined && this.#open.size >= MOST_OPEN) this.#forgetOldest();
    this.#open.set(key, { sequence: tcpSequence, ms, repeated: false });
  }

  #forgetOldest(): void {
    const oldest = this.#open.keys().next();
    if (oldest.done !== true) this.#open.delete(oldest.value);
    this.leftOut++;
  }

  #answered(bytes: Uint8Array, ms: number): void {
    const { sourceIp, destinationIp, sourcePort, destinationPort, tcpAcknowledgement } = this.#walk;
    const remote = this.#text(bytes, sourceIp);
    const key = `${this.#text(bytes, destinationIp)} ${destinationPort} ${remote} ${sourcePort}`;
    const open = this.#open.get(key);
    if (open === undefined || (open.sequence + 1) >>> 0 !== tcpAcknowledgement) return;
    this.#open.delete(key);
    // A clock step between the two would make any bound worthless.
    if (open.repeated || ms < open.ms || ms - open.ms > LONGEST_MS) return;
    this.#keep(remote, ms - open.ms);
  }

  #keep(remote: string, ms: number): void {
    const known = this.#trips.get(remote);
    if (known !== undefined) {
      known.shortest = Math.min(known.shortest, ms);
      known.count++;
    } else if (this.#trips.size < MOST_ADDRESSES) this.#trips.set(remote, { shortest: ms, count: 1 });
    else this.leftOut++;
  }

  #text(bytes: Uint8Array, at: number): string {
    return this.#walk.ipVersion === 4 ? ipv4Text(bytes, at) : ipv6Text(bytes, at);
  }

  /** In the order of the first handshake. */
  roundTrips(): RoundTrip[] {
    return [...this.#trips].map(([ip, { shortest, count }]) => ({ ip, shortest_ms: shortest, handshakes: count }));
  }
}
