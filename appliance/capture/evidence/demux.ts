// The packet path: batches of whole pcap records in, runs of records out to the devices they belong to. One pass, no string,
// no allocation and no clock call per packet; consecutive records of one device are copied as one run.
// Rule (DESIGN §4): a frame belongs to its sender, and also to the known device it is addressed to.

import { type PcapFormat, RECORD_HEADER_BYTES, read32 } from '../../decode/files/pcap-record.ts';
import type { DeviceKey } from '../../model/mac.ts';
import { INFRA, macFromBytes, OVERFLOW } from '../../model/mac.ts';
import type { Accounts } from './accounts.ts';
import type { Block, RecordCount } from './block.ts';
import type { DeviceWriter } from './device-writer.ts';
import { MacTable, UNKNOWN } from './mac-table.ts';
import { type PlaceEvents, Places } from './places.ts';
import type { SegmentServices } from './segment-services.ts';

const LINKTYPE_ETHERNET = 1;
/** The value of the access point's own addresses in the table; devices are 0 and up. */
const INFRA_ADDRESS = -2;
/** Two addresses (IEEE 802.3 §3.2); a shorter frame has no sender. */
const ADDRESS_BYTES = 12;
/** The access point's own addresses that the table has room for, in addition to the devices; not checked when one is added. */
const MAX_INFRA = 128;

export interface DemuxLimits {
  readonly maxDevices: number;
}

/** What the demultiplexer asks of the recorder. */
export interface DemuxEvents extends PlaceEvents {
  /** Packet time went backwards, or more than a second forward: the clock may have been set. */
  readonly timeJump: (seconds: number) => void;
  /** A self-test frame; true keeps it out of every file. */
  readonly isCanary: (bytes: Buffer, frame: number, end: number) => boolean;
}

export class Demux {
  readonly #accounts: Accounts;
  readonly #events: DemuxEvents;
  readonly #table: MacTable;
  readonly #places: Places;
  /** By place. */
  readonly #devices: readonly DeviceWriter[];
  #infra: DeviceWriter | null = null;
  #overflow: DeviceWriter | null = null;
  #format: PcapFormat | null = null;
  #lastSecond = -1;
  /** Packet time at which `#boundary` is to be called, once; Infinity for never. */
  #boundarySecond = Infinity;
  #boundaryFraction = 0;
  #boundary: (() => void) | null = null;
  // The run that is being collected.
  #runWriter: DeviceWriter | null = null;
  #runStart = 0;
  #runLast = 0;
  #runRecords = 0;
  #runOriginal = 0;
  #runRoom = 0;

  constructor(accounts: Accounts, limits: DemuxLimits, events: DemuxEvents) {
    this.#accounts = accounts;
    this.#table = new MacTable(limits.maxDevices + MAX_INFRA);
    this.#places = new Places(limits.maxDevices, this.#table, events);
    this.#devices = this.#places.writers;
    this.#events = events;
  }

  /** One of the access point's own addresses. Has no effect on an address that is a device already. */
  addInfra(mac: Uint8Array): void {
    if (this.#table.find(mac, 0) === UNKNOWN) this.#table.add(mac, 0, INFRA_ADDRESS);
  }

  get format(): PcapFormat | null {
    return this.#format;
  }

  /** Packet seconds of the newest record; -1 before the first. */
  get lastSecond(): number {
    return this.#lastSecond;
  }

  /** All writers, pseudo devices included, and those that gave their places back and still close what they have. */
  *writers(): Iterable<DeviceWriter> {
    yield* this.#devices;
    yield* this.#places.leaving;
    if (this.#infra !== null) yield this.#infra;
    if (this.#overflow !== null) yield this.#overflow;
  }

  /** Places that silent devices gave back. */
  get givenBack(): number {
    return this.#places.givenBack;
  }

  /** The device gives its place up and closes what it has; heard again, it is a new one. */
  endDevice(device: DeviceKey): void {
    this.#places.end(device);
  }

  /** Once a tick: forgets the writers that have nothing left to close. */
  settle(): void {
    this.#places.settle();
  }

  /** A new stream begins. Segments go on over a respawn of the engine as long as the format stays. */
  begin(format: PcapFormat): void {
    const before = this.#format;
    this.#format = format;
    if (before === null) return;
    if (before.linkType === format.linkType && before.resolution === format.resolution) return;
    for (const writer of this.writers()) writer.restart(format);
  }

  /** Calls `action` before the first record at or after the given packet time. Replaces a boundary that was not reached. */
  setBoundary(second: number, fraction: number, action: () => void): void {
    this.#boundarySecond = second;
    this.#boundaryFraction = fraction;
    this.#boundary = action;
  }

  /** The boundary is reached now, whatever the packets say. */
  passBoundary(): void {
    const action = this.#boundary;
    this.#boundary = null;
    this.#boundarySecond = Infinity;
    action?.();
  }

  get hasBoundary(): boolean {
    return this.#boundary !== null;
  }

  /** Whole little-endian records from `start` to `end`, as the stream reader checked them. */
  feed(bytes: Buffer, start: number, end: number): void {
    const ethernet = this.#format?.linkType === LINKTYPE_ETHERNET;
    for (let at = start; at < end; ) {
      const next = at + RECORD_HEADER_BYTES + read32(bytes, at + 8, false);
      const second = read32(bytes, at, false);
      this.#accounts.captured++;
      if (second !== this.#lastSecond || second >= this.#boundarySecond) this.#watchTime(bytes, at, second);
      if (ethernet && next - at >= RECORD_HEADER_BYTES + ADDRESS_BYTES) this.#route(bytes, at, next, second);
      else this.#collect(this.#infraWriter(), bytes, at, next, second);
      at = next;
    }
    this.#endRun(bytes, end);
  }

  #watchTime(bytes: Buffer, at: number, second: number): void {
    const before = this.#lastSecond;
    this.#lastSecond = second;
    if (before >= 0 && (second < before || second > before + 1)) {
      this.#endRun(bytes, at);
      this.#events.timeJump(second);
    }
    if (second < this.#boundarySecond) return;
    if (second === this.#boundarySecond && read32(bytes, at + 4, false) < this.#boundaryFraction) return;
    this.#endRun(bytes, at);
    this.passBoundary();
  }

  #route(bytes: Buffer, at: number, next: number, second: number): void {
    const frame = at + RECORD_HEADER_BYTES;
    const sender = this.#table.find(bytes, frame + 6);
    if (sender >= 0) {
      this.#collect(this.#devices[sender]!, bytes, at, next, second);
      // A frame to a group has no second owner; find() would only cost time.
      if ((bytes[frame]! & 1) === 0) this.#share(sender, bytes, at, next, second);
      return;
    }
    if (sender === INFRA_ADDRESS) {
      const receiver = this.#table.find(bytes, frame);
      const owner = receiver >= 0 ? this.#devices[receiver]! : this.#infraWriter();
      this.#collect(owner, bytes, at, next, second);
      return;
    }
    this.#admit(bytes, at, next, second);
  }

  /** A sender that is not in the table: nobody, a canary, a new device, or one too many. */
  #admit(bytes: Buffer, at: number, next: number, second: number): void {
    const frame = at + RECORD_HEADER_BYTES;
    if ((bytes[frame + 6]! & 1) === 1 || isZero(bytes, frame + 6)) {
      this.#accounts.sourceless++;
      this.#collect(this.#infraWriter(), bytes, at, next, second);
      this.#share(UNKNOWN, bytes, at, next, second);
      return;
    }
    if (this.#events.isCanary(bytes, frame, next)) {
      this.#accounts.canaries++;
      this.#endRun(bytes, at);
      return;
    }
    // Who is silent is known, and who leaves is closed, when no device is in the middle of a run.
    if (this.#runWriter !== this.#overflow) this.#endRun(bytes, at);
    const sender = this.#places.admit(bytes, frame + 6, second);
    if (sender === UNKNOWN)
      this.#collect((this.#overflow ??= this.#events.openDevice(OVERFLOW)), bytes, at, next, second);
    else this.#collect(this.#devices[sender]!, bytes, at, next, second);
    this.#share(sender, bytes, at, next, second);
  }

  /** A copy for the known device that the frame is addressed to. */
  #share(sender: number, bytes: Buffer, at: number, next: number, second: number): void {
    const receiver = this.#table.find(bytes, at + RECORD_HEADER_BYTES);
    if (receiver < 0 || receiver === sender) return;
    this.#endRun(bytes, next);
    const writer = this.#devices[receiver]!;
    writer.turn(second);
    writer.append(bytes, at, next, 1, at, 1, read32(bytes, at + 12, false));
  }

  /** Adds one record to the run of its owner, or ends the run and begins another. */
  #collect(writer: DeviceWriter, bytes: Buffer, at: number, next: number, second: number): void {
    if (writer !== this.#runWriter || next - this.#runStart > this.#runRoom) {
      this.#endRun(bytes, at);
      this.#beginRun(writer, at);
    }
    if (second < writer.window.from || second >= writer.window.to) {
      this.#endRun(bytes, at);
      writer.turn(second);
      this.#beginRun(writer, at);
    }
    this.#runLast = at;
    this.#runRecords++;
    this.#runOriginal += read32(bytes, at + 12, false);
  }

  #beginRun(writer: DeviceWriter, at: number): void {
    this.#runWriter = writer;
    this.#runStart = at;
    this.#runRoom = writer.room;
  }

  #endRun(bytes: Buffer, end: number): void {
    const writer = this.#runWriter;
    this.#runWriter = null;
    if (writer === null || this.#runRecords === 0) return;
    writer.append(bytes, this.#runStart, end, this.#runRecords, this.#runLast, 0, this.#runOriginal);
    this.#runRecords = 0;
    this.#runOriginal = 0;
  }

  #infraWriter(): DeviceWriter {
    this.#infra ??= this.#events.openDevice(INFRA);
    return this.#infra;
  }

  /** Which of the records in a block up to `end` are copies (the reader's rule): sent by another, who is not the access point. */
  readonly countShared = (block: Block, end: number, device: DeviceKey, format: PcapFormat): RecordCount => {
    const count = { records: 0, shared: 0, sharedBytes: 0 };
    for (const at of recordsIn(block, end, format)) {
      count.records++;
      if (!this.#isCopy(block.bytes, at, device)) continue;
      count.shared++;
      count.sharedBytes += read32(block.bytes, at + 12, format.bigEndian);
    }
    return count;
  };

  readonly eachCopy: SegmentServices['eachCopy'] = (block, end, device, format, onCopy) => {
    for (const at of recordsIn(block, end, format)) {
      if (!this.#isCopy(block.bytes, at, device)) continue;
      const length = RECORD_HEADER_BYTES + read32(block.bytes, at + 8, format.bigEndian);
      onCopy(macFromBytes(block.bytes, at + RECORD_HEADER_BYTES + 6), length);
    }
  };

  /** By the addresses themselves: a device that gave its place back may still have blocks on their way. */
  #isCopy(bytes: Buffer, at: number, device: DeviceKey): boolean {
    if (device === INFRA || device === OVERFLOW) return false;
    const sender = at + RECORD_HEADER_BYTES + 6;
    return !isAddress(bytes, sender, device) && this.#table.find(bytes, sender) !== INFRA_ADDRESS;
  }
}

/** Whether the six bytes at `at` are what the device's key says, `aa:bb:cc:00:01:02`. */
function isAddress(bytes: Buffer, at: number, device: DeviceKey): boolean {
  for (let i = 0; i < 6; i++) {
    const byte = bytes[at + i]!;
    if (device.charCodeAt(i * 3) !== digitOf(byte >> 4) || device.charCodeAt(i * 3 + 1) !== digitOf(byte & 15))
      return false;
  }
  return true;
}

function digitOf(value: number): number {
  return value < 10 ? 48 + value : 87 + value;
}

/** Offsets of the records in a block up to `end`. */
function* recordsIn(block: Block, end: number, format: PcapFormat): Iterable<number> {
  for (let at = 0; at < end; at += RECORD_HEADER_BYTES + read32(block.bytes, at + 8, format.bigEndian)) yield at;
}

function isZero(bytes: Buffer, at: number): boolean {
  for (let i = 0; i < 6; i++) if (bytes[at + i] !== 0) return false;
  return true;
}
