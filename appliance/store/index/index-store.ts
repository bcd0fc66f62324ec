// The index: what analysis made of every segment, hour by hour, and the sums. One batch per slice holds all that changes,
// and names pieces that are on the card already: a power cut finds either all of it or nothing. It can always be remade from the captures; when anything about it is odd it is
// set aside and that is what happens.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { orElse } from '../../model/expected-error.ts';
import { type DeviceKey, deviceId, parseDevice } from '../../model/mac.ts';
import { isPhase } from '../../model/phase.ts';
import type { SummaryTools } from '../summary-tools.ts';
import type { ForgottenDevice } from '../tail/forgotten-devices.ts';
import type { Checkpoint } from '../thread/analysis-messages.ts';
import { purgeForgotten } from './device-purge.ts';
import { type FlowWindow, flowBlocks, flowWrites, type StoredFlows } from './flow-index.ts';
import { listHours, type OpenHour, type StoredHours } from './hour-list.ts';
import { addHourRows, type HourRow, type StoredHourRow, withoutNames } from './hour-row.ts';
import { type IndexWitness, mismatch } from './index-check.ts';
import { IndexDatabase, type IndexWrite } from './index-database.ts';
import { moveAside, refuseNewer, removeAside, reopened } from './index-folder.ts';
import { type GrownDevice, growDevice, isKnown, piecesOf } from './index-growth.ts';
import { deviceRange, HEAD_KEY, hourKey, segmentKey, type TotalScope } from './index-keys.ts';
import {
  EMPTY_HEAD,
  type FoldedSegment,
  type IndexHead,
  type LedgerPoint,
  type StoredDevice,
  type StoredPlace,
  type StoredSegment,
  type StoredSum,
} from './index-records.ts';
import { NO_TEXT, type PackedText } from './packed-text.ts';
import { PieceFiles, type PieceRef } from './piece-files.ts';
import { flooredDevices, reachedFloor, revisionFloors } from './revision-floors.ts';
import { takeRevisions } from './taken-revisions.ts';

/** A folder of its own in `index/`, which is all that the appliance's user may write to (systemd/weir.tmpfiles.conf). */
export function indexDirectory(dataDir: string): string {
  return join(dataDir, 'index', 'level');
}

/** Next to the database and within its folder, so that both are set aside together. */
function pieceFiles(directory: string): PieceFiles {
  return new PieceFiles(join(directory, 'pieces'));
}

/** A commit between looking up the pieces of a sum and reading them: then it is looked up again, at most so often. */
const MAX_LOOKS = 20;

export class IndexStore {
  readonly #directory: string;
  readonly #tools: SummaryTools;
  readonly #pieces: PieceFiles;
  #database: IndexDatabase;
  #head: IndexHead;

  private constructor(directory: string, tools: SummaryTools, database: IndexDatabase, head: IndexHead) {
    this.#directory = directory;
    this.#tools = tools;
    this.#pieces = pieceFiles(directory);
    this.#database = database;
    this.#head = head;
  }

  /**
   * Opens the index below `dataDir` when it is whole and belongs to this ledger; otherwise sets it aside (`setAside` hears
   * why) and begins an empty one.
   * @throws WeirError FORMAT_NEWER; INDEX_LOCKED, DATA_FULL, DATA_UNWRITABLE: those are not the index's fault.
   */
  static async open(
    dataDir: string,
    tools: SummaryTools,
    witness: IndexWitness,
    setAside: (reason: string) => void,
  ): Promise<IndexStore> {
    const directory = indexDirectory(dataDir);
    const forgotten = witness.forgotten?.() ?? [];
    let isPurged = false;
    try {
      let database = await IndexDatabase.open(directory);
      await refuseNewer(directory, database);
      isPurged = await purgeForgotten(database, forgotten);
      if (isPurged) {
        removeAside(directory, 0);
        database = await reopened(directory, database);
      }
      const reason = await mismatch(database, pieceFiles(directory), witness).catch(
        (thrown: unknown) => toError(thrown).message,
      );
      if (reason === undefined) return await IndexStore.#ready(directory, tools, database);
      await database.close();
      setAside(reason);
    } catch (thrown) {
      if (!(thrown instanceof WeirError) || thrown.code !== 'INDEX_DAMAGED') throw thrown;
      setAside(thrown.message);
    }
    const database = await IndexStore.#begin(directory, tools, forgotten);
    // Nobody may look into what holds a device that was to be forgotten.
    if (isPurged || forgotten.length > 0) removeAside(directory, 0);
    await purgeForgotten(database, forgotten);
    return IndexStore.#ready(directory, tools, database);
  }

  static async #ready(directory: string, tools: SummaryTools, database: IndexDatabase): Promise<IndexStore> {
    const named = new Set<number>();
    for await (const [, value] of database.list('device'))
      for (const { id } of piecesOf(value as StoredDevice)) named.add(id);
    await pieceFiles(directory).prepare(named);
    return new IndexStore(directory, tools, database, (await database.head()) ?? EMPTY_HEAD);
  }

  /** Opens what is there to look at it, without setting anything aside. @throws WeirError INDEX_LOCKED, INDEX_DAMAGED. */
  static async inspect(dataDir: string, tools: SummaryTools, witness: IndexWitness): Promise<IndexStore> {
    const directory = indexDirectory(dataDir);
    if (!existsSync(directory)) throw new WeirError('FILE_UNREADABLE', `${directory}: there is no index yet.`);
    const database = await IndexDatabase.open(directory);
    const head = (await database.head()) ?? EMPTY_HEAD;
    const reason = await mismatch(database, pieceFiles(directory), {
      ...witness,
      previous: () => head.ledger?.previous,
    });
    if (reason === undefined) return new IndexStore(directory, tools, database, head);
    await database.close();
    throw new WeirError('INDEX_DAMAGED', `${directory}: ${reason}. weir rebuild rebuilds it.`);
  }

  /** Begins with an empty index; the old one is set aside. @throws WeirError INDEX_LOCKED, DATA_FULL, DATA_UNWRITABLE. */
  static async fresh(dataDir: string, tools: SummaryTools): Promise<IndexStore> {
    const directory = indexDirectory(dataDir);
    if (!existsSync(directory)) return IndexStore.#ready(directory, tools, await IndexDatabase.open(directory));
    await refuseIfLocked(directory);
    return IndexStore.#ready(directory, tools, await IndexStore.#begin(directory, tools, []));
  }

  /** An empty index in the place of one that is set aside, with the revisions that it had given. */
  static async #begin(directory: string, tools: SummaryTools, forgotten: readonly ForgottenDevice[]) {
    const aside = moveAside(directory);
    const database = await IndexDatabase.open(directory);
    try {
      const before = await IndexDatabase.open(aside);
      try {
        const index = new IndexStore(aside, tools, before, (await before.head()) ?? EMPTY_HEAD);
        await takeRevisions(database, index, tools, new Set(forgotten.map(({ device }) => device)));
      } finally {
        await before.close();
      }
    } catch (thrown) {
      // Set aside because it is damaged: revisions that cannot be read begin again.
      if (!(thrown instanceof WeirError) || thrown.code !== 'INDEX_DAMAGED') throw thrown;
    }
    return database;
  }

  get segments(): number {
    return this.#head.segments;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  /** After a write failed LevelDB refuses every other one: only closing and opening helps (measured on a full disk). */
  async reopen(): Promise<void> {
    await this.#database.close().catch(orElse(undefined, 'closing the index', /^LEVEL_/));
    this.#database = await IndexDatabase.open(this.#directory);
    this.#head = (await this.#database.head()) ?? EMPTY_HEAD;
  }

  /**
   * The pieces, then one synced batch that names them: the segment so far, its device's place and sums, the hours that are
   * over. What is indexed already changes nothing.
   */
  async commit(slice: FoldedSegment, ledger: LedgerPoint | null): Promise<void> {
    const known = await this.#device(slice.device);
    if (isKnown(known, slice)) return;
    const grown = await growDevice(known, slice, this.#head.pieces, {
      merge: (parts) => this.#tools.merge(parts),
      read: (ref) => this.#piece(ref),
    });
    const hours = await this.#hourWrites(slice, grown);
    const head: IndexHead = {
      ...this.#head,
      schema: EMPTY_HEAD.schema,
      segments: this.#head.segments + (slice.ends ? 1 : 0),
      pieces: grown.pieces,
      flows_joined: this.#head.flows_joined + hours.joined,
      ledger: later(this.#head.ledger, ledger),
    };
    const writes: IndexWrite[] = [
      { sublevel: 'segment', key: segmentKey(slice.seq), value: await this.#segmentValue(slice) },
      { sublevel: 'device', key: deviceId(slice.device), value: grown.device },
      ...hours.writes,
      { sublevel: 'meta', key: HEAD_KEY, value: head },
    ];
    await this.#pieces.write(grown.fresh);
    await this.#database.write(writes);
    this.#head = head;
    await this.#pieces.remove(grown.dead);
  }

  async checkpoints(): Promise<Checkpoint[]> {
    const checkpoints: Checkpoint[] = [];
    for await (const [key, value] of this.#database.list('device')) {
      const device = parseDevice(key);
      const { seq, slice, offset, carry } = value as StoredDevice;
      if (device === undefined) continue;
      checkpoints.push({ device, seq, slice, offset, carry: carry === null ? NO_TEXT : await this.#piece(carry) });
    }
    return checkpoints;
  }

  async segment(seq: number): Promise<StoredSegment | undefined> {
    return (await this.#database.get('segment', segmentKey(seq))) as StoredSegment | undefined;
  }

  /** Up to where a device is in the index. */
  async place(device: DeviceKey): Promise<StoredPlace | undefined> {
    return this.#device(device);
  }

  /** The sum of what is kept of a device; undefined while there is none. */
  async sum(device: DeviceKey, scope: TotalScope): Promise<StoredSum | undefined> {
    for (let look = 0; look < MAX_LOOKS; look++) {
      const known = await this.#device(device);
      const tower = known?.towers[scope];
      if (known === undefined || tower === undefined) return undefined;
      const parts = await this.#readAll(tower.parts.map(({ piece }) => piece));
      if (parts !== undefined) return { ...tower, place: known, parts };
    }
    throw new WeirError('INDEX_DAMAGED', `${this.#directory}: pieces of the sum of ${device} are missing.`);
  }

  /** Every device and scope that has a sum, in key order. */
  async scopes(): Promise<{ readonly device: DeviceKey; readonly scope: TotalScope }[]> {
    const scopes: { readonly device: DeviceKey; readonly scope: TotalScope }[] = [];
    for await (const [key, value] of this.#database.list('device')) {
      const device = parseDevice(key);
      if (device === undefined) continue;
      for (const scope of Object.keys((value as StoredDevice).towers).sort())
        if (scope === 'all' || isPhase(scope)) scopes.push({ device, scope });
    }
    return scopes;
  }

  /** The hours of a device: rows of those that are over, and the slices of those that are not. */
  async hours(device: DeviceKey): Promise<StoredHours> {
    return this.#still(device, async (place) => {
      const rows: StoredHourRow[] = [];
      for await (const [, value] of this.#database.list('hour', deviceRange(device))) rows.push(value as StoredHourRow);
      return { place, rows, open: await this.#openHours(device), floors: await revisionFloors(this.#database, device) };
    });
  }

  /** The last one of its hours; the others are not read. */
  async lastHour(device: DeviceKey): Promise<HourRow | undefined> {
    const rows = await this.#still(device, async () => {
      const open = (await this.#openHours(device)).map((part) => ({
        ...part,
        key: hourKey(device, part.hour, part.phase),
      }));
      const keys = open.filter(({ parts }) => parts.some(({ length }) => length > 0)).map(({ key }) => key);
      const newest = { ...deviceRange(device), reverse: true, limit: 1 };
      for await (const [key] of this.#database.list('hour', newest)) keys.push(key);
      const last = keys.sort().at(-1);
      if (last === undefined) return [];
      const row = (await this.#database.get('hour', last)) as StoredHourRow | undefined;
      const stored = { rows: row === undefined ? [] : [row], open: open.filter(({ key }) => key === last) };
      return listHours(device, { ...stored, floors: await revisionFloors(this.#database, device) }, this.#tools);
    });
    return rows.map(withoutNames).at(-1);
  }

  /** Of which an earlier index counted hours with more packets than this one has. */
  flooredDevices(): Promise<DeviceKey[]> {
    return flooredDevices(this.#database);
  }

  /** All that have hours, or had some. None of an index of another format. */
  async devices(): Promise<DeviceKey[]> {
    if (this.#head.schema !== EMPTY_HEAD.schema) return [];
    const devices = new Set(await this.flooredDevices());
    for (const { device } of await this.scopes()) devices.add(device);
    return [...devices];
  }

  /** Rows of the flow matrix in the window: of hours that are over, and the slices of those that are not. */
  async flows(device: DeviceKey, window: FlowWindow): Promise<StoredFlows | undefined> {
    return this.#still(device, async (place) => {
      if (place === undefined) return undefined;
      const blocks = await flowBlocks(this.#database, device, window);
      return { place, blocks, open: await this.#openHours(device) };
    });
  }

  /** Rows of the flow matrix that lost their peer because there were too many. */
  get flowsJoined(): number {
    return this.#head.flows_joined;
  }

  async setting(name: string): Promise<unknown> {
    return this.#database.get('setting', name);
  }

  async putSetting(name: string, value: unknown): Promise<void> {
    await this.#database.write([{ sublevel: 'setting', key: name, value }]);
  }

  /** Reads several values as they are at one moment: again where a slice of the device was committed between them. */
  async #still<T>(device: DeviceKey, read: (place: StoredPlace | undefined) => Promise<T>): Promise<T> {
    for (let look = 0; look < MAX_LOOKS; look++) {
      const place = await this.#device(device);
      const found = await read(place);
      const now = await this.#device(device);
      if (now?.seq === place?.seq && now?.slice === place?.slice) return found;
    }
    throw new WeirError('INDEX_DAMAGED', `${this.#directory}: the hours of ${device} change while they are read.`);
  }

  async #device(device: DeviceKey): Promise<StoredDevice | undefined> {
    return (await this.#database.get('device', deviceId(device))) as StoredDevice | undefined;
  }

  async #piece(ref: PieceRef): Promise<PackedText> {
    const content = await this.#pieces.read(ref);
    if (content !== undefined) return content;
    throw new WeirError('INDEX_DAMAGED', `${this.#directory}: piece ${ref.id} is missing.`);
  }

  /** Undefined where one is gone. */
  async #readAll(refs: readonly PieceRef[]): Promise<PackedText[] | undefined> {
    const contents: PackedText[] = [];
    for (const ref of refs) {
      const content = await this.#pieces.read(ref);
      if (content === undefined) return undefined;
      contents.push(content);
    }
    return contents;
  }

  /** Of all slices of the segment so far. */
  async #segmentValue(slice: FoldedSegment): Promise<StoredSegment> {
    const { carry: _carry, summary: _summary, scan: _scan, hour: _hour, from: _from, ...now } = slice;
    const before = await this.segment(slice.seq);
    if (before === undefined) return now;
    return {
      ...now,
      packets: before.packets + now.packets,
      first_ts: before.first_ts ?? now.first_ts,
      last_ts: now.last_ts ?? before.last_ts,
      quarantined: [...before.quarantined, ...now.quarantined],
    };
  }

  /** An hour that was over once before, ahead of a clock that was set back, is added to. */
  async #hourWrites({ device }: FoldedSegment, { closed }: GrownDevice) {
    const writes: IndexWrite[] = [];
    let joined = 0;
    for (const { hour, phase, summary } of closed) {
      const key = hourKey(device, hour, phase);
      const before = (await this.#database.get('hour', key)) as StoredHourRow | undefined;
      const made = await this.#tools.hour([summary], { device, hour, phase });
      const flows = await flowWrites(this.#database, { device, hour, phase, flows: made.flows }, (parts, most) =>
        this.#tools.addFlows(parts, most),
      );
      const row = addHourRows(before, made.row);
      writes.push(
        { sublevel: 'hour', key, value: row },
        ...(await reachedFloor(this.#database, key, row)),
        ...flows.writes,
      );
      joined += made.joined + flows.joined;
    }
    return { writes, joined };
  }

  async #openHours(device: DeviceKey): Promise<OpenHour[]> {
    const scopes = Object.keys((await this.#device(device))?.towers ?? {}).filter(isPhase);
    const hours = [];
    for (const phase of scopes) {
      const slices = (await this.#device(device))?.towers[phase]?.parts.filter(({ level }) => level === 0) ?? [];
      const hour = slices[0]?.hour;
      const parts = await this.#readAll(slices.map(({ piece }) => piece));
      // Gone between the two: the hour is over, and its row is in the index.
      if (hour !== undefined && parts !== undefined) hours.push({ hour, phase, parts });
    }
    return hours;
  }
}

function later(a: LedgerPoint | null, b: LedgerPoint | null): LedgerPoint | null {
  if (a === null || b === null) return b ?? a;
  return b.n > a.n ? b : a;
}

async function refuseIfLocked(directory: string): Promise<void> {
  try {
    await (await IndexDatabase.open(directory)).close();
  } catch (thrown) {
    if (thrown instanceof WeirError && thrown.code !== 'INDEX_DAMAGED') throw thrown;
    if (systemCode(thrown) === 'ENOENT') return;
  }
}
