// The current packet: where its parts are, when it came, which rows it belongs to, whose it is. One object, filled again for each; the
// analyzer fills it, and everything that counts or inspects reads it here. Texts are made when somebody asks.

import { PROTOCOL_TCP } from '../../decode/frames/frame.ts';
import { Walk } from '../../decode/frames/walk.ts';
import { isLocalBytes } from '../../geo/scope.ts';
import type { FindingEvidence } from '../../model/analysis-document.ts';
import { timeText } from '../summary/summary.ts';
import type { Flows } from './flows.ts';
import { Home } from './home.ts';
import type { MacTable } from './mac-table.ts';
import { PacketText } from './packet-text.ts';

export class Packet {
  readonly walk = new Walk();
  readonly text = new PacketText(this.walk);
  /** What the packets so far show of the home: it decides which end of this one is in it. */
  readonly home: Home;
  readonly #segment: number;
  readonly #macs: MacTable;
  readonly #flows: Flows;
  /** In its segment, from 1. */
  number = 0;
  /** Since 1970; -1 before the first packet. */
  seconds = -1;
  nanoseconds = 0;
  /** Latest time of any packet so far, seconds since 1970. */
  clock = 0;
  /** Of its conversation; -1 for none. */
  row = -1;
  /** Rows of the MAC table; -1 for none. */
  sender = -1;
  receiver = -1;
  /** 0 own, 1 shared. */
  part: 0 | 1 = 0;
  /** Of its conversation: 0 from the end that the row's first packet came from. */
  direction: 0 | 1 = 0;
  /** Towards the device, or into the home. */
  inward = false;
  /** Time of packet `#textOf` as text: asked for several times a packet, or never. */
  #time = '';
  #textOf = -1;

  /** @param segment for the evidence of findings. @param infra MACs of the access point. */
  constructor(segment: number, infra: ReadonlySet<string>, macs: MacTable, flows: Flows) {
    this.#segment = segment;
    this.#macs = macs;
    this.#flows = flows;
    this.home = new Home(infra, this);
  }

  get proto(): 'tcp' | 'udp' {
    return this.walk.protocol === PROTOCOL_TCP ? 'tcp' : 'udp';
  }

  sourceIp(): string {
    return this.text.sourceIp();
  }
  destinationIp(): string {
    return this.text.destinationIp();
  }
  sourceMac(): string {
    return this.sender < 0 ? this.text.sourceMac() : this.#macs.text(this.sender);
  }
  destinationMac(): string {
    return this.receiver < 0 ? this.text.destinationMac() : this.#macs.text(this.receiver);
  }

  /** `seconds.nanoseconds`. */
  ts(): string {
    if (this.#textOf !== this.number) {
      this.#textOf = this.number;
      this.#time = timeText(this.seconds, this.nanoseconds);
    }
    return this.#time;
  }

  evidence(): FindingEvidence {
    return { segment: this.#segment, packet: this.number, ts: this.ts() };
  }

  notes(): ReturnType<Flows['notes']> {
    return this.#flows.notes(this.row, this.part);
  }

  /** DHCP said something to a client, or a client to it. */
  lease(mac: string, message: string): void {
    this.home.lease(mac, message);
  }

  isSourceHome(): boolean {
    return this.#isHome(this.walk.sourceIp, this.sender);
  }

  isDestinationHome(): boolean {
    return this.#isHome(this.walk.destinationIp, this.receiver);
  }

  /**
   * By the address alone where it can be no other's. Else by the link: what is not the router's MAC is a device of the home,
   * whatever public address it has; behind the router's is the Internet, but for what the router announced.
   */
  #isHome(ip: number, mac: number): boolean {
    const { bytes } = this.text;
    const { ipVersion } = this.walk;
    if (ip < 0) return false;
    if (isLocalBytes(bytes, ip, ipVersion)) return true;
    const { home } = this;
    if (mac >= 0 && home.hasRouter && !this.#macs.isGroup(mac) && !home.isRouter(this.#macs.text(mac))) return true;
    return ipVersion === 6 && home.isAnnounced(bytes, ip);
  }
}
