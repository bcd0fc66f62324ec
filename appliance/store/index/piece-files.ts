// The large values of the index, a file each: sums and carries. LevelDB would write each of them four times before it is
// rewritten (log, table, compactions; measured 3.5 to 4.0); a file is written once. The database names the pieces it needs
// with length and CRC-32, after they are on the card; what it does not name is removed at the next start.

import { closeSync, fsyncSync, openSync } from 'node:fs';
import { mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { CARD, orElse } from '../../model/expected-error.ts';

export interface PieceRef {
  readonly id: number;
  readonly bytes: number;
  /** ISO 3309, as in zlib. */
  readonly crc: number;
}

export interface FreshPiece {
  readonly ref: PieceRef;
  readonly content: Uint8Array;
}

const NAME = /^\d{1,15}$/;

export function pieceRef(id: number, content: Uint8Array): PieceRef {
  return { id, bytes: content.length, crc: crc32(content) };
}

export class PieceFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder where it is missing, and removes what nobody names. @throws WeirError DATA_FULL, DATA_UNWRITABLE. */
  async prepare(named: ReadonlySet<number>): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      const names = await readdir(this.#folder);
      await this.remove(names.filter((name) => NAME.test(name) && !named.has(Number(name))).map(Number));
    } catch (thrown) {
      throw pieceError(this.#folder, thrown);
    }
  }

  /** All are on the card when it returns; after a failure none of them is there. @throws WeirError DATA_FULL, DATA_UNWRITABLE. */
  async write(pieces: readonly FreshPiece[]): Promise<void> {
    if (pieces.length === 0) return;
    try {
      for (const { ref, content } of pieces) await this.#writeOne(ref.id, content);
      syncFolder(this.#folder);
    } catch (thrown) {
      await this.remove(pieces.map(({ ref }) => ref.id));
      throw pieceError(this.#folder, thrown);
    }
  }

  /** Undefined where there is no such file. @throws WeirError INDEX_DAMAGED where it is not what was written. */
  async read(ref: PieceRef): Promise<Uint8Array | undefined> {
    const content = await readFile(this.#path(ref.id)).catch((thrown: unknown) => {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw new WeirError('INDEX_DAMAGED', `${this.#path(ref.id)} cannot be read (${toError(thrown).message}).`);
    });
    if (content === undefined) return undefined;
    if (content.length === ref.bytes && crc32(content) === ref.crc) return content;
    throw new WeirError('INDEX_DAMAGED', `The index holds a damaged piece: ${this.#path(ref.id)}.`);
  }

  /** What is left of them goes at the next start. */
  async remove(ids: readonly number[]): Promise<void> {
    for (const id of ids)
      await unlink(this.#path(id)).catch(orElse(undefined, 'removing a piece of the index', ...CARD));
  }

  async #writeOne(id: number, content: Uint8Array): Promise<void> {
    const file = await open(this.#path(id), 'w', 0o640);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  #path(id: number): string {
    return join(this.#folder, String(id));
  }
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function pieceError(folder: string, thrown: unknown): WeirError {
  const full = systemCode(thrown) === 'ENOSPC' || systemCode(thrown) === 'EDQUOT';
  const text = full
    ? `${folder}: no space left for the index; captures go on, figures wait.`
    : `${folder}: the index may not be written (${toError(thrown).message}). Check owner and mount.`;
  return new WeirError(full ? 'DATA_FULL' : 'DATA_UNWRITABLE', text, { cause: thrown });
}
