// Packets by destination port, as a document lists them. The documents of an appliance list of each protocol the busiest ports
// only: a scan has 65,536 of them, a megabyte that nobody reads and a second to make. What is left out is counted. `weir analyze`
// lists all of a file. Filled and read by render-document.ts.

import type { AnalysisDocument, Counts, TransportProtocol } from '../../model/analysis-document.ts';
import type { PortConversation } from '../ports/port-occurrences.ts';
import { PortTally } from '../summary/port-tally.ts';
import type { EvictedRecord } from '../summary/summary.ts';

/** No device that serves or asks comes near it; a scan of all ports does. */
export const MAX_PORTS = 4096;

export interface LargestPorts {
  readonly ports: AnalysisDocument['ports'];
  readonly leftOut: number;
}

export class LargestPortCounts {
  readonly #tally = new PortTally();

  /** What went to the ports that a joined row represents is reported among the evicted. */
  add(c: PortConversation): void {
    if (c.joined !== true || c.b_port !== 0) this.#tally.add(c.proto, c.b_port, c.pkts_ab);
    if (c.joined !== true || c.a_port !== 0) this.#tally.add(c.proto, c.a_port, c.pkts_ba);
  }

  addEvicted(evicted: Pick<EvictedRecord, 'ports' | 'runs'>): void {
    this.#tally.addRecord(evicted);
  }

  /** At most `most` ports of each protocol, in their order. Of equally busy ones those with the lower numbers stay. */
  render(most = Number.POSITIVE_INFINITY): LargestPorts {
    const lists = { tcp: new PortList(), udp: new PortList() };
    this.#tally.each((proto: TransportProtocol, port, packets) => lists[proto].add(port, packets));
    const ports = { tcp: lists.tcp.largest(most), udp: lists.udp.largest(most) };
    return { ports, leftOut: Math.max(0, lists.tcp.length - most) + Math.max(0, lists.udp.length - most) };
  }
}

/** Ports in order, and the packets of each. */
class PortList {
  readonly #ports: number[] = [];
  readonly #packets: number[] = [];

  get length(): number {
    return this.#ports.length;
  }

  add(port: number, packets: number): void {
    this.#ports.push(port);
    this.#packets.push(packets);
  }

  largest(most: number): Counts {
    const counts: Record<string, number> = Object.create(null);
    const { least, equals } = this.#bar(most);
    let room = equals;
    for (const [i, packets] of this.#packets.entries()) {
      if (packets < least || (packets === least && room-- <= 0)) continue;
      counts[String(this.#ports[i])] = packets;
    }
    return counts;
  }

  /** The least that a port has which stays, and how many of those with just so many stay. */
  #bar(most: number): { readonly least: number; readonly equals: number } {
    if (this.length <= most) return { least: 0, equals: 0 };
    const sorted = Float64Array.from(this.#packets).sort();
    const least = sorted[sorted.length - most] ?? Number.POSITIVE_INFINITY;
    const above = sorted.length - 1 - sorted.findLastIndex((packets) => packets <= least);
    return { least, equals: most - above };
  }
}
