// An IPv6 prefix that an access point announced, as text between summaries and as bits against addresses.

import { parseAddress } from '../../geo/address.ts';

/** Shorter ones are no home's: a provider gives one at most a /48 (RFC 6177 §2). Of an address in it nothing is hidden by 2000::/3. */
const SHORTEST_BITS = 48;

export class Prefix {
  readonly #bytes: Uint8Array;
  readonly #bits: number;

  private constructor(bytes: Uint8Array, bits: number) {
    this.#bytes = bytes;
    this.#bits = bits;
  }

  /** `2a02:810a:1:2::/64`; undefined for what is none, or none of a home. */
  static read(text: string): Prefix | undefined {
    const slash = text.indexOf('/');
    const address = parseAddress(text.slice(0, Math.max(0, slash)));
    const bits = Number(text.slice(slash + 1));
    if (!(address instanceof Uint8Array) || !(bits >= SHORTEST_BITS && bits <= 128)) return undefined;
    return new Prefix(address, bits);
  }

  /** Whether the IPv6 address at `at` lies in it. */
  holds(bytes: Uint8Array, at: number): boolean {
    const whole = this.#bits >> 3;
    for (let i = 0; i < whole; i++) if (bytes[at + i] !== this.#bytes[i]) return false;
    const rest = this.#bits & 7;
    return rest === 0 || ((bytes[at + whole]! ^ this.#bytes[whole]!) & (0xff << (8 - rest)) & 0xff) === 0;
  }
}
