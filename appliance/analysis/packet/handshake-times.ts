// The shortest time between a device's TCP SYN and the SYN/ACK from the Internet, by remote address, as the access point
// saw both pass: the round trip without the radio, a physical bound on where the answer came from (geo/distance.ts). The
// analyzer feeds it packet by packet; `weir geo check` uses it alone as a sink of the capture reader.

import { ipv4Text, ipv6Text } from '../../decode/address-text.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import { PROTOCOL_TCP } from '../../decode/frames/frame.ts';
import { Walk } from '../../decode/frames/walk.ts';
import type { FindingEvidence } from '../../model/analysis-document.ts';
import type { RoundTripRecord } from '../summary/round-trip.ts';
import { type Table, table } from '../summary/summary.ts';

export const SYN = 0x02;
export const ACK = 0x10;
const RST = 0x04;

/** Half-open connections remembered: the carry holds them all. */
const MAX_OPEN = 1000;
/** Addresses answered for. */
const MAX_ADDRESSES = 5000;
/** A SYN repeated later than this (RFC 6298 §2: one second) is another connection on the same ports. */
const LONGEST_SECONDS = 10;

interface Open {
  readonly sequence: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Highest time seen when it was sent: what it is forgotten by. */
  readonly clock: number;
  /** Sent more than once: which one was answered is not known (Karn's rule), so it does not count. */
  repeated: boolean;
}

/** In the order of sending. */
export type HandshakeCarry = readonly (readonly [key: string, open: Open])[];

export class HandshakeTimes implements FrameSink {
  readonly #walk = new Walk();
  readonly #open = new Map<string, Open>();
  readonly #trips = new Map<string, RoundTripRecord>();
  #clock = 0;
  #packets = 0;
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
    const packet = ++this.#packets;
    if (walk.protocol !== PROTOCOL_TCP || !walk.hasPorts) return;
    this.packet(walk, bytes, seconds, nanoseconds, Math.max(this.#clock, seconds), () => ({
      segment: 0,
      packet,
      ts: '',
    }));
  }

  /** A TCP packet; only those with SYN mean something. `clock`: highest time so far, in whole seconds. */
  packet(
    walk: Walk,
    bytes: Uint8Array,
    seconds: number,
    nanoseconds: number,
    clock: number,
    evidence: () => FindingEvidence,
  ): void {
    if ((walk.tcpFlags & SYN) === 0 || (walk.tcpFlags & RST) !== 0) return;
    this.#clock = clock;
    if ((walk.tcpFlags & ACK) === 0) this.#asked(walk, bytes, seconds, nanoseconds);
    else this.#answered(walk, bytes, seconds, nanoseconds, evidence);
  }

  #asked(walk: Walk, bytes: Uint8Array, seconds: number, nanoseconds: number): void {
    const near = ipText(walk, bytes, walk.sourceIp);
    const key = `${near} ${walk.sourcePort} ${ipText(walk, bytes, walk.destinationIp)} ${walk.destinationPort}`;
    const known = this.#open.get(key);
    if (known !== undefined && known.sequence === walk.tcpSequence && this.#isFresh(known)) {
      known.repeated = true;
      return;
    }
    // A known one goes to the end: the carry may have left it out, and the order must not depend on that.
    if (known !== undefined) this.#open.delete(key);
    else if (this.#open.size >= MAX_OPEN) this.#forgetOldest();
    this.#open.set(key, { sequence: walk.tcpSequence, seconds, nanoseconds, clock: this.#clock, repeated: false });
  }

  #isFresh(open: Open): boolean {
    return this.#clock - open.clock <= LONGEST_SECONDS;
  }

  #forgetOldest(): void {
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    this.#open.delete(oldest[0]);
    if (this.#isFresh(oldest[1])) this.leftOut++;
  }

  #answered(
    walk: Walk,
    bytes: Uint8Array,
    seconds: number,
    nanoseconds: number,
    evidence: () => FindingEvidence,
  ): void {
    const remote = ipText(walk, bytes, walk.sourceIp);
    const key = `${ipText(walk, bytes, walk.destinationIp)} ${walk.destinationPort} ${remote} ${walk.sourcePort}`;
    const open = this.#open.get(key);
    if (open === undefined || (open.sequence + 1) >>> 0 !== walk.tcpAcknowledgement) return;
    this.#open.delete(key);
    const took = (seconds - open.seconds) * 1e9 + (nanoseconds - open.nanoseconds);
    // A clock step between the two would make any bound worthless.
    if (open.repeated || !this.#isFresh(open) || took < 0 || took > LONGEST_SECONDS * 1e9) return;
    this.#keep(remote, took, evidence);
  }

  #keep(remote: string, took: number, evidence: () => FindingEvidence): void {
    const known = this.#trips.get(remote);
    if (known === undefined) {
      if (this.#trips.size >= MAX_ADDRESSES) this.leftOut++;
      else this.#trips.set(remote, { shortest_ns: took, handshakes: 1, evidence: evidence() });
      return;
    }
    known.handshakes++;
    if (took >= known.shortest_ns) return;
    known.shortest_ns = took;
    known.evidence = evidence();
  }

  /** Of this segment, in the order of the first handshake. */
  records(): Table<RoundTripRecord> {
    const records = table<RoundTripRecord>();
    for (const [ip, record] of this.#trips) records[ip] = { ...record };
    return records;
  }

  /** SYNs that may yet be answered. */
  carry(clock: number): HandshakeCarry {
    this.#clock = clock;
    return [...this.#open].filter(([, open]) => this.#isFresh(open)).map(([key, open]) => [key, { ...open }]);
  }

  resume(carry: HandshakeCarry): void {
    for (const [key, open] of carry) this.#open.set(key, { ...open });
  }
}

/** Of one address in two parts of a capture, in their order. */
export function mergeRoundTrips(x: RoundTripRecord, y: RoundTripRecord): RoundTripRecord {
  const { shortest_ns, evidence } = y.shortest_ns < x.shortest_ns ? y : x;
  return { shortest_ns, handshakes: x.handshakes + y.handshakes, evidence };
}

function ipText(walk: Walk, bytes: Uint8Array, at: number): string {
  return walk.ipVersion === 4 ? ipv4Text(bytes, at) : ipv6Text(bytes, at);
}
