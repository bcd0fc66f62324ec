// How stored segments are deleted: said in the ledger, made durable, done, said again. Whatever happens in between, the next start can
// finish it. Which segments go is decided in storage.ts.

import fs from 'node:fs';
import path from 'node:path';
import { CARD, orElse } from '../../model/expected-error.ts';
import { type DeviceKey, deviceFolder } from '../../model/mac.ts';
import { parseSegmentFile } from '../../model/segment.ts';
import { hashFile } from '../evidence/file-hash.ts';
import { sidecarPath } from '../evidence/segment.ts';
import { readSidecar } from '../evidence/sidecar-file.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { EvidenceDisk } from './disk.ts';
import type { StoredFile } from './retention.ts';

interface DeletionRoom {
  readonly disk: EvidenceDisk;
  readonly ledger: Ledger;
  readonly capturesFolder: string;
}

interface Deletion {
  readonly victim: StoredFile;
  readonly absolute: string;
  readonly details: {
    readonly path: string;
    readonly sha256: string;
    readonly reason: string;
    readonly last_ts?: string;
  };
}

export class Deletions {
  readonly #room: DeletionRoom;
  readonly #gone: (victim: StoredFile) => void;

  /** `gone` hears of each file that is deleted. */
  constructor(room: DeletionRoom, gone: (victim: StoredFile) => void) {
    this.#room = room;
    this.#gone = gone;
  }

  /** One sync of the ledger announces all of them. Rejects with the system's error; what was announced goes at the next start. */
  async carryOut(victims: readonly StoredFile[], reason: string): Promise<void> {
    const { ledger } = this.#room;
    const all: Deletion[] = [];
    for (const victim of victims) all.push(await this.#describe(victim, reason));
    for (const { details } of all) ledger.append({ type: 'segment-deleting', ...details });
    await ledger.sync();
    for (const deletion of all) await this.#remove(deletion);
  }

  async #describe(victim: StoredFile, reason: string): Promise<Deletion> {
    const absolute = path.join(this.#room.capturesFolder, victim.path);
    const sidecar = readSidecar(sidecarPath(absolute))?.value;
    const sha256 = sidecar?.sha256 ?? (await hashFile(absolute));
    // The path names its first record; with the last one the ledger records permanently which period is gone.
    const last = typeof sidecar?.last_ts === 'string' ? { last_ts: sidecar.last_ts } : {};
    return { victim, absolute, details: { path: victim.path, sha256, reason, ...last } };
  }

  async #remove({ victim, absolute, details }: Deletion): Promise<void> {
    const { ledger, disk } = this.#room;
    await disk.remove(absolute);
    await disk.remove(sidecarPath(absolute)).catch(orElse(undefined, 'removing a sidecar', ...CARD));
    ledger.append({ type: 'segment-deleted', ...details });
    this.#gone(victim);
  }
}

/** What recovery put aside (recovery.ts, sidecar-file.ts). */
const PUT_ASIDE = /\.damaged(?:-\d{1,3})?$/;

/** Files of a device up to number `seq` that recovery put aside for a person to see: a device that is forgotten is in none. */
export async function removePutAside(
  disk: EvidenceDisk,
  captures: string,
  device: DeviceKey,
  seq: number,
): Promise<void> {
  const entries = await fs.promises
    .readdir(path.join(captures, deviceFolder(device)), { recursive: true, withFileTypes: true })
    .catch(orElse([], 'listing the files of a device', ...CARD));
  for (const { parentPath, name } of entries) {
    if (!PUT_ASIDE.test(name)) continue;
    const segment = name.replace(PUT_ASIDE, '').replace(/\.json$/, '.pcap');
    if ((parseSegmentFile(segment)?.seq ?? 0) > seq) continue;
    await disk.remove(path.join(parentPath, name)).catch(orElse(undefined, 'removing what was put aside', ...CARD));
  }
}

/** Of a device, from its days up to itself; those that hold something stay. */
export async function removeEmptyFolders(captures: string, device: DeviceKey): Promise<void> {
  const top = path.join(captures, deviceFolder(device));
  const entries = await fs.promises
    .readdir(top, { recursive: true, withFileTypes: true })
    .catch(orElse([], 'listing the folders of a device', ...CARD));
  const folders = entries
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  for (const folder of [top, ...folders.toSorted()].toReversed())
    await fs.promises.rmdir(folder).catch(orElse(undefined, 'removing an empty folder', 'ENOTEMPTY', ...CARD));
}
