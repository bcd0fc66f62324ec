// The index: what analysis made of every closed segment, and the sums. One batch per segment holds all that changes, so a
// power cut finds either both or neither. It can always be remade from the captures; when anything about it is odd it is
// set aside and that is what happens.

import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode, toError, WeirError } from '../model/errors.ts';
import { type DeviceKey, deviceId, parseDevice } from '../model/mac.ts';
import type { Checkpoint } from './analysis-messages.ts';
import { type HourRow, hourOfSegment, hourRow } from './hour-row.ts';
import { IndexDatabase, type IndexWrite } from './index-database.ts';
import {
  deviceRange,
  HEAD_KEY,
  hourKey,
  olderParts,
  parseTotalKey,
  partKey,
  partRange,
  segmentKey,
  type TotalScope,
  totalKey,
} from './index-keys.ts';
import {
  EMPTY_HEAD,
  type FoldedSegment,
  type IndexHead,
  type StoredCarry,
  type StoredSegment,
  type StoredTotal,
} from './index-records.ts';
import type { SummaryTools } from './summary-tools.ts';

/** Directories set aside that are kept for a look, newest first. */
const KEPT_ASIDE = 2;
const ASIDE = /^aside-\d{8}T\d{9}Z$/;

/** A folder of its own in `index/`, which is all that the appliance's user may write to (systemd/weir.tmpfiles.conf). */
export function indexDirectory(dataDir: string): string {
  return join(dataDir, 'index', 'level');
}

export interface LedgerPoint {
  readonly n: number;
  readonly previous: string;
}

/** What the ledger says about a segment that the index claims to hold. */
export interface IndexWitness {
  segment(seq: number): { readonly sha256: string | null } | undefined;
  /** `previous` of ledger line `n`; undefined when the ledger is shorter. */
  previous(n: number): string | undefined;
}

export class IndexStore {
  readonly #directory: string;
  readonly #tools: SummaryTools;
  #database: IndexDatabase;
  #head: IndexHead;

  private constructor(directory: string, tools: SummaryTools, database: IndexDatabase, head: IndexHead) {
    this.#directory = directory;
    this.#tools = tools;
    this.#database = database;
    this.#head = head;
  }

  /**
   * Opens the index below `dataDir` when it is whole and belongs to this ledger; otherwise sets it aside (`setAside` hears
   * why) and begins an empty one.
   * @throws WeirError INDEX_LOCKED, DATA_FULL, DATA_UNWRITABLE: those are not the index's fault.
   */
  static async open(
    dataDir: string,
    tools: SummaryTools,
    witness: IndexWitness,
    setAside: (reason: string) => void,
  ): Promise<IndexStore> {
    const directory = indexDirectory(dataDir);
    try {
      const database = await IndexDatabase.open(directory);
      const reason = await mismatch(database, witness).catch((thrown: unknown) => toError(thrown).message);
      if (reason === undefined)
        return new IndexStore(directory, tools, database, (await database.head()) ?? EMPTY_HEAD);
      await database.close();
      setAside(reason);
    } catch (thrown) {
      if (!(thrown instanceof WeirError) || thrown.code !== 'INDEX_DAMAGED') throw thrown;
      setAside(thrown.message);
    }
    moveAside(directory);
    return new IndexStore(directory, tools, await IndexDatabase.open(directory), EMPTY_HEAD);
  }

  /** Opens what is there to look at it, without setting anything aside. @throws WeirError INDEX_LOCKED, INDEX_DAMAGED. */
  static async inspect(dataDir: string, tools: SummaryTools, witness: IndexWitness): Promise<IndexStore> {
    const directory = indexDirectory(dataDir);
    if (!existsSync(directory)) throw new WeirError('FILE_UNREADABLE', `${directory}: there is no index yet.`);
    const database = await IndexDatabase.open(directory);
    const head = (await database.head()) ?? EMPTY_HEAD;
    const reason = await mismatch(database, { ...witness, previous: () => head.ledger?.previous });
    if (reason === undefined) return new IndexStore(directory, tools, database, head);
    await database.close();
    throw new WeirError('INDEX_DAMAGED', `${directory}: ${reason}. weir rebuild makes it anew.`);
  }

  /** Begins with an empty index; the old one is set aside. @throws WeirError INDEX_LOCKED, DATA_FULL, DATA_UNWRITABLE. */
  static async fresh(dataDir: string, tools: SummaryTools): Promise<IndexStore> {
    const directory = indexDirectory(dataDir);
    if (existsSync(directory)) {
      await refuseIfLocked(directory);
      moveAside(directory);
    }
    return new IndexStore(directory, tools, await IndexDatabase.open(directory), EMPTY_HEAD);
  }

  get segments(): number {
    return this.#head.segments;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  /** After a write failed LevelDB refuses every other one: only closing and opening helps (measured on a full disk). */
  async reopen(): Promise<void> {
    await this.#database.close().catch(() => undefined);
    this.#database = await IndexDatabase.open(this.#directory);
    this.#head = (await this.#database.head()) ?? EMPTY_HEAD;
  }

  /** One synced batch: the segment, its carry, its hour and its sums. A segment that stands here already changes nothing. */
  async commit(segment: FoldedSegment, ledger: LedgerPoint | null): Promise<void> {
    const key = segmentKey(segment.seq);
    if ((await this.#database.get('segment', key)) !== undefined) return;
    const { carry, summary: _summary, ...stored } = segment;
    const head: IndexHead = {
      schema: EMPTY_HEAD.schema,
      segments: this.#head.segments + 1,
      ledger: later(this.#head.ledger, ledger),
    };
    const kept: StoredCarry = { seq: segment.seq, carry };
    const writes: IndexWrite[] = [
      { sublevel: 'segment', key, value: stored },
      { sublevel: 'carry', key: deviceId(segment.device), value: kept },
      await this.#totalWrite(segment, segment.phase),
      await this.#totalWrite(segment, 'all'),
      ...(await this.#hourWrites(segment)),
      { sublevel: 'meta', key: HEAD_KEY, value: head },
    ];
    await this.#database.write(writes);
    this.#head = head;
  }

  async checkpoints(): Promise<Checkpoint[]> {
    const checkpoints: Checkpoint[] = [];
    for await (const [key, value] of this.#database.list('carry')) {
      const device = parseDevice(key);
      const { seq, carry } = value as StoredCarry;
      if (device !== undefined) checkpoints.push({ device, seq, carry: carry === '' ? null : carry });
    }
    return checkpoints;
  }

  async segment(seq: number): Promise<StoredSegment | undefined> {
    return (await this.#database.get('segment', segmentKey(seq))) as StoredSegment | undefined;
  }

  /** The sum of a device's closed segments; undefined while there is none. */
  async total(device: DeviceKey, scope: TotalScope): Promise<StoredTotal | undefined> {
    return (await this.#database.get('total', totalKey(device, scope))) as StoredTotal | undefined;
  }

  /** Every device and scope that has a sum, in key order. */
  async scopes(): Promise<{ readonly device: DeviceKey; readonly scope: TotalScope }[]> {
    const scopes = [];
    for await (const [key] of this.#database.list('total')) scopes.push(parseTotalKey(key));
    return scopes.filter((scope) => scope !== undefined);
  }

  async hours(device: DeviceKey): Promise<HourRow[]> {
    const rows: HourRow[] = [];
    for await (const [, value] of this.#database.list('hour', deviceRange(device))) rows.push(value as HourRow);
    return rows;
  }

  /** The newest hour of a device. */
  async lastHour(device: DeviceKey): Promise<HourRow | undefined> {
    const newest = { ...deviceRange(device), reverse: true, limit: 1 };
    for await (const [, value] of this.#database.list('hour', newest)) return value as HourRow;
    return undefined;
  }

  async setting(name: string): Promise<unknown> {
    return this.#database.get('setting', name);
  }

  async putSetting(name: string, value: unknown): Promise<void> {
    await this.#database.write([{ sublevel: 'setting', key: name, value }]);
  }

  async #totalWrite(segment: FoldedSegment, scope: TotalScope): Promise<IndexWrite> {
    const known = await this.total(segment.device, scope);
    const value: StoredTotal = {
      segments: (known?.segments ?? 0) + 1,
      last_seq: segment.seq,
      summary: await this.#tools.merge([known?.summary ?? '', segment.summary]),
    };
    return { sublevel: 'total', key: totalKey(segment.device, scope), value };
  }

  /** The hour anew from the sum of its segments so far; sums of earlier hours are not needed any more. */
  async #hourWrites(segment: FoldedSegment): Promise<IndexWrite[]> {
    const { device, path, phase, bytes, seq, summary } = segment;
    const hour = hourOfSegment(path);
    const parts: string[] = [];
    const writes: IndexWrite[] = [];
    for await (const [key, part] of this.#database.list('part', partRange(device, hour, phase))) {
      parts.push(String(part));
      writes.push({ sublevel: 'part', key, value: undefined });
    }
    const sum = await this.#tools.merge([...parts, summary]);
    const document = await this.#tools.document([sum], { device, path, bytes });
    writes.push(
      { sublevel: 'hour', key: hourKey(device, hour, phase), value: hourRow(document, hour, phase, true) },
      { sublevel: 'part', key: partKey(device, hour, phase, seq), value: sum },
    );
    for await (const [key] of this.#database.list('part', olderParts(device, hour))) {
      writes.push({ sublevel: 'part', key, value: undefined });
    }
    return writes;
  }
}

function later(a: LedgerPoint | null, b: LedgerPoint | null): LedgerPoint | null {
  if (a === null || b === null) return b ?? a;
  return b.n > a.n ? b : a;
}

/** Why the index is not to be believed; undefined when it is. Reads every value once, so damage shows here. */
async function mismatch(database: IndexDatabase, witness: IndexWitness): Promise<string | undefined> {
  const head = await database.head();
  if (head === undefined || head.schema !== EMPTY_HEAD.schema) return 'the index has no head or another layout';
  let count = 0;
  for await (const [, value] of database.list('segment')) {
    const { seq, sha256 } = value as StoredSegment;
    const known = witness.segment(seq);
    if (known === undefined || known.sha256 !== sha256) return `segment ${seq} is not the one the ledger names`;
    count++;
  }
  if (count !== head.segments) return `the index holds ${count} segments and should hold ${head.segments}`;
  for (const name of ['part', 'carry', 'total', 'hour', 'setting'] as const) for await (const _ of database.list(name));
  const point = head.ledger;
  return point === null || witness.previous(point.n) === point.previous
    ? undefined
    : `line ${point.n} of the ledger is not the one the index knew`;
}

/** Keeps the last two for a look; the captures are the evidence, this never was. */
function moveAside(directory: string): void {
  const folder = dirname(directory);
  const stamp = new Date().toISOString().replaceAll(/[-:.]/g, '');
  renameSync(directory, join(folder, `aside-${stamp}`));
  const aside = readdirSync(folder)
    .filter((name) => ASIDE.test(name))
    .sort()
    .reverse();
  for (const name of aside.slice(KEPT_ASIDE)) rmSync(join(folder, name), { recursive: true, force: true });
}

async function refuseIfLocked(directory: string): Promise<void> {
  try {
    await (await IndexDatabase.open(directory)).close();
  } catch (thrown) {
    if (thrown instanceof WeirError && thrown.code !== 'INDEX_DAMAGED') throw thrown;
    if (systemCode(thrown) === 'ENOENT') return;
  }
}
