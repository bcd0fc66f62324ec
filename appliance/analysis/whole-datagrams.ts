// Datagrams that came in IP fragments, shown to the inspectors: the first fragment alone, and again with what it is the beginning of
// once that has come, which it may never. Reads the current packet; owned by the analyzer.

import { fragmentPlace } from '../decode/frames/fragment.ts';
import type { Collector } from './inspect/collector.ts';
import type { Applications, FlowApplications } from './inspect/dispatcher.ts';
import { DatagramPieces, type FirstPiece, type JoinedDatagram } from './inspect/streams/datagram-pieces.ts';
import type { Flows } from './packet/flows.ts';
import type { Packet } from './packet/packet.ts';

export class WholeDatagrams {
  readonly #packet: Packet;
  readonly #flows: Flows;
  readonly #collector: Collector;
  readonly #applications: Applications;
  readonly #isSearched: boolean;
  readonly #pieces: DatagramPieces;

  /** `isSearched`: secrets or words are looked for in every payload. */
  constructor(packet: Packet, flows: Flows, collector: Collector, applications: Applications, isSearched: boolean) {
    this.#packet = packet;
    this.#flows = flows;
    this.#collector = collector;
    this.#applications = applications;
    this.#isSearched = isSearched;
    this.#pieces = new DatagramPieces(flows.budget);
  }

  /** The current packet is the first fragment of a datagram of `flow`. */
  first(flow: FlowApplications, direction: 0 | 1, bytes: Uint8Array): void {
    const { row, walk, number } = this.#packet;
    const first: FirstPiece = { row, key: this.#flows.keyOf(row), direction, reported: undefined };
    const whole = this.#add(bytes, first);
    if (whole !== undefined) return this.#show(whole);
    let isKnown = false;
    const reported = this.#collector.hear(() => {
      isKnown = this.#applications.datagram(flow, walk, bytes, direction, number);
    });
    if (isKnown) first.reported = reported;
  }

  /** The current packet is a later one. */
  later(bytes: Uint8Array): void {
    const whole = this.#add(bytes);
    if (whole === undefined || !this.#flows.holds(whole.first.row, whole.first.key)) return;
    this.#packet.row = whole.first.row;
    this.#show(whole);
  }

  #add(bytes: Uint8Array, first?: FirstPiece): JoinedDatagram | undefined {
    const packet = this.#packet;
    const place = fragmentPlace(packet.walk, bytes);
    if (place === undefined) return undefined;
    const name = `${packet.sourceIp()} ${packet.destinationIp()} ${place.identification}`;
    const whole = this.#pieces.add(name, place, bytes, packet.clock, first);
    this.#collector.noteCuts(this.#pieces.joiner);
    return whole;
  }

  #show(whole: JoinedDatagram): void {
    const { first, bytes, payloadStart, payloadEnd } = whole;
    const { row, number } = this.#packet;
    const flow = this.#flows.applications(row);
    this.#collector.repeat(first.reported, () => {
      if (this.#isSearched) this.#collector.unpacked(bytes, payloadStart, payloadEnd, 'fragments');
      this.#applications.datagram(flow, whole, bytes, first.direction, number);
    });
  }
}
