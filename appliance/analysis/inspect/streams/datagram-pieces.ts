// UDP datagrams that came in IP fragments, put together for the listeners alone: packets and payload stay counted as tshark
// counts them with defragmentation off. Bounded by number, bytes (Joiner) and time; what is given up is counted as a cut.
// One whose fragments lie in two segments is read by its first fragment alone.

import type { FragmentPlace } from '../../../decode/frames/fragment.ts';
import { Joiner } from './message-joiner.ts';
import type { StreamBudget } from './tcp-stream.ts';

/** Datagrams that may be incomplete at once; the oldest makes room. */
const MAX_DATAGRAMS = 64;
/** Linux waits as long (net.ipv4.ipfrag_time); an identification may be another datagram's later. */
const WAIT_SECONDS = 30;
const UDP_HEADER = 8;

/** The conversation that a first fragment belongs to. */
export interface FirstPiece {
  readonly row: number;
  readonly key: string;
  readonly direction: 0 | 1;
  /** What was reported when it was shown alone; undefined where no listener knew it. */
  reported: ReadonlySet<string> | undefined;
}

export interface JoinedDatagram {
  readonly first: FirstPiece;
  readonly bytes: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly payloadMissing: 0;
  readonly fragment: false;
}

interface Pending {
  readonly since: number;
  first: FirstPiece | undefined;
  /** Bytes of the whole; -1 before the last fragment came. */
  total: number;
}

export class DatagramPieces {
  readonly #joiner: Joiner;
  readonly #pending = new Map<string, Pending>();

  constructor(budget: StreamBudget) {
    this.#joiner = new Joiner(budget, MAX_DATAGRAMS);
  }

  /** Takes one fragment of the packet `name`; `first` with the first one. Gives the datagram that it completes. */
  add(
    name: string,
    { offset, more, start, end }: FragmentPlace,
    bytes: Uint8Array,
    clock: number,
    first?: FirstPiece,
  ): JoinedDatagram | undefined {
    const pending = this.#find(name, clock);
    pending.first ??= first;
    if (!more) pending.total = offset + end - start;
    if (!this.#joiner.add(name, offset, bytes, start, end)) {
      this.#joiner.cut++;
      this.#forget(name);
      return undefined;
    }
    if (pending.first === undefined || pending.total < UDP_HEADER || this.#joiner.size(name) < pending.total)
      return undefined;
    const whole = this.#joiner.head(name).slice(0, pending.total);
    this.#forget(name);
    return joined(whole, pending.first);
  }

  /** Datagrams given up since the last call. */
  get joiner(): { cut: number } {
    return this.#joiner;
  }

  #find(name: string, clock: number): Pending {
    const known = this.#pending.get(name);
    if (known !== undefined && clock - known.since <= WAIT_SECONDS) return known;
    if (known !== undefined) {
      this.#joiner.cut++;
      this.#forget(name);
    }
    const [oldest] = this.#pending.keys();
    // The joiner gives the same one up by itself, and counts it.
    if (oldest !== undefined && this.#pending.size >= MAX_DATAGRAMS) this.#pending.delete(oldest);
    const fresh: Pending = { since: clock, first: undefined, total: -1 };
    this.#pending.set(name, fresh);
    return fresh;
  }

  #forget(name: string): void {
    this.#joiner.drop(name);
    this.#pending.delete(name);
  }
}

function joined(bytes: Uint8Array, first: FirstPiece): JoinedDatagram {
  const port = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
  const length = port(4);
  return {
    first,
    bytes,
    sourcePort: port(0),
    destinationPort: port(2),
    payloadStart: UDP_HEADER,
    payloadEnd: length >= UDP_HEADER ? Math.min(bytes.length, length) : bytes.length,
    payloadMissing: 0,
    fragment: false,
  };
}
