// `weir export`: a bundle that stands on its own: the chosen segments with their sidecars, the ledger as far as it concerns them, a
// custody record, and a list of all files that `sha256sum -c` and `minisign -V` check without Weir. `verifyFolder` accepts it.

import { createPrivateKey } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type Clock, formatSeconds, parseSeconds, systemClock } from '../model/clock.ts';
import { systemCode, WeirError } from '../model/errors.ts';
import type { DeviceKey } from '../model/mac.ts';
import type { Phase } from '../model/phase.ts';
import { CAPTURE_SOCKET } from '../model/run-files.ts';
import { parseSegmentFile } from '../model/segment.ts';
import { printable } from '../model/text.ts';
import type { CustodyRecord } from './custody.ts';
import { hashFile } from './file-hash.ts';
import { holdSegments } from './holds.ts';
import type { ApplianceFile } from './identity.ts';
import { headPath } from './ledger-chain.ts';
import { extractLedger } from './ledger-extract.ts';
import { readLedger } from './ledger-reader.ts';
import { type LedgerSegment, LedgerState } from './ledger-state.ts';
import { publicKeyFile, signContent } from './minisign.ts';
import { readSidecar } from './recovery.ts';
import { sidecarPath } from './segment.ts';

/** Everything that is not named is taken. */
export interface ExportSelection {
  readonly devices?: readonly DeviceKey[];
  readonly phases?: readonly Phase[];
  /** Nanoseconds since 1970: segments with a packet at or after / at or before. */
  readonly from?: bigint;
  readonly to?: bigint;
}

export interface ExportOptions {
  readonly by: string;
  readonly reason: string;
  readonly version: string;
  readonly clock?: Clock;
}

const SPARE_BYTES = 64 * 1024 * 1024;

/** Makes the bundle in a folder that does not exist yet. Throws a WeirError; then the folder is gone. Signs where the key may be read. */
export async function exportBundle(
  dataDir: string,
  target: string,
  selection: ExportSelection,
  options: ExportOptions,
): Promise<CustodyRecord> {
  try {
    fs.mkdirSync(target, { mode: 0o750 });
  } catch (error) {
    const message = `${printable(target)} cannot be made (${systemCode(error) ?? String(error)}). Nothing was exported. Name a new folder.`;
    throw new WeirError('DATA_UNWRITABLE', message, { cause: error });
  }
  const folder = openOwn(target);
  const inside = `/proc/self/fd/${folder}`;
  try {
    return await fillBundle(dataDir, inside, selection, options);
  } catch (error) {
    for (const name of fs.readdirSync(inside)) fs.rmSync(path.join(inside, name), { recursive: true, force: true });
    fs.rmdirSync(target);
    throw error;
  } finally {
    fs.closeSync(folder);
  }
}

/**
 * The folder that was made a moment ago, held open. All that follows is named through it: where others may write beside it, as in
 * `exports/`, they could put a link in its place and have root write wherever that leads.
 */
function openOwn(target: string): number {
  const fd = fs.openSync(target, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
  const isOwn = fs.fstatSync(fd).uid === process.geteuid?.() && fs.readdirSync(`/proc/self/fd/${fd}`).length === 0;
  if (isOwn) return fd;
  fs.closeSync(fd);
  throw new WeirError('DATA_UNWRITABLE', `${printable(target)} was replaced by somebody else. Nothing was exported.`);
}

async function fillBundle(
  dataDir: string,
  target: string,
  selection: ExportSelection,
  options: ExportOptions,
): Promise<CustodyRecord> {
  const appliance = readAppliance(dataDir);
  // The head before the ledger: the copy of the ledger may only be ahead of it.
  fs.copyFileSync(path.join(dataDir, 'ledger.head'), path.join(target, 'ledger.head'));
  copyWholeLines(path.join(dataDir, 'ledger.ndjson'), path.join(target, 'ledger.ndjson'));
  fs.copyFileSync(path.join(dataDir, 'appliance.json'), path.join(target, 'appliance.json'));
  fs.writeFileSync(path.join(target, 'weir.pub'), publicKeyFile(appliance.public_key, appliance.id));
  const state = new LedgerState();
  const end = await readLedger(path.join(target, 'ledger.ndjson'), ({ line }) => {
    if (line !== undefined) state.apply(line);
  });
  const chosen = [...state.segments.values()].filter((segment) => isChosen(dataDir, segment, selection));
  checkRoom(target, chosen);
  const isWhole = Object.keys(selection).length === 0;
  const omitted = isWhole ? 0 : await extractLedger(path.join(target, 'ledger.ndjson'), chosen);
  await copySegments(dataDir, target, chosen);
  const clock = options.clock ?? systemClock;
  const custody: CustodyRecord = {
    schema: 'weir.custody/1',
    appliance: appliance.id,
    exported: formatSeconds(clock.wall()),
    by: printable(options.by),
    reason: printable(options.reason),
    version: options.version,
    selection: describe(selection),
    ledger: { lines: end.chain.lines, head_sha256: end.chain.head, omitted },
    files: chosen.map(({ path: name, sha256, bytes }) => ({ path: name, sha256, bytes })),
  };
  fs.writeFileSync(path.join(target, 'custody.json'), `${JSON.stringify(custody, null, 1)}\n`);
  await writeManifest(dataDir, target, chosen, custody);
  return custody;
}

function readAppliance(dataDir: string): ApplianceFile {
  try {
    return JSON.parse(fs.readFileSync(path.join(dataDir, 'appliance.json'), 'utf8')) as ApplianceFile;
  } catch (error) {
    const message = `${printable(dataDir)} holds no readable appliance.json: it is no data folder. Nothing was exported.`;
    throw new WeirError('FILE_UNREADABLE', message, { cause: error });
  }
}

/** A running capture may be in the middle of a line. */
function copyWholeLines(from: string, to: string): void {
  fs.copyFileSync(from, to);
  const size = fs.statSync(to).size;
  const fd = fs.openSync(to, 'r+');
  try {
    const last = Buffer.alloc(Math.min(size, 256 * 1024));
    fs.readSync(fd, last, 0, last.length, size - last.length);
    fs.ftruncateSync(fd, size - last.length + last.lastIndexOf(10) + 1);
  } finally {
    fs.closeSync(fd);
  }
}

function isChosen(dataDir: string, segment: LedgerSegment, selection: ExportSelection): boolean {
  if (segment.state !== 'closed') return false;
  const name = parseSegmentFile(path.basename(segment.path));
  if (selection.devices !== undefined && !selection.devices.includes(segment.device)) return false;
  if (selection.phases !== undefined && (name === undefined || !selection.phases.includes(name.phase))) return false;
  if (selection.from === undefined && selection.to === undefined) return true;
  const sidecar = readSidecar(sidecarPath(path.join(dataDir, 'captures', segment.path)))?.value;
  const first = parseSeconds(sidecar?.first_ts ?? '');
  const last = parseSeconds(sidecar?.last_ts ?? '');
  if (first === undefined || last === undefined) return true;
  return last >= (selection.from ?? last) && first <= (selection.to ?? first);
}

/** While they are copied, retention spares them. */
async function copySegments(dataDir: string, target: string, segments: readonly LedgerSegment[]): Promise<void> {
  const names = segments.map((segment) => segment.path);
  const release = await holdSegments(
    path.join(dataDir, CAPTURE_SOCKET),
    segments.map((segment) => segment.seq),
  );
  try {
    for (const name of names.flatMap((segment) => [segment, sidecarPath(segment)])) {
      const to = path.join(target, 'captures', name);
      fs.mkdirSync(path.dirname(to), { recursive: true, mode: 0o750 });
      await fs.promises.copyFile(path.join(dataDir, 'captures', name), to);
    }
  } finally {
    release();
  }
}

/** An export must not fill the disk that captures go to. */
function checkRoom(target: string, segments: readonly LedgerSegment[]): void {
  const { bavail, bsize } = fs.statfsSync(target);
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  if (bavail * bsize - bytes >= SPARE_BYTES) return;
  const message = `${bytes} bytes of segments do not fit there with ${SPARE_BYTES} to spare. Nothing was exported. Choose fewer, or another disk.`;
  throw new WeirError('DATA_FULL', message);
}

function describe(selection: ExportSelection): CustodyRecord['selection'] {
  return {
    devices: selection.devices ?? [],
    phases: selection.phases ?? [],
    from: selection.from === undefined ? null : formatSeconds(selection.from),
    to: selection.to === undefined ? null : formatSeconds(selection.to),
  };
}

async function writeManifest(
  dataDir: string,
  target: string,
  chosen: readonly LedgerSegment[],
  custody: CustodyRecord,
): Promise<void> {
  const names = [
    'appliance.json',
    'custody.json',
    path.basename(headPath('ledger.ndjson')),
    'ledger.ndjson',
    'weir.pub',
  ];
  for (const segment of chosen) names.push(`captures/${segment.path}`, `captures/${sidecarPath(segment.path)}`);
  let list = '';
  for (const name of names) list += `${await hashFile(path.join(target, name))}  ${name}\n`;
  const manifest = Buffer.from(list);
  fs.writeFileSync(path.join(target, 'SHA256SUMS'), manifest);
  const keyFile = path.join(dataDir, 'key', 'ed25519.pem');
  if (!fs.existsSync(keyFile)) return;
  const key = createPrivateKey(fs.readFileSync(keyFile));
  const comment = `appliance ${custody.appliance} exported ${custody.exported} files ${names.length}`;
  fs.writeFileSync(path.join(target, 'SHA256SUMS.minisig'), signContent(manifest, key, comment));
}
