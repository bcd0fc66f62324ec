// Directions of conversations of which packets only count: handed to the walk over chunks (kernel/assembly/walker.ts) until
// something needs the reference path, then taken back. What is counted there reaches tables, tallies and streams before
// anybody reads them, so that no result depends on the way a packet took. Owned by the analyzer.

import type { Walk } from '../decode/frames/walk.ts';
import type { Collector } from './inspect/collector.ts';
import { quietBits, WIREGUARD } from './inspect/quiet.ts';
import type { TcpStream } from './inspect/streams/tcp-stream.ts';
import { kernel } from './kernel/payload-kernel.ts';
import {
  ALLOWED,
  ENTRY,
  entryNumbers,
  entryWords,
  isWalkable,
  readyWalk,
  type WalkClock,
  WORDS,
  walkChunk,
  walked,
} from './kernel/walk-kernel.ts';
import type { Flows, RowHolder } from './packet/flows.ts';
import type { Hours } from './packet/hours.ts';
import { grow } from './packet/key-table.ts';
import type { MacTable } from './packet/mac-table.ts';
import type { Packet } from './packet/packet.ts';
import type { Rhythms } from './packet/rhythm.ts';
import { INWARD, type PlainHeaders, type Tally } from './packet/tally.ts';
import { minuteOf } from './summary/minutes.ts';

/** What the walk counts into. */
export interface QuietTables {
  readonly flows: Flows;
  readonly macs: MacTable;
  readonly hours: Hours;
  readonly tallies: readonly [Tally, Tally];
  readonly rhythms: Rhythms;
  readonly collector: Collector;
}

/** Whose an entry is. One object an entry, filled again: directions come and go with every other packet. */
class Holding {
  isHeld = false;
  row = 0;
  direction: 0 | 1 = 0;
  part: 0 | 1 = 0;
  sender = 0;
  receiver = 0;
  inward = false;
  /** Row of the sender's address in the table of addresses. */
  address = 0;
  /** Where its segments are followed. */
  stream: TcpStream | undefined = undefined;
  readonly headers = { protocol: 0, ipVersion: 0, sourcePort: 0, destinationPort: 0 };
}

const PAYLOAD_BITS = ALLOWED.pays | ALLOWED.stream | ALLOWED.tls | ALLOWED.scrambled | ALLOWED.wireguard;
/** FIN, SYN and RST: hardly anything follows. */
const ENDS = 7;
/** Seconds of a classic pcap file end here. */
const LAST_SECOND = 0xffff_ffff;

/** One walk a thread: who has entries in it. */
const lent: { to: QuietRows | undefined } = { to: undefined };

export class QuietRows implements RowHolder {
  readonly #tables: QuietTables;
  readonly #holdings: (Holding | undefined)[] = [];
  readonly #open: number[] = [];
  /** By direction of a conversation: one more than the number of its entry. */
  #byDirection = new Int32Array(0);
  /** The minute of what is held, in seconds since 1970. */
  #from = 0;
  #until = 0;
  /** Where the last walk left, for the packet there: it may be the next to be handed over. */
  #buffer: Uint8Array | undefined;

  constructor(tables: QuietTables) {
    this.#tables = tables;
    tables.flows.holder = this;
  }

  /** Walks as far as packets only count; returns where the first other begins. `walked.packets` says how many were taken. */
  walk(bytes: Uint8Array, start: number, end: number, unit: number, time: WalkClock): number {
    walked.packets = 0;
    if (!isWalkable(bytes)) {
      this.settleAll();
      return start;
    }
    if (lent.to !== this) this.#take();
    this.#buffer = bytes;
    if (this.#open.length === 0) return start;
    let packets = 0;
    let at = start;
    const until = Math.min(this.#until, this.#tables.flows.restsUntil(time.clock));
    if (until === 0 || time.seconds < 0 || time.clock >= LAST_SECOND || time.seconds >= LAST_SECOND) return start;
    do {
      at = walkChunk(bytes, at, end, unit, time, this.#from, until);
      packets += walked.packets;
      if (walked.full > 0) this.#closeWindow(walked.full - 1);
    } while (walked.full > 0);
    walked.packets = packets;
    return at;
  }

  #closeWindow(entry: number): void {
    const { row, direction } = this.#holdings[entry]!;
    this.#settle(entry);
    this.#tables.flows.lendPayload(row, direction, entry);
  }

  #take(): void {
    lent.to?.settleAll();
    readyWalk();
    lent.to = this;
  }

  /** Before a packet that the reference path reads is counted: nothing is held over the turn of a minute. */
  turn(seconds: number): void {
    if (seconds >= this.#from && seconds < this.#until) return;
    this.settleAll();
    this.#from = minuteOf(seconds) * 60;
    this.#until = this.#from + 60 > LAST_SECOND ? 0 : this.#from + 60;
  }

  /** Whether the walk is asked for these bytes; what is held for others is handed over. */
  reads(bytes: Uint8Array): boolean {
    if (this.#buffer === bytes && lent.to === this) return true;
    this.settleAll();
    return false;
  }

  /** After the reference path has read the packet of the frame `bytes[start, end)`. */
  enter(packet: Packet, bytes: Uint8Array, start: number, end: number): void {
    const { walk } = packet;
    const { row, direction } = packet;
    if (row * 2 + 2 > this.#byDirection.length) this.#byDirection = grow(this.#byDirection, row * 2 + 2);
    const other = this.#byDirection[row * 2 + 1 - direction]! - 1;
    if (other >= 0 && !this.#isStillQuiet(other)) this.#close(other);
    const known = this.#byDirection[row * 2 + direction]! - 1;
    const bits = this.#bitsOf(packet, walk);
    if (bits === 0) {
      if (known >= 0) this.#close(known);
    } else if (known >= 0) this.#allow(known, packet, bits);
    else if ((walk.tcpFlags & ENDS) === 0)
      this.#openEntry(packet, walk, bits, bytes.byteOffset + start, bytes.byteOffset + end);
  }

  /** What the next packets of the direction may be kept from inspectors for: nothing where its row has more to learn. */
  #bitsOf({ row, direction, part, sender, receiver }: Packet, headers: PlainHeaders): number {
    const { flows } = this.#tables;
    if (this.#until === 0 || sender < 0 || receiver < 0 || !flows.isSettled(row, direction, sender, receiver)) return 0;
    return quietBits(flows.applications(row), direction, headers, flows.knownNotes(row, part));
  }

  #openEntry(packet: Packet, walk: Walk, bits: number, start: number, end: number): void {
    const entry = kernel.walkPlace(start, end);
    if (entry < 0) return;
    this.#close(entry);
    kernel.walkOpen(entry);
    const holding = (this.#holdings[entry] ??= new Holding());
    holding.isHeld = true;
    holding.row = packet.row;
    holding.direction = packet.direction;
    holding.part = packet.part;
    holding.sender = packet.sender;
    holding.receiver = packet.receiver;
    holding.inward = packet.inward;
    holding.address = this.#tables.macs.sender;
    holding.headers.protocol = walk.protocol;
    holding.headers.ipVersion = walk.ipVersion;
    holding.headers.sourcePort = walk.sourcePort;
    holding.headers.destinationPort = walk.destinationPort;
    this.#byDirection[packet.row * 2 + packet.direction] = entry + 1;
    this.#open.push(entry);
    this.#allow(entry, packet, bits);
  }

  /** Says what the entry may take from here on, as the packet just read left it. */
  #allow(entry: number, { row, direction, part }: Packet, bits: number): void {
    const { flows, rhythms } = this.#tables;
    const words = entry * WORDS;
    let allowed = bits;
    if ((bits & ALLOWED.pays) !== 0) {
      const flow = flows.applications(row);
      const rhythm = direction === flow.opener && part === 0 ? rhythms.lend(row) : 0;
      if (rhythm < 0 || !flows.lendPayload(row, direction, entry)) allowed &= ~PAYLOAD_BITS;
      entryWords[words + ENTRY.rhythm] = Math.max(0, rhythm);
      this.#followStream(entry, (allowed & ALLOWED.stream) === 0 ? undefined : flow.streams[direction]);
    } else this.#holdings[entry]!.stream = undefined;
    if (allowed === 0) this.#close(entry);
    else entryWords[words + ENTRY.allowed] = allowed | ALLOWED.used;
  }

  #followStream(entry: number, stream: TcpStream | undefined): void {
    this.#holdings[entry]!.stream = stream;
    if (stream === undefined) return;
    entryWords[entry * WORDS + ENTRY.expected] = stream.expected;
    entryNumbers[(entry * WORDS) / 2 + ENTRY.skip] = stream.skipped;
  }

  /** The direction may have learnt something of a packet of the other one. */
  #isStillQuiet(entry: number): boolean {
    const { row, direction, part, sender, receiver, headers, stream } = this.#holdings[entry]!;
    const { flows } = this.#tables;
    if (!flows.isSettled(row, direction, sender, receiver)) return false;
    const flow = flows.applications(row);
    const bits = quietBits(flow, direction, headers, flows.knownNotes(row, part));
    const allowed = entryWords[entry * WORDS + ENTRY.allowed]! & ~ALLOWED.used;
    if ((allowed & ~bits) !== 0) return false;
    if (stream === undefined) return true;
    return (
      stream === flow.streams[direction] &&
      stream.expected === entryWords[entry * WORDS + ENTRY.expected]! &&
      stream.skipped === entryNumbers[(entry * WORDS) / 2 + ENTRY.skip]!
    );
  }

  settleRow(row: number): void {
    const at = row * 2;
    if (at + 1 >= this.#byDirection.length) return;
    if (this.#byDirection[at]! > 0) this.#settle(this.#byDirection[at]! - 1);
    if (this.#byDirection[at + 1]! > 0) this.#settle(this.#byDirection[at + 1]! - 1);
  }

  /** Hands everything over and holds nothing. */
  settleAll(): void {
    for (let entry = this.#open.at(-1); entry !== undefined; entry = this.#open.at(-1)) this.#close(entry);
    this.#tables.rhythms.collect();
  }

  /** Does nothing where nobody has the entry. */
  #close(entry: number): void {
    const holding = this.#holdings[entry];
    if (holding?.isHeld !== true) return;
    this.#settle(entry);
    entryWords[entry * WORDS + ENTRY.allowed] = 0;
    this.#byDirection[holding.row * 2 + holding.direction] = 0;
    holding.isHeld = false;
    holding.stream = undefined;
    const last = this.#open.pop()!;
    if (last !== entry) this.#open[this.#open.indexOf(entry)] = last;
  }

  /** Adds what the entry has counted since to where the reference path would have, and begins again at nothing. */
  #settle(entry: number): void {
    const words = entry * WORDS;
    const packets = entryWords[words + ENTRY.packets]!;
    if (packets === 0) return;
    const held = this.#holdings[entry]!;
    const wire = entryNumbers[words / 2 + ENTRY.wire]!;
    this.#count(held, packets, wire, words);
    this.#tables.flows.takeBack(held.row, held.direction, entry);
    const segments = entryWords[words + ENTRY.segments]!;
    if (segments > 0) {
      const service = held.stream === undefined ? WIREGUARD : held.stream.listener;
      if (service !== '') this.#tables.collector.packets(service, segments, held.part);
      held.stream?.advance(entryWords[words + ENTRY.expected]!, entryNumbers[words / 2 + ENTRY.skip]!);
    }
    entryWords.fill(0, words + ENTRY.packets, words + ENTRY.clock);
    entryWords[words + ENTRY.segments] = 0;
    entryWords[words + ENTRY.stepsBack] = 0;
  }

  #count(held: Holding, packets: number, wire: number, words: number): void {
    const { macs, hours, tallies } = this.#tables;
    const { headers, part, sender, receiver, inward } = held;
    const captured = entryNumbers[words / 2 + ENTRY.captured]!;
    const tally = tallies[part];
    tally.stepsBack += entryWords[words + ENTRY.stepsBack]!;
    tally.addMany(headers, packets, captured, wire, entryWords, words + ENTRY.first);
    tally.addTraffic(headers, wire, entryWords[words + ENTRY.last]!, inward ? INWARD : 0);
    macs.received(receiver, part, wire, packets);
    hours.touch(receiver);
    macs.sent(sender, part, wire, packets);
    hours.touch(sender);
    macs.sentFromRow(held.address, part, packets);
  }
}
