// Packets by protocol and destination port, of conversations that have no row of their own any more: exact however many ports
// a scan has. Counted in pages while packets come; in a summary a table of few ports, and of many a text of runs, in which
// the 65,536 ports of a scan take some bytes instead of a megabyte. Written by joined-rows.ts, read by render-document.ts.

import type { TransportProtocol } from '../../model/analysis-document.ts';
import { type EvictedRecord, table } from './summary.ts';

const PROTOCOLS: readonly TransportProtocol[] = ['tcp', 'udp'];
/** Ports per page. */
const PAGE = 256;
const PAGES = 65_536 / PAGE;
/** Packets that a port of a page of 16 bits holds. */
const MAX_SHORT = 0xffff;
/** Of both protocols; beyond it the table is written as runs. */
const MAX_LISTED = 256;
/** Digits of numbers in runs. */
const RADIX = 36;

export class PortTally {
  /**
   * By protocol and page; undefined where no port has packets. A page begins with 16 bits a port, which a scan of all ports never fills,
   * and becomes one of doubles: sums of years pass 2^32.
   */
  readonly #pages: (Uint16Array | Float64Array | undefined)[] = [];
  #ports = 0;

  add(proto: TransportProtocol, port: number, packets: number): void {
    if (packets === 0) return;
    const index = (proto === 'tcp' ? 0 : PAGES) + (port >> 8);
    const page = (this.#pages[index] ??= new Uint16Array(PAGE));
    const before = page[port & 255]!;
    if (before === 0) this.#ports++;
    const isTooMuch = before + packets > MAX_SHORT && page instanceof Uint16Array;
    const into = isTooMuch ? (this.#pages[index] = Float64Array.from(page)) : page;
    into[port & 255] = before + packets;
  }

  /** All entries. */
  addRecord({ ports, runs }: TalliedPorts): void {
    for (const key of Object.keys(ports)) {
      const [proto, port = ''] = key.split(' ');
      this.add(proto === 'tcp' ? 'tcp' : 'udp', Number(port), ports[key]!);
    }
    for (const proto of PROTOCOLS) this.#addRuns(proto, runs?.[proto] ?? '');
  }

  /** By protocol, then by port: equal counts are equal texts. */
  record(): TalliedPorts {
    if (this.#ports > MAX_LISTED) return { ports: table(), runs: { tcp: this.#runs('tcp'), udp: this.#runs('udp') } };
    const ports = table<number>();
    this.each((proto, port, packets) => {
      ports[`${proto} ${port}`] = packets;
    });
    return { ports };
  }

  each(visit: (proto: TransportProtocol, port: number, packets: number) => void): void {
    for (const [of, proto] of PROTOCOLS.entries()) {
      for (let page = 0; page < PAGES; page++) {
        const counts = this.#pages[of * PAGES + page];
        for (let i = 0; counts !== undefined && i < PAGE; i++)
          if (counts[i]! > 0) visit(proto, page * PAGE + i, counts[i]!);
      }
    }
  }

  /** Ports that follow each other with equal packets are one run; runs are parted by commas. */
  #runs(of: TransportProtocol): string {
    const runs: string[] = [];
    let before = 0;
    let run = { first: 0, ports: 0, packets: 0 };
    const end = (): void => {
      if (run.ports === 0) return;
      runs.push(runText(run.first - before, run.ports, run.packets));
      before = run.first + run.ports;
    };
    this.each((proto, port, packets) => {
      if (proto !== of) return;
      if (run.ports > 0 && port === run.first + run.ports && packets === run.packets) {
        run.ports++;
        return;
      }
      end();
      run = { first: port, ports: 1, packets };
    });
    end();
    return runs.join(',');
  }

  /** Of a damaged text what can be read. */
  #addRuns(proto: TransportProtocol, text: string): void {
    let port = 0;
    for (const run of text === '' ? [] : text.split(',')) {
      const [gap = 0, more = 0, rest = 0] = run.split(':').map((digits) => Number.parseInt(digits, RADIX));
      port += gap;
      for (const end = Math.min(65_536, port + more + 1); port < end; port++) this.add(proto, port, rest + 1);
    }
  }
}

/** Unused ports before it, ports after its first, packets of each after the first; zeros at the end are left out. */
function runText(gap: number, ports: number, packets: number): string {
  const numbers = packets > 1 ? [gap, ports - 1, packets - 1] : ports > 1 ? [gap, ports - 1] : [gap];
  return numbers.map((number) => number.toString(RADIX)).join(':');
}

type TalliedPorts = Pick<EvictedRecord, 'ports' | 'runs'>;

/** The sum of two records' ports. */
export function addPorts(a: TalliedPorts, b: TalliedPorts): TalliedPorts {
  const tally = new PortTally();
  for (const part of [a, b]) tally.addRecord(part);
  return tally.record();
}
