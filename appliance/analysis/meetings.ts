// Who meets whom: at the beginning of a session, each end in the home has met the other, has tried a port, or has shown the way out
// of the home. Reads the current packet; owned by the analyzer.

import { PROTOCOL_TCP } from '../decode/frames/frame.ts';
import { isLocalBytes } from '../geo/scope.ts';
import type { FindingEvidence } from '../model/analysis-document.ts';
import { type Contacts, type ContactWay, contactKey } from './packet/contacts.ts';
import { ACK, SYN } from './packet/handshake-times.ts';
import type { MacTable } from './packet/mac-table.ts';
import type { Packet } from './packet/packet.ts';
import { Scans } from './packet/scans.ts';
import { serverEnd } from './ports/server-end.ts';
import { isWellKnown } from './ports/services.ts';

export class Meetings {
  readonly #packet: Packet;
  readonly #macs: MacTable;
  readonly #contacts: readonly [Contacts, Contacts];
  readonly #isSubject: (mac: number) => boolean;
  readonly scans = new Scans();

  /** `contacts`: of own and of shared packets. `isSubject`: whose habits are kept, by row of the MAC table. */
  constructor(
    packet: Packet,
    macs: MacTable,
    contacts: readonly [Contacts, Contacts],
    isSubject: (mac: number) => boolean,
  ) {
    this.#packet = packet;
    this.#macs = macs;
    this.#contacts = contacts;
    this.#isSubject = isSubject;
  }

  readonly #evidence = (): FindingEvidence => this.#packet.evidence();

  /** The current packet begins a session. */
  open(bytes: Uint8Array): void {
    this.#meet(bytes);
    if (this.#isTry(bytes)) this.#try();
  }

  /** The current packet comes from the side that was asked. */
  answered(): void {
    const { sender, receiver, proto, walk } = this.#packet;
    const service = `${proto} ${walk.sourcePort}`;
    if (receiver >= 0) this.scans.answered(this.#macs.text(receiver), 'to', `${this.#packet.sourceIp()} ${service}`);
    if (sender >= 0) this.scans.answered(this.#macs.text(sender), 'from', `${this.#packet.destinationIp()} ${service}`);
  }

  /** A question that one who listens there would answer: a SYN, a datagram to a well-known port of one host of the home. */
  #isTry(bytes: Uint8Array): boolean {
    const { walk, receiver } = this.#packet;
    const { protocol, tcpFlags, sourcePort, destinationPort, destinationIp, ipVersion } = walk;
    if (protocol === PROTOCOL_TCP) return (tcpFlags & (SYN | ACK)) === SYN;
    if (receiver < 0 || this.#macs.isGroup(receiver) || !isWellKnown('udp', destinationPort)) return false;
    return isLocalBytes(bytes, destinationIp, ipVersion) && !isWellKnown('udp', sourcePort);
  }

  #try(): void {
    const packet = this.#packet;
    const service = `${packet.proto} ${packet.walk.destinationPort}`;
    const open = (mac: number, way: 'to' | 'from', peer: string): void => {
      if (mac < 0 || !this.#isSubject(mac)) return;
      this.scans.open(this.#macs.text(mac), way, `${peer} ${service}`, packet.seconds, this.#evidence);
    };
    if (packet.isSourceHome()) open(packet.sender, 'to', packet.destinationIp());
    if (packet.isDestinationHome()) open(packet.receiver, 'from', packet.sourceIp());
  }

  /** Each end of a new session that lies in the home has met the other. */
  #meet(bytes: Uint8Array): void {
    const packet = this.#packet;
    const { sourcePort, destinationPort } = packet.walk;
    this.#noteRoute(bytes);
    const client = this.#client();
    const server = serverEnd(packet.proto, [sourcePort, destinationPort], client);
    const port = server === 'a' ? sourcePort : destinationPort;
    const own = server === 'b' ? 'from' : client === undefined ? 'heard' : 'to';
    if (packet.isSourceHome()) {
      this.#noteContact(packet.sender, server === 'b' ? 'to' : 'from', packet.destinationIp(), port);
    }
    if (packet.isDestinationHome()) {
      this.#noteContact(packet.receiver, own, packet.sourceIp(), port);
    }
  }

  /** A way out of the home, seen by the MAC that a session's first packet went to. */
  #noteRoute(bytes: Uint8Array): void {
    const { sender, receiver, walk, home } = this.#packet;
    if (sender < 0 || receiver < 0 || this.#macs.isGroup(receiver)) return;
    const { sourceIp, destinationIp, ipVersion } = walk;
    if (isLocalBytes(bytes, destinationIp, ipVersion)) return;
    if (samePrefix(bytes, sourceIp, destinationIp, ipVersion === 6 ? 8 : 3)) return;
    if (ipVersion === 6 && home.isAnnouncedByAny(bytes, destinationIp)) return;
    home.route(this.#macs.text(receiver), this.#macs.text(sender));
  }

  /** By the current SYN: `a` is the sender. */
  #client(): 'a' | 'b' | undefined {
    const { protocol, tcpFlags } = this.#packet.walk;
    if (protocol !== PROTOCOL_TCP || (tcpFlags & SYN) === 0) return undefined;
    return (tcpFlags & ACK) === 0 ? 'a' : 'b';
  }

  #noteContact(mac: number, way: ContactWay, peer: string, port: number): void {
    if (mac < 0 || !this.#isSubject(mac)) return;
    const { part, proto } = this.#packet;
    this.#contacts[part].open(contactKey(this.#macs.text(mac), way, proto, peer, port), this.#evidence);
  }
}

/** Whether two addresses begin with the same bytes: neighbours of one link, not ends of a way through a router. */
function samePrefix(bytes: Uint8Array, x: number, y: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[x + i] !== bytes[y + i]) return false;
  return true;
}
