// Conversations: which row a packet belongs to, in which direction, and what was counted. A conversation is a protocol and
// an unordered pair of (address, port); `a` is the sender of its first packet. Columns of numbers, no object per packet.

import { PROTOCOL_TCP } from '../../decode/frames/frame.ts';
import type { Walk } from '../../decode/frames/walk.ts';
import type { End } from '../ports/server-end.ts';
import { timeText } from '../summary/summary.ts';
import { addressText, word } from './addresses.ts';
import { grow, KeyTable } from './key-table.ts';

/** Words of a key: protocol, version and variant; both ports; both addresses, the smaller (port, address) first. */
const WIDTH = 10;

/** Columns per row: of numbers that may be large or exact times. */
const PACKETS = 0; // and 1 for b → a
const BYTES = 2;
const SESSIONS = 4;
/** Seconds of the analyzer's never-falling clock at the last packet. */
const LAST_CLOCK = 6;
/** First seconds, first nanoseconds, last seconds, last nanoseconds of a → b, then of b → a. */
const TIMES = 7;
const NUMBERS = 15;

/** Of small numbers. */
const A_IS_SECOND = 0;
const A_MAC = 1;
const B_MAC = 2;
/** 0 not seen yet, 1 own, 2 shared: for a → b and for b → a. */
const PART = 3;
const LISTENER = 5;
/** Who sent a SYN: 0 nobody yet, 1 a, 2 b. */
const CLIENT = 6;
const SMALLS = 7;

export interface ConversationKey {
  /** `tcp 10.0.0.1 443 10.0.0.9 50000`, ends in order of their text. */
  readonly text: string;
  /** Whether the table's order of ends is the reverse of the text's. */
  readonly swapped: boolean;
}

export class FlowTable {
  readonly #keys: KeyTable;
  #numbers = new Float64Array(0);
  #smalls = new Int32Array(0);
  #hand = 0;
  /** Set by `find`. */
  row = -1;
  #swapped = false;
  isNew = false;

  constructor(limit: number) {
    this.#keys = new KeyTable(WIDTH, limit);
  }

  get count(): number {
    return this.#keys.count;
  }

  get rows(): number {
    return this.#keys.rows;
  }

  get full(): boolean {
    return this.#keys.full;
  }

  /** Finds or makes the row of a packet with ports. The caller has made room. `variant` keeps odd directions apart. */
  find(walk: Walk, bytes: Uint8Array, variant: number): void {
    const swapped = this.#writeKey(walk, bytes, variant);
    const before = this.#keys.count;
    const row = this.#keys.insert();
    this.row = row;
    this.isNew = this.#keys.count > before;
    this.#swapped = swapped;
    if (this.isNew) this.#open(row, swapped);
  }

  /**
   * The row of this table that another's row is joined into: the same ends with the ports `ports`. Odd directions and parts
   * have rows of their own. -1 where there is none, or no room.
   */
  findJoined(other: FlowTable, row: number, ports: number, make: boolean): number {
    const { key } = this.#keys;
    const words = other.#keys.words;
    for (let i = 0; i < WIDTH; i++) key[i] = words[row * WIDTH + i]!;
    const [own, opposite] = [other.part(row, 0), other.part(row, 1)];
    const isSecond = other.initiatorIsSecond(row);
    key[0] = (key[0]! & ~15) | (isSecond ? opposite * 3 + own : own * 3 + opposite);
    key[1] = ports;
    if (!make) return this.#keys.find();
    const before = this.#keys.count;
    const joined = this.#keys.insert();
    if (this.#keys.count === before) return joined;
    this.#open(joined, isSecond);
    this.setMacs(joined, other.mac(row, 0), other.mac(row, 1));
    this.#smalls[joined * SMALLS + CLIENT] = other.#smalls[row * SMALLS + CLIENT]!;
    return joined;
  }

  /** Adds what another's row has counted. */
  addRow(row: number, other: FlowTable, from: number): void {
    const flip = this.initiatorIsSecond(row) === other.initiatorIsSecond(from) ? 0 : 1;
    for (const direction of [0, 1]) {
      const source = direction ^ flip;
      if (other.packets(from, source) === 0) continue;
      this.setPart(row, direction, other.part(from, source));
      this.#addDirection(row * NUMBERS, direction, other.#numbers, from * NUMBERS, source);
    }
  }

  #addDirection(at: number, direction: number, from: Float64Array, start: number, source: number): void {
    const numbers = this.#numbers;
    const times = at + TIMES + direction * 4;
    const first = start + TIMES + source * 4;
    if (numbers[at + PACKETS + direction]! === 0) this.#setTimes(times, from[first]!, from[first + 1]!);
    else this.#widen(times, from[first]!, from[first + 1]!);
    this.#widen(times, from[first + 2]!, from[first + 3]!);
    for (const column of [PACKETS, BYTES, SESSIONS])
      numbers[at + column + direction]! += from[start + column + source]!;
  }

  /** Of the packet found last: 0 for a → b, 1 for b → a. */
  get direction(): 0 | 1 {
    return this.#swapped === this.initiatorIsSecond(this.row) ? 0 : 1;
  }

  /** True when the receiver's end comes first in the key. */
  #writeKey(walk: Walk, bytes: Uint8Array, variant: number): boolean {
    const key = this.#keys.key;
    key[0] = (walk.protocol << 8) | (walk.ipVersion << 4) | variant;
    const v6 = walk.ipVersion === 6;
    const width = v6 ? 16 : 4;
    const swapped = isAfter(walk, bytes, width);
    const low = swapped ? walk.destinationIp : walk.sourceIp;
    const high = swapped ? walk.sourceIp : walk.destinationIp;
    key[1] = swapped ? (walk.destinationPort << 16) | walk.sourcePort : (walk.sourcePort << 16) | walk.destinationPort;
    for (let i = 0; i < 3; i++) {
      key[2 + i] = v6 ? word(bytes, low + i * 4) : 0;
      key[6 + i] = v6 ? word(bytes, high + i * 4) : 0;
    }
    key[5] = word(bytes, low + width - 4);
    key[9] = word(bytes, high + width - 4);
    return swapped;
  }

  #open(row: number, swapped: boolean): void {
    this.#numbers = grow(this.#numbers, (row + 1) * NUMBERS);
    this.#smalls = grow(this.#smalls, (row + 1) * SMALLS);
    this.#numbers.fill(0, row * NUMBERS, (row + 1) * NUMBERS);
    this.#smalls.fill(0, row * SMALLS, (row + 1) * SMALLS);
    this.#smalls[row * SMALLS + A_IS_SECOND] = swapped ? 1 : 0;
  }

  /** Another end was first to send, in a segment before this one. Only for a row without packets. */
  setInitiator(row: number, swapped: boolean): void {
    this.#smalls[row * SMALLS + A_IS_SECOND] = swapped ? 1 : 0;
  }

  /** Counts one packet of `length` bytes on the wire. */
  addPacket(row: number, direction: number, length: number, seconds: number, nanoseconds: number, clock: number): void {
    const numbers = this.#numbers;
    const at = row * NUMBERS;
    const times = at + TIMES + direction * 4;
    if (numbers[at + PACKETS + direction]! === 0) this.#setTimes(times, seconds, nanoseconds);
    else this.#widen(times, seconds, nanoseconds);
    numbers[at + PACKETS + direction]!++;
    numbers[at + BYTES + direction]! += length;
    numbers[at + LAST_CLOCK] = clock;
  }

  /** Packets counted elsewhere: of both times the earlier and the later count, as one by one. */
  addPackets(
    row: number,
    direction: number,
    count: number,
    length: number,
    times: ArrayLike<number>,
    at: number,
  ): void {
    const numbers = this.#numbers;
    const start = row * NUMBERS;
    const column = start + TIMES + direction * 4;
    this.#widen(column, times[at]!, times[at + 1]!);
    this.#widen(column, times[at + 2]!, times[at + 3]!);
    numbers[start + PACKETS + direction]! += count;
    numbers[start + BYTES + direction]! += length;
    numbers[start + LAST_CLOCK] = Math.max(numbers[start + LAST_CLOCK]!, times[at + 4]!);
  }

  #setTimes(at: number, seconds: number, nanoseconds: number): void {
    const n = this.#numbers;
    n[at] = seconds;
    n[at + 1] = nanoseconds;
    n[at + 2] = seconds;
    n[at + 3] = nanoseconds;
  }

  /** Times are the earliest and the latest, even where the clock went back. */
  #widen(at: number, seconds: number, nanoseconds: number): void {
    const n = this.#numbers;
    const last = n[at + 2]!;
    if (seconds > last || (seconds === last && nanoseconds > n[at + 3]!)) {
      n[at + 2] = seconds;
      n[at + 3] = nanoseconds;
      return;
    }
    const first = n[at]!;
    if (seconds < first || (seconds === first && nanoseconds < n[at + 1]!)) {
      n[at] = seconds;
      n[at + 1] = nanoseconds;
    }
  }

  addSession(row: number, direction: number): void {
    this.#numbers[row * NUMBERS + SESSIONS + direction]!++;
  }

  packets(row: number, direction: number): number {
    return this.#numbers[row * NUMBERS + PACKETS + direction]!;
  }

  bytes(row: number, direction: number): number {
    return this.#numbers[row * NUMBERS + BYTES + direction]!;
  }

  sessions(row: number, direction: number): number {
    return this.#numbers[row * NUMBERS + SESSIONS + direction]!;
  }

  /** Of one direction that has packets: the earliest and the latest, `seconds.nanoseconds`. */
  times(row: number, direction: number): readonly [first: string, last: string] {
    const at = row * NUMBERS + TIMES + direction * 4;
    const n = this.#numbers;
    return [timeText(n[at]!, n[at + 1]!), timeText(n[at + 2]!, n[at + 3]!)];
  }

  /** Of both directions the earliest, of a row that has packets. */
  firstTs(row: number): string {
    const n = this.#numbers;
    const forth = row * NUMBERS + TIMES;
    const back = forth + 4;
    if (n[row * NUMBERS + PACKETS + 1] === 0) return timeText(n[forth]!, n[forth + 1]!);
    const isBack =
      n[row * NUMBERS + PACKETS] === 0 ||
      n[back]! < n[forth]! ||
      (n[back]! === n[forth]! && n[back + 1]! < n[forth + 1]!);
    return isBack ? timeText(n[back]!, n[back + 1]!) : timeText(n[forth]!, n[forth + 1]!);
  }

  /** Clock at the last packet; 0 for a row without packets. */
  lastClock(row: number): number {
    return this.#numbers[row * NUMBERS + LAST_CLOCK]!;
  }

  /** Whether its last packet was before `clock`; unlike a comparison of lastClock() it makes no number. */
  isSilentSince(row: number, clock: number): boolean {
    return this.#numbers[row * NUMBERS + LAST_CLOCK]! < clock;
  }

  /** The first conversation from `row` on whose last packet was before `clock`; -1 where there is none. */
  nextSilent(row: number, clock: number): number {
    for (let next = row; next < this.#keys.rows; next++) {
      if (this.isSilentSince(next, clock) && this.isOpen(next)) return next;
    }
    return -1;
  }

  setLastClock(row: number, clock: number): void {
    this.#numbers[row * NUMBERS + LAST_CLOCK] = clock;
  }

  /** Row of the MAC table, plus one, of an end; 0 while unknown. */
  mac(row: number, end: 0 | 1): number {
    return this.#smalls[row * SMALLS + A_MAC + end]!;
  }

  /** The first packet of the row says which MACs its ends have. */
  setMacs(row: number, a: number, b: number): void {
    this.#smalls[row * SMALLS + A_MAC] = a;
    this.#smalls[row * SMALLS + B_MAC] = b;
  }

  /** 0 unknown, 1 own, 2 shared. */
  part(row: number, direction: number): number {
    return this.#smalls[row * SMALLS + PART + direction]!;
  }

  setPart(row: number, direction: number, part: number): void {
    this.#smalls[row * SMALLS + PART + direction] = part;
  }

  /** Free for the dispatcher of application protocols; 0 at first. */
  listener(row: number): number {
    return this.#smalls[row * SMALLS + LISTENER]!;
  }

  setListener(row: number, listener: number): void {
    this.#smalls[row * SMALLS + LISTENER] = listener;
  }

  /** The end that sent a SYN; the first word stays. */
  client(row: number): End | undefined {
    const client = this.#smalls[row * SMALLS + CLIENT]!;
    return client === 0 ? undefined : client === 1 ? 'a' : 'b';
  }

  setClient(row: number, direction: 0 | 1): void {
    if (this.#smalls[row * SMALLS + CLIENT] === 0) this.#smalls[row * SMALLS + CLIENT] = direction + 1;
  }

  /** Whether the row holds a conversation (removed ones do not). */
  isOpen(row: number): boolean {
    return row < this.#keys.rows && this.packets(row, 0) + this.packets(row, 1) > 0;
  }

  /** A row to give up: of 16 from where the last search ended, one that nobody answered, else the one silent for longest. */
  chooseVictim(): number {
    let victim = -1;
    let best = Number.POSITIVE_INFINITY;
    for (let looked = 0; looked < 16; this.#hand++) {
      if (this.#hand >= this.#keys.rows) this.#hand = 0;
      const row = this.#hand;
      if (!this.isOpen(row)) continue;
      looked++;
      const unanswered = this.packets(row, 0) === 0 || this.packets(row, 1) === 0;
      const rank = this.lastClock(row) - (unanswered ? 1e12 : 0);
      if (rank < best) {
        best = rank;
        victim = row;
      }
    }
    return victim;
  }

  remove(row: number): void {
    this.#keys.remove(row);
    this.#numbers.fill(0, row * NUMBERS, (row + 1) * NUMBERS);
  }

  /** Names the row in the carry: the key's text, marked where the row keeps odd directions apart. */
  carryKey(row: number): string {
    const variant = this.#keys.words[row * WIDTH]! & 15;
    return variant === 0 ? this.key(row).text : `${variant} ${this.key(row).text}`;
  }

  /** The end that sent first is the second of the table's key. */
  initiatorIsSecond(row: number): boolean {
    return this.#smalls[row * SMALLS + A_IS_SECOND] === 1;
  }

  isTcp(row: number): boolean {
    return this.#keys.words[row * WIDTH]! >> 8 === PROTOCOL_TCP;
  }

  /** TCP or UDP, and the ports of a and b. */
  ports(row: number): readonly [proto: 'tcp' | 'udp', a: number, b: number] {
    const words = this.#keys.words;
    const low = words[row * WIDTH + 1]! >>> 16;
    const high = words[row * WIDTH + 1]! & 0xffff;
    const proto = this.isTcp(row) ? 'tcp' : 'udp';
    return this.initiatorIsSecond(row) ? [proto, high, low] : [proto, low, high];
  }

  key(row: number): ConversationKey {
    const words = this.#keys.words;
    const at = row * WIDTH;
    const version = (words[at]! >> 4) & 15;
    const proto = this.isTcp(row) ? 'tcp' : 'udp';
    const ip0 = addressText(words, at + 2, version);
    const ip1 = addressText(words, at + 6, version);
    const port0 = words[at + 1]! >>> 16;
    const port1 = words[at + 1]! & 0xffff;
    const swapped = ip1 < ip0 || (ip1 === ip0 && port1 < port0);
    const text = swapped ? `${proto} ${ip1} ${port1} ${ip0} ${port0}` : `${proto} ${ip0} ${port0} ${ip1} ${port1}`;
    return { text, swapped };
  }
}

/** Whether the source end is greater than the destination end: by address, then by port. */
function isAfter(walk: Walk, bytes: Uint8Array, width: number): boolean {
  for (let i = 0; i < width; i++) {
    const difference = bytes[walk.sourceIp + i]! - bytes[walk.destinationIp + i]!;
    if (difference !== 0) return difference > 0;
  }
  return walk.sourcePort > walk.destinationPort;
}
