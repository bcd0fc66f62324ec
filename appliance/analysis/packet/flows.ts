// Everything kept per conversation, joined: table row, payload statistics, notes of listeners, streams. Opens and evicts
// rows, hands them on in the carry, and renders them for the summary. Owned by the analyzer.

import { PROTOCOL_TCP } from '../../decode/frames/frame.ts';
import type { Walk } from '../../decode/frames/walk.ts';
import { type FlowNotes, newNotes } from '../inspect/collector.ts';
import { endApplications, type FlowApplications, newApplications } from '../inspect/dispatcher.ts';
import { SleepingNotes } from '../inspect/flow-notes.ts';
import type { StreamBudget } from '../inspect/streams/tcp-stream.ts';
import { ENTRY, entryNumbers, entryWords, WORDS } from '../kernel/walk-kernel.ts';
import type { Bounds } from '../summary/bounds.ts';
import { type FlowCarry, SESSION_SECONDS } from '../summary/carry.ts';
import type { Conversation, PayloadFigures } from '../summary/conversation-stats.ts';
import { mergeConversations } from '../summary/merge-conversations.ts';
import { Rest } from '../summary/rest.ts';
import { directionsOf, hasPart } from '../summary/row-outline.ts';
import type { Part } from '../summary/summary.ts';
import { Connections } from './connections.ts';
import { FlowTable } from './flow-table.ts';
import { MacPairs } from './mac-pairs.ts';
import type { MacTable } from './mac-table.ts';
import { PayloadStats, SLEEPING_WORDS } from './payload/payload-stats.ts';
import { ProbeList } from './probe-list.ts';
import { carryRow, type FlowColumns, resumeRow } from './row-carry.ts';
import { RowRecords } from './row-records.ts';
import { SleepStore, type SlotFile } from './sleep-store.ts';

/** Seconds of capture between two looks for conversations that may sleep, and of silence before they do. */
const SWEEP_SECONDS = 60;
/** Timestamps may jump a minute per packet. Sweep only once enough packets have arrived, so that its cost stays proportional to traffic. */
const ROWS_PER_PACKET = 16;
const QUIET_SECONDS = 600;
/** With so many awake a shorter silence is enough. */
const MANY_AWAKE = 10_000;
const QUIET_SECONDS_OF_MANY = 30;
const SYN_ACK = 18;
/** In the first byte of an address (IEEE 802): multicast and broadcast. */
const GROUP_BIT = 1;

/** Packets of a direction before it may be handed to the walk over chunks: most conversations are shorter. */
const LEAST_SETTLED = 2;

/** Hands over what it has counted, of a row or of all. */
export interface RowHolder {
  settleRow(row: number): void;
  settleAll(): void;
}

export class Flows {
  readonly budget: StreamBudget;
  readonly #table: FlowTable;
  readonly #payload = new PayloadStats();
  readonly #connections = new Connections();
  /** By part: what was reported at a shared packet stays with it. */
  readonly #notes: (FlowNotes | undefined)[][] = [[], []];
  readonly #applications: (FlowApplications | undefined)[] = [];
  readonly #records: RowRecords;
  readonly #bounds: Bounds;
  readonly #rest: Rest;
  readonly #probes = new ProbeList();
  readonly #pairs: MacPairs;
  readonly #columns: FlowColumns;
  /** From the segment before, not yet seen in this one. */
  #carried = new Map<string, FlowCarry>();
  /** Undefined where everything stays in memory. */
  readonly #sleepers: SleepStore | undefined;
  readonly #sleepingNotes = new SleepingNotes();
  #sweepAt = 0;
  #packetsUnswept = 0;
  #asleep = 0;
  /** Who counts packets elsewhere and must hand them over before a row is looked at. */
  holder: RowHolder | undefined;
  direction: 0 | 1 = 0;
  isNew = false;
  /** The current packet is the first of its conversation, or of a session that a silence or a SYN began. */
  beginsSession = false;

  constructor(bounds: Bounds, macs: MacTable, budget: StreamBudget, sleepers?: SlotFile) {
    this.#bounds = bounds;
    this.#rest = new Rest(bounds, macs);
    this.#table = new FlowTable(bounds.conversations);
    this.#pairs = new MacPairs(macs);
    this.budget = budget;
    this.#columns = {
      table: this.#table,
      payload: this.#payload,
      connections: this.#connections,
      notes: this.#notes,
      applications: this.#applications,
      budget,
    };
    this.#records = new RowRecords(this.#columns, macs, this.#pairs);
    this.#sleepers = sleepers === undefined ? undefined : new SleepStore(sleepers, SLEEPING_WORDS);
  }

  get count(): number {
    return this.#table.count;
  }

  /** Counts one TCP or UDP packet; returns its row. */
  packet(
    walk: Walk,
    bytes: Uint8Array,
    part: number,
    length: number,
    seconds: number,
    nanoseconds: number,
    clock: number,
  ): number {
    const flows = this.#table;
    this.#packetsUnswept++;
    if (clock >= this.#sweepAt) this.#sweepIfDue(clock);
    if (flows.full) this.#giveUpOne();
    flows.find(walk, bytes, 0);
    if (!flows.isNew && this.#isOtherPart(part)) flows.find(walk, bytes, 1);
    const row = flows.row;
    if (!flows.isNew) this.holder?.settleRow(row);
    this.isNew = flows.isNew;
    if (flows.isNew) this.#open(row);
    else if (this.#asleep > 0) this.#wake(row);
    const direction = flows.direction;
    this.direction = direction;
    flows.setPart(row, direction, part + 1);
    // Clock 0 cannot mean "unseen": some captures start at the epoch.
    const isKnown = !flows.isNew || this.#applications[row] !== undefined;
    const isSilent = isKnown && clock - flows.lastClock(row) > SESSION_SECONDS;
    if (isSilent) this.#connections.open(row);
    const connects = this.#connects(row, direction, walk);
    this.beginsSession = !isKnown || isSilent || connects;
    if (this.beginsSession) this.#beginSession(row, direction, isKnown);
    flows.addPacket(row, direction, length, seconds, nanoseconds, clock);
    if (flows.isNew ? !isKnown && this.#bounds.joined > 0 : this.#probes.has(row)) this.#probe(row, walk, bytes);
    return row;
  }

  /** Whether a SYN begins another connection. A header that was not captured has no flags, nor numbers. */
  #connects(row: number, direction: 0 | 1, walk: Walk): boolean {
    if (walk.protocol !== PROTOCOL_TCP || walk.tcpFlags === 0) return false;
    return this.#connections.packet(row, direction, walk.tcpFlags, walk.tcpSequence);
  }

  /** A probe is one until an answer or payload says otherwise; of more than may wait for that the oldest has had its time. */
  #probe(row: number, walk: Walk, bytes: Uint8Array): void {
    if (this.#isProbe(row, walk, bytes)) {
      if (!this.#probes.has(row)) this.#probes.add(row);
      if (this.#probes.count > this.#bounds.probes) {
        this.holder?.settleAll();
        this.#giveUp(this.#probes.oldest);
      }
    } else this.#probes.remove(row);
  }

  #isProbe(row: number, walk: Walk, bytes: Uint8Array): boolean {
    if (walk.protocol === PROTOCOL_TCP) {
      return walk.payloadEnd <= walk.payloadStart && (walk.tcpFlags & SYN_ACK) !== SYN_ACK;
    }
    const isToMany = walk.destinationMac >= 0 && (bytes[walk.destinationMac]! & GROUP_BIT) !== 0;
    return !isToMany && (this.#table.packets(row, 0) === 0 || this.#table.packets(row, 1) === 0);
  }

  #sweepIfDue(clock: number): void {
    this.holder?.settleAll();
    if (this.#packetsUnswept * ROWS_PER_PACKET >= this.#table.rows) this.#sweep(clock);
  }

  #giveUpOne(): void {
    this.holder?.settleAll();
    this.#giveUp(this.#table.chooseVictim());
  }

  /** What is silent goes to the file; where its session is over, half-read messages are given up as `#beginSession` would. */
  #sweep(clock: number): void {
    this.#sweepAt = clock + SWEEP_SECONDS;
    this.#packetsUnswept = 0;
    const sleepers = this.#sleepers;
    const awake = this.#table.count - this.#asleep;
    const quiet = awake > MANY_AWAKE ? QUIET_SECONDS_OF_MANY : QUIET_SECONDS;
    for (let row = 0; (row = this.#table.nextSilent(row, clock - quiet)) >= 0; row++) {
      if (this.#applications[row] !== undefined && this.#table.isSilentSince(row, clock - SESSION_SECONDS)) {
        this.#endApplications(row);
      }
      if (sleepers !== undefined && !sleepers.sleeps(row)) this.#putToSleep(row, sleepers);
    }
  }

  #putToSleep(row: number, sleepers: SleepStore): void {
    sleepers.putToSleep(row, (slot) => this.#payload.putToSleep(row, slot));
    this.#asleep++;
    for (const part of [0, 1]) {
      this.#sleepingNotes.keep(row, part, this.#notes[part]![row]);
      this.#notes[part]![row] = undefined;
    }
  }

  /** Brings a sleeping row back; does nothing to others. */
  #wake(row: number): void {
    if (this.#sleepers?.sleeps(row) !== true) return;
    this.#payload.wake(row, this.#sleepers.look(row));
    this.#sleepers.forget(row);
    this.#asleep--;
    for (const part of [0, 1]) this.#notes[part]![row] = this.#sleepingNotes.take(row, part);
  }

  /** One direction holds frames of one part; should the other kind come too, it gets a row of its own. */
  #isOtherPart(part: number): boolean {
    const known = this.#table.part(this.#table.row, this.#table.direction);
    return known !== 0 && known !== part + 1;
  }

  #open(row: number): void {
    this.#payload.open(row);
    this.#connections.open(row);
    this.#forget(row);
    if (this.#carried.size > 0) this.#resumeRow(row);
  }

  #beginSession(row: number, direction: 0 | 1, again: boolean): void {
    this.#table.addSession(row, direction);
    if (again) {
      this.#payload.restart(row);
      this.#endApplications(row);
    }
    this.#applications[row] = newApplications(direction);
  }

  #endApplications(row: number): void {
    endApplications(this.#applications[row]);
    this.#applications[row] = undefined;
  }

  /** Whether the current packet is the first of its direction. */
  isFirst(row: number): boolean {
    return this.#table.packets(row, this.direction) === 1;
  }

  /** A SYN, or its answer, was seen: who opened is known. */
  setClient(row: number, direction: 0 | 1): void {
    this.#table.setClient(row, direction);
  }

  payload(row: number, direction: 0 | 1, bytes: Uint8Array, walk: Walk): void {
    const transport = walk.protocol === PROTOCOL_TCP ? 'tcp' : 'udp';
    this.#payload.add(row * 2 + direction, bytes, walk.payloadStart, walk.payloadEnd, transport);
  }

  /** Seconds of the clock before which no conversation has to make room or to be put to sleep; 0 where that is due. */
  restsUntil(clock: number): number {
    return this.#table.full || clock >= this.#sweepAt ? 0 : this.#sweepAt;
  }

  /** Whether nothing but numbers is left to learn of a direction from packets of these two MACs without a SYN. */
  isSettled(row: number, direction: 0 | 1, source: number, destination: number): boolean {
    const table = this.#table;
    if (table.packets(row, direction) < LEAST_SETTLED || this.#probes.has(row)) return false;
    if (table.mac(row, direction) !== source + 1 || table.mac(row, direction === 0 ? 1 : 0) !== destination + 1)
      return false;
    return !table.isTcp(row) || this.#connections.knows(row, direction);
  }

  /** See PayloadStats. */
  lendPayload(row: number, direction: 0 | 1, entry: number): boolean {
    return this.#payload.lend(row * 2 + direction, entry);
  }

  /** What an entry of the walk over chunks has counted of a direction since. */
  takeBack(row: number, direction: 0 | 1, entry: number): void {
    const words = entry * WORDS;
    const packets = entryWords[words + ENTRY.packets]!;
    const wire = entryNumbers[words / 2 + ENTRY.wire]!;
    this.#packetsUnswept += packets;
    this.#table.addPackets(row, direction, packets, wire, entryWords, words + ENTRY.first);
    if (entryWords[words + ENTRY.payloads]! > 0) this.#payload.takeBack(row * 2 + direction, entry);
  }

  /** Undefined where nobody said anything of the row. */
  knownNotes(row: number, part: number): FlowNotes | undefined {
    return this.#notes[part]![row];
  }

  /** Rows of the MAC table for the packet that opened the row, -1 for none. */
  setMacs(row: number, source: number, destination: number): void {
    if (this.direction === 0) this.#table.setMacs(row, source + 1, destination + 1);
    else this.#table.setMacs(row, destination + 1, source + 1);
  }

  /** Of the current packet, as `setMacs` of the first one. */
  checkMacs(row: number, source: number, destination: number, bytes: number, payload: number): void {
    const { direction } = this;
    const sender = this.#table.mac(row, direction);
    const receiver = this.#table.mac(row, direction === 0 ? 1 : 0);
    if (sender === source + 1 && receiver === destination + 1) return;
    const [a, b] = direction === 0 ? [source + 1, destination + 1] : [destination + 1, source + 1];
    this.#pairs.add(row, direction, a, b, bytes, payload);
  }

  /** Whether a row that was seen a moment ago still is that conversation's, and awake. */
  holds(row: number, key: string): boolean {
    return this.#table.isOpen(row) && this.#sleepers?.sleeps(row) !== true && this.keyOf(row) === key;
  }

  /** `udp 10.0.0.1 53 10.0.0.9 50000`, as in a summary. */
  keyOf(row: number): string {
    return this.#table.key(row).text;
  }

  notes(row: number, part: number): FlowNotes {
    return (this.#notes[part]![row] ??= newNotes());
  }

  applications(row: number): FlowApplications {
    return (this.#applications[row] ??= newApplications(0));
  }

  /** One conversation loses its row. */
  #giveUp(row: number): void {
    const record = (index: 0 | 1) =>
      hasPart(this.#table, row, index) ? this.#records.of(row, index).record : undefined;
    const payload = (direction: number): number => this.#payload.payload(row * 2 + direction);
    this.#rest.take(this.#table, row, [payload(0), payload(1)], record);
    this.#endApplications(row);
    if (this.#sleepers?.sleeps(row) === true) this.#asleep--;
    this.#sleepers?.forget(row);
    this.#probes.remove(row);
    this.#payload.close(row);
    this.#forget(row);
    this.#table.remove(row);
  }

  #forget(row: number): void {
    this.#pairs.forget(row);
    this.#records.forget(row);
    for (const notes of this.#notes) notes[row] = undefined;
    this.#applications[row] = undefined;
  }

  /**
   * The conversations of a file without an owner in order of their first packets, as the document has them. Made one by
   * one; a sleeping row is read where it lies.
   */
  *inOrder(): Generator<Conversation> {
    for (const row of this.#rowsInOrder()) {
      const { text: key, swapped } = this.#table.key(row);
      const sleepers = this.#sleepers?.sleeps(row) === true ? this.#sleepers : undefined;
      const notes = sleepers === undefined ? this.#notes[0]![row] : this.#sleepingNotes.look(row, 0);
      const outline = this.#records.outline(row, 0, swapped, notes);
      yield { key, outline, payload: () => this.#figures(row, sleepers?.look(row)) };
    }
  }

  /** `slot`: what a sleeping row keeps. */
  #figures(row: number, slot: Int32Array | undefined): { ab: PayloadFigures; ba: PayloadFigures } {
    const payload = this.#payload;
    const [first, second] = directionsOf(this.#table, row, 0);
    const of = (direction: 0 | 1): PayloadFigures =>
      slot === undefined ? payload.figures(row * 2 + direction) : payload.sleepingFigures(row, direction, slot);
    return { ab: of(first), ba: of(second) };
  }

  /** Numbers only: texts of all keys at once would take more memory than all the rest. */
  #rowsInOrder(): Uint32Array {
    const table = this.#table;
    const starts = new Float64Array(table.rows);
    const rows = new Uint32Array(table.count);
    let count = 0;
    for (let row = 0; row < table.rows; row++) {
      if (!table.isOpen(row)) continue;
      starts[row] = Number(table.firstTs(row));
      rows[count++] = row;
    }
    const byKey = (x: number, y: number): number => (table.key(x).text < table.key(y).text ? -1 : 1);
    return rows.sort((x, y) => starts[x]! - starts[y]! || byKey(x, y));
  }

  /** Adds what is only counted. */
  fillRest(part: Part, index: 0 | 1): void {
    this.#rest.fillCounts(part, index);
    if (index === 0) part.dropped.macs += this.#pairs.leftOut;
  }

  /** Adds the part's conversations. */
  fill(part: Part, index: 0 | 1): void {
    this.#rest.fillRows(part, index);
    for (let row = 0; row < this.#table.rows; row++) {
      if (!this.#table.isOpen(row) || !hasPart(this.#table, row, index)) continue;
      this.#fillRow(part, index, row);
    }
  }

  #fillRow(part: Part, index: 0 | 1, row: number): void {
    const { key, record } = this.#records.of(row, index);
    const twin = part.conversations[key];
    part.conversations[key] = twin === undefined ? record : mergeConversations(twin, record);
  }

  /** What the segment before left; each is taken up when its conversation goes on. */
  resume(carried: readonly FlowCarry[]): void {
    this.#carried = new Map(carried.map((flow) => [flow.key, flow]));
  }

  #resumeRow(row: number): void {
    const key = this.#table.carryKey(row);
    const flow = this.#carried.get(key);
    if (flow === undefined) return;
    this.#carried.delete(key);
    resumeRow(this.#columns, row, flow);
  }

  /** The conversations that may go on, the most recent first. */
  carry(clock: number): FlowCarry[] {
    const flows: FlowCarry[] = [...this.#carried.values()];
    for (let row = 0; row < this.#table.rows; row++)
      if (this.#table.isOpen(row)) flows.push(carryRow(this.#columns, row));
    return flows
      .filter((flow) => clock - flow.clock <= SESSION_SECONDS)
      .sort((x, y) => y.clock - x.clock || (x.key < y.key ? -1 : 1))
      .slice(0, this.#bounds.carriedFlows);
  }
}
