// The LevelDB itself: opened by one process, every value behind a checksum, one synced batch per closed segment.
// What is in it and what a mismatch means is decided by index-store.ts.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Level } from 'level';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { orElse } from '../../model/expected-error.ts';
import { HEAD_KEY, type SublevelName } from './index-keys.ts';
import { EMPTY_HEAD, type IndexHead } from './index-records.ts';
import { sealValue, unsealValue } from './index-value.ts';

export interface IndexWrite {
  readonly sublevel: SublevelName;
  readonly key: string;
  /** Plain JSON value; undefined deletes the key. */
  readonly value: unknown;
}

export interface KeyRange {
  readonly gte?: string;
  readonly lt?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** The sums lie in files next to it (piece-files.ts). LevelDB's own 8 and 4 MiB cost 5 MB of memory and save a tenth of the writes. */
const SMALL = { cacheSize: 1024 * 1024, writeBufferSize: 1024 * 1024 } as const;

export class IndexDatabase {
  readonly #level: Level<string, string>;
  /** Each is made once: the database holds on to every one that was ever made, until it is closed. */
  readonly #sublevels = new Map<SublevelName, Sublevel>();

  private constructor(level: Level<string, string>) {
    this.#level = level;
  }

  /**
   * Opens or creates. A new database is written to with a sync and reopened: cut off within seconds of its creation it
   * could not be opened again (measured; its first manifest is not synced).
   * @throws WeirError INDEX_LOCKED, INDEX_DAMAGED, DATA_UNWRITABLE, DATA_FULL.
   */
  static async open(directory: string): Promise<IndexDatabase> {
    refuseWithoutCurrent(directory);
    const database = await IndexDatabase.#openOnce(directory);
    if ((await database.head()) !== undefined) return database;
    await database.write([{ sublevel: 'meta', key: HEAD_KEY, value: EMPTY_HEAD }]);
    await database.close();
    return IndexDatabase.#openOnce(directory);
  }

  static async #openOnce(directory: string): Promise<IndexDatabase> {
    const level = new Level<string, string>(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8', ...SMALL });
    try {
      await level.open();
      return new IndexDatabase(level);
    } catch (thrown) {
      await level.close().catch(orElse(undefined, 'closing the index', /^LEVEL_/));
      throw openingError(directory, thrown);
    }
  }

  async close(): Promise<void> {
    await this.#level.close();
  }

  /** All or nothing, and on the card when it returns. @throws WeirError DATA_FULL, DATA_UNWRITABLE. */
  async write(writes: readonly IndexWrite[]): Promise<void> {
    const operations = writes.map((write) => {
      const sublevel = this.#sublevel(write.sublevel);
      return write.value === undefined
        ? { type: 'del' as const, key: write.key, sublevel }
        : { type: 'put' as const, key: write.key, value: sealValue(JSON.stringify(write.value)), sublevel };
    });
    try {
      await this.#level.batch(operations, { sync: true });
    } catch (thrown) {
      throw writingError(this.#level.location, thrown);
    }
  }

  /** Rewrites what there is, so that what was deleted is on the card no longer. @throws WeirError DATA_FULL, DATA_UNWRITABLE. */
  async compact(): Promise<void> {
    try {
      await (this.#level as Level<string, string> & Compacting).compactRange('', '\u{10ffff}');
    } catch (thrown) {
      throw writingError(this.#level.location, thrown);
    }
  }

  /** @throws WeirError INDEX_DAMAGED. */
  async get(name: SublevelName, key: string): Promise<unknown> {
    const sealed = await this.#sublevel(name).get(key);
    return sealed === undefined ? undefined : parse(sealed, `${name}/${key}`);
  }

  /** Key and value in key order. @throws WeirError INDEX_DAMAGED. */
  async *list(name: SublevelName, range: KeyRange = {}): AsyncGenerator<readonly [string, unknown]> {
    try {
      for await (const [key, sealed] of this.#sublevel(name).iterator({ ...range })) {
        yield [key, parse(sealed, `${name}/${key}`)];
      }
    } catch (thrown) {
      if (thrown instanceof WeirError) throw thrown;
      throw new WeirError('INDEX_DAMAGED', `The index cannot be read: ${causeText(thrown)}.`, { cause: thrown });
    }
  }

  async head(): Promise<IndexHead | undefined> {
    return (await this.get('meta', HEAD_KEY)) as IndexHead | undefined;
  }

  #sublevel(name: SublevelName): Sublevel {
    const known = this.#sublevels.get(name);
    if (known !== undefined) return known;
    const made = openSublevel(this.#level, name);
    this.#sublevels.set(name, made);
    return made;
  }
}

/** What `level` is on Node (classic-level); its types are those of every platform. */
interface Compacting {
  compactRange(start: string, end: string): Promise<void>;
}

type Sublevel = ReturnType<typeof openSublevel>;

function openSublevel(level: Level<string, string>, name: SublevelName) {
  return level.sublevel<string, string>(name, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
}

/** LevelDB takes a folder without CURRENT for a new one and deletes the tables in it (measured). */
function refuseWithoutCurrent(directory: string): void {
  const folder = dirname(directory);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) {
    const message = `${folder} is no folder, where the index must have one; nothing was changed. Move it away.`;
    throw new WeirError('DATA_UNWRITABLE', message);
  }
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats?.isDirectory() === false) throw new WeirError('INDEX_DAMAGED', `${directory}: this is no folder.`);
  if (stats === undefined || existsSync(join(directory, 'CURRENT'))) return;
  if (readdirSync(directory).some((name) => name.startsWith('MANIFEST'))) {
    throw new WeirError('INDEX_DAMAGED', `${directory}: the file CURRENT is missing.`);
  }
}

function parse(sealed: string, key: string): unknown {
  return JSON.parse(unsealValue(sealed, key));
}

/** LevelDB's own message is in the innermost cause. */
function causeText(thrown: unknown): string {
  const error = toError(thrown);
  return error.cause === undefined ? error.message : causeText(error.cause);
}

function openingError(directory: string, thrown: unknown): WeirError {
  const text = causeText(thrown);
  const locked = systemCode((thrown as Error).cause) === 'LEVEL_LOCKED' || /lock/i.test(text);
  if (locked) {
    return new WeirError(
      'INDEX_LOCKED',
      `${directory}: another process owns the index; nothing was started. Stop it first.`,
      { cause: thrown },
    );
  }
  return (
    diskError(directory, text, thrown) ??
    new WeirError('INDEX_DAMAGED', `${directory}: the index cannot be opened (${text}).`, { cause: thrown })
  );
}

function writingError(directory: string, thrown: unknown): WeirError {
  const text = causeText(thrown);
  return (
    diskError(directory, text, thrown) ??
    new WeirError('DATA_UNWRITABLE', `${directory}: the index cannot be written (${text}).`, { cause: thrown })
  );
}

/** LevelDB reports the system's words, not its codes (`IO error: …: No space left on device`). */
function diskError(directory: string, text: string, thrown: unknown): WeirError | undefined {
  if (/No space left|Disk quota/i.test(text)) {
    return new WeirError('DATA_FULL', `${directory}: no space left for the index; captures go on, figures wait.`, {
      cause: thrown,
    });
  }
  if (/Permission denied|Read-only|Operation not permitted/i.test(text)) {
    return new WeirError(
      'DATA_UNWRITABLE',
      `${directory}: the index may not be written (${text}). Check owner and mount.`,
      { cause: thrown },
    );
  }
  return undefined;
}
