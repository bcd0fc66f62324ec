// The scans of a data folder: `scans/<mac>/<id>.json`, written whole after each part, so that a power cut costs the current part.
// They are results, not evidence; as the ledger’s lines contain the hash of each file, a purge of the package keeps them.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { writeDurably } from '../../capture/storage/durable-file.ts';
import { readPlainFile } from '../../config/plain-file.ts';
import { systemCode, WeirError } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { type DeviceKey, deviceFolder, parseMac } from '../../model/mac.ts';
import type { PortScan } from '../../model/scan/port-scan.ts';
import { parseScan } from './scan-record.ts';

export const SCANS_FOLDER = 'scans';
/** A full scan with all ports of both protocols open is smaller. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Of one device; a scan a day for half a year. */
export const MAX_SCANS = 200;
const NAME = /^(\d{8}T\d{6}Z-[0-9a-f]{12})\.json$/;

/** SHA-256 of what was written. @throws WeirError DATA_UNWRITABLE. */
export async function writeScan(dataDir: string, scan: PortScan): Promise<string> {
  const folder = join(dataDir, SCANS_FOLDER, deviceFolder(scan.device));
  const text = `${JSON.stringify(scan, null, 1)}\n`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    await writeDurably(nodeDisk, join(folder, `${scan.id}.json`), text);
  } catch (thrown) {
    const why = systemCode(thrown) ?? String(thrown);
    const message = `${folder}: the scan cannot be kept (${why}). It waits, and goes on from its last part. Check the folder’s owner and the room that is left.`;
    throw new WeirError('DATA_UNWRITABLE', message, { cause: thrown });
  }
  return createHash('sha256').update(text).digest('hex');
}

/** Oldest first; files that are no scans, and folders that cannot be read, are passed to `problem`. */
export function readScans(dataDir: string, problem: (text: string) => void): PortScan[] {
  const top = join(dataDir, SCANS_FOLDER);
  const scans: PortScan[] = [];
  for (const device of list(top)) {
    if (parseMac(device) === undefined) continue;
    for (const name of list(join(top, device))
      .filter((one) => NAME.test(one))
      .sort()
      .slice(-MAX_SCANS)) {
      const scan = readScan(join(top, device, name));
      if (scan === undefined || deviceFolder(scan.device) !== device || `${scan.id}.json` !== name)
        problem(`${join(top, device, name)}: it is no scan of this version; it is left as it is and not shown`);
      else scans.push(scan);
    }
  }
  return scans.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Of one device, what was begun before `ms` (since 1970), and files of it that are no scans; then its folder, where nothing is left. */
export function removeScans(dataDir: string, device: DeviceKey, ms: number): void {
  const folder = join(dataDir, SCANS_FOLDER, deviceFolder(device));
  try {
    for (const name of list(folder)) {
      const begun = readScan(join(folder, name))?.begun;
      if (begun === undefined || Date.parse(begun) < ms) rmSync(join(folder, name), { force: true });
    }
    rmdirSync(folder);
  } catch (thrown) {
    expectOnly(thrown, 'removing the scans of a forgotten device', 'ENOTEMPTY', ...UNREADABLE);
  }
}

function readScan(path: string): PortScan | undefined {
  try {
    return parseScan(readPlainFile(path, MAX_FILE_BYTES, 'refused') ?? '');
  } catch {
    return undefined;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    // There are none, or the user has no right to look: no scans either way.
    expectOnly(thrown, 'listing scans', ...UNREADABLE);
    return [];
  }
}
