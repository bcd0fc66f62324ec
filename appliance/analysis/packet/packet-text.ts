// Addresses of the current packet as text, made when a listener asks, and comparisons that need no text.

import { ipv6Text } from '../../decode/address-text.ts';
import type { Walk } from '../../decode/frames/walk.ts';
import { macFromBytes } from '../../model/mac.ts';
import { ipv4TextOf, word } from './addresses.ts';

export class PacketText {
  readonly #walk: Walk;
  bytes: Uint8Array = new Uint8Array(0);
  /** The last sender looked at and what was found: most packets of a file have the same few. */
  readonly #senders = new Map<string, Uint8Array>();

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  sourceIp(): string {
    return this.#ip(this.#walk.sourceIp);
  }

  destinationIp(): string {
    return this.#ip(this.#walk.destinationIp);
  }

  #ip(at: number): string {
    if (at < 0) return '';
    return this.#walk.ipVersion === 4 ? ipv4TextOf(word(this.bytes, at)) : ipv6Text(this.bytes, at);
  }

  /** Empty where the link has no addresses. */
  sourceMac(): string {
    return this.#walk.sourceMac < 0 ? '' : macFromBytes(this.bytes, this.#walk.sourceMac);
  }

  destinationMac(): string {
    return this.#walk.destinationMac < 0 ? '' : macFromBytes(this.bytes, this.#walk.destinationMac);
  }

  /** Whether the frame's sender has this MAC (text form); the walk has found a sender. */
  isSender(bytes: Uint8Array, mac: string): boolean {
    const wanted = this.#bytesOf(mac);
    const at = this.#walk.sourceMac;
    for (let i = 0; i < 6; i++) if (bytes[at + i] !== wanted[i]) return false;
    return true;
  }

  isSenderAmong(bytes: Uint8Array, macs: ReadonlySet<string>): boolean {
    for (const mac of macs) if (this.isSender(bytes, mac)) return true;
    return false;
  }

  #bytesOf(mac: string): Uint8Array {
    const known = this.#senders.get(mac);
    if (known !== undefined) return known;
    const bytes = Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
    this.#senders.set(mac, bytes);
    return bytes;
  }
}
