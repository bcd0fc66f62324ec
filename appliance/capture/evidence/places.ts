// The devices that have files of their own, at most `capture.max_devices`. Where all places are taken, a silent one is given to the
// next who asks, so that addresses that came once do not keep others out for ever; an address costs its inventor nothing, so
// those that nobody knows yet (acquaintances.ts) get no more than a tenth of the places from known ones, and give theirs to them.

import { type DeviceKey, macFromBytes } from '../../model/mac.ts';
import type { DeviceWriter } from './device-writer.ts';
import { MacTable, UNKNOWN } from './mac-table.ts';

/** Packet seconds without a frame after which a place can be taken, of an address that nobody knows yet and of a known one. */
const NEWCOMER_SECONDS = 3600;
const KNOWN_SECONDS = 86_400;
/** One in so many places is what newcomers may take from known devices. */
const NEWCOMERS_SHARE = 10;

/** What holds a place. */
export type Placed = Pick<DeviceWriter, 'account' | 'heardSecond' | 'isDone' | 'cut'>;

export interface PlaceEvents<Writer extends Placed = DeviceWriter> {
  /** A device (or pseudo device) appeared: make its writer. */
  readonly openDevice: (device: DeviceKey) => Writer;
  /** A writer that has closed everything is used no more. */
  readonly closeDevice: (writer: Writer) => void;
  /** Whether the address was heard over a day, or said something. */
  readonly isKnown: (device: DeviceKey) => boolean;
}

export class Places<Writer extends Placed = DeviceWriter> {
  readonly #most: number;
  readonly #table: MacTable;
  readonly #events: PlaceEvents<Writer>;
  /** By place. */
  readonly writers: Writer[] = [];
  /** Without a place; they close what they have. */
  readonly #leaving = new Map<DeviceKey, Writer>();
  /** Packet second in which a search found no place, for newcomers and for known devices. */
  #newcomersRefused = -1;
  #knownRefused = -1;
  /** Places that were taken from silent devices. */
  givenBack = 0;

  constructor(most: number, table: MacTable, events: PlaceEvents<Writer>) {
    this.#most = most;
    this.#table = table;
    this.#events = events;
  }

  get leaving(): Iterable<Writer> {
    return this.#leaving.values();
  }

  /** A place for the address at `at`, which has none; UNKNOWN where nobody gives his. `second`: packet time. */
  admit(bytes: Uint8Array, at: number, second: number): number {
    const isFull = this.writers.length >= this.#most;
    if (isFull && second === this.#newcomersRefused && second === this.#knownRefused) return UNKNOWN;
    const device = macFromBytes(bytes, at);
    const place = isFull ? this.#free(this.#events.isKnown(device), second) : this.writers.length;
    if (place === UNKNOWN) return UNKNOWN;
    this.#table.add(bytes, at, place);
    this.writers[place] = this.#leaving.get(device) ?? this.#events.openDevice(device);
    this.#leaving.delete(device);
    return place;
  }

  /** Forgets those that left and have closed everything. */
  settle(): void {
    for (const [device, writer] of this.#leaving) {
      if (!writer.isDone) continue;
      this.#leaving.delete(device);
      this.#events.closeDevice(writer);
    }
  }

  /** Takes a device's place away, for any other; the last one moves there. Not in the middle of a run. */
  end(device: DeviceKey): void {
    const place = this.writers.findIndex(({ account }) => account.device === device);
    if (place === -1) return;
    this.#close(place);
    const last = this.writers.pop();
    if (last === undefined || place === this.writers.length) return;
    const address = addressOf(last);
    this.#table.remove(address, 0);
    this.#table.add(address, 0, place);
    this.writers[place] = last;
  }

  #free(forKnown: boolean, second: number): number {
    if (second === (forKnown ? this.#knownRefused : this.#newcomersRefused)) return UNKNOWN;
    const place = this.#silentest(forKnown, second);
    if (place !== UNKNOWN) this.#leave(place);
    else if (forKnown) this.#knownRefused = second;
    else this.#newcomersRefused = second;
    return place;
  }

  /** The place to take: of the newcomer that is silent longest before that of a known device. */
  #silentest(forKnown: boolean, second: number): number {
    const places = this.writers.map((writer, place) => ({
      place,
      isKnown: this.#events.isKnown(writer.account.device),
      silent: second - writer.heardSecond,
    }));
    places.sort((a, b) => b.silent - a.silent);
    const newcomers = places.filter(({ isKnown }) => !isKnown);
    const [newcomer] = newcomers;
    // Among newcomers one is as good as the other: only a silent one gives way. To a known device each of them does.
    if (newcomer !== undefined && (forKnown || newcomer.silent >= NEWCOMER_SECONDS)) return newcomer.place;
    if (!forKnown && newcomers.length >= Math.ceil(this.#most / NEWCOMERS_SHARE)) return UNKNOWN;
    return places.find(({ isKnown, silent }) => isKnown && silent >= KNOWN_SECONDS)?.place ?? UNKNOWN;
  }

  #leave(place: number): void {
    this.#close(place);
    this.givenBack++;
  }

  #close(place: number): void {
    const writer = this.writers[place]!;
    this.#table.remove(addressOf(writer), 0);
    writer.cut('silent');
    this.#leaving.set(writer.account.device, writer);
  }
}

function addressOf({ account }: Placed): Uint8Array {
  return Buffer.from(account.device.replaceAll(':', ''), 'hex');
}
