// Whom each device talked to for the first time, and when: the packet that opened a device's first conversation with an
// address and port. What "new" means is decided when a document is rendered (first-seen.ts). Fed by the analyzer when a
// conversation opens, never per packet.

import type { FindingEvidence } from '../../model/analysis-document.ts';
import type { Bounds } from '../summary/bounds.ts';
import { compareTimes, type Table, table } from '../summary/summary.ts';

/** `to`: the service port is the peer's; `from`: the device's own; `heard`: the peer's, and only an answer was seen of it. */
export type ContactWay = 'to' | 'from' | 'heard';

/** First packets by `mac way proto peer port`. */
export class Contacts {
  readonly #bounds: Bounds;
  readonly #first = new Map<string, FindingEvidence>();
  /** How many ports are known of each peer: one that scans would fill the room of all others. */
  readonly #ports = new Map<string, number>();
  /** Later ones than have room. */
  dropped = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  open(key: string, evidence: () => FindingEvidence): void {
    const known = this.#first.get(key);
    if (known !== undefined) this.#keepEarlier(key, known, evidence());
    else if (this.#hasRoom(key)) this.#first.set(key, evidence());
    else this.dropped++;
  }

  #hasRoom(key: string): boolean {
    if (this.#first.size >= this.#bounds.contacts) return false;
    const peer = key.slice(0, key.lastIndexOf(' '));
    const ports = this.#ports.get(peer) ?? 0;
    if (ports >= this.#bounds.contactsOfPeer) return false;
    this.#ports.set(peer, ports + 1);
    return true;
  }

  /** Packets need not come in the order of their times. */
  #keepEarlier(key: string, known: FindingEvidence, next: FindingEvidence): void {
    this.#first.set(key, earlierContact(known, next));
  }

  records(): Table<FindingEvidence> {
    return Object.assign(table<FindingEvidence>(), Object.fromEntries(this.#first));
  }
}

export function contactKey(mac: string, way: ContactWay, proto: string, peer: string, port: number): string {
  return `${mac} ${way} ${proto} ${peer} ${port}`;
}

export interface Contact {
  readonly mac: string;
  readonly way: ContactWay;
  readonly proto: string;
  readonly peer: string;
  readonly port: number;
  readonly evidence: FindingEvidence;
}

/** In the order of first packets. */
export function readContacts(contacts: Table<FindingEvidence>): Contact[] {
  return Object.keys(contacts)
    .sort()
    .map((key) => readContact(key, contacts[key]!))
    .sort((x, y) => compareTimes(x.evidence.ts, y.evidence.ts));
}

function readContact(key: string, evidence: FindingEvidence): Contact {
  const [mac = '', way, proto = '', peer = '', port] = key.split(' ');
  return { mac, way: way === 'from' || way === 'heard' ? way : 'to', proto, peer, port: Number(port), evidence };
}

export function earlierContact(x: FindingEvidence, y: FindingEvidence): FindingEvidence {
  return compareTimes(y.ts, x.ts) < 0 ? y : x;
}
