// `weir export`: a self-contained bundle: the chosen segments with their sidecars, the ledger as far as it concerns them, a
// custody record, and a list of all files that `sha256sum -c` and `minisign -V` check without Weir. `verifyFolder` accepts it.

import { createHash, createPrivateKey } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { systemCode, toError, WeirError } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { LEDGER_FILE, volumeName } from '../../model/files/ledger-files.ts';
import { CAPTURE_SOCKET } from '../../model/files/run-files.ts';
import { type FreeFloor, floorBytes } from '../../model/free-floor.ts';
import type { DeviceKey } from '../../model/mac.ts';
import type { Phase } from '../../model/phase.ts';
import { isSegmentPath, parseSegmentFile } from '../../model/segment.ts';
import { printable } from '../../model/text.ts';
import { type Clock, formatSeconds, parseSeconds, systemClock } from '../../model/time/clock.ts';
import { holdSegments } from '../control/holds.ts';
import { hashFile } from '../evidence/file-hash.ts';
import { sidecarPath } from '../evidence/segment.ts';
import { readSidecar } from '../evidence/sidecar-file.ts';
import { openRegular, readRegular, readRegularJson, statBelow } from '../storage/regular-file.ts';
import type { CustodyRecord } from './custody.ts';
import { askToSign } from './export-signer.ts';
import { type ApplianceFile, isSignedBy } from './identity.ts';
import { type ChainState, headPath, headText, parseHead } from './ledger-chain.ts';
import { LedgerCoverage } from './ledger-coverage.ts';
import { extractLedger } from './ledger-extract.ts';
import { readLedger, type VolumeSpan } from './ledger-reader.ts';
import { type LedgerSegment, LedgerState } from './ledger-state.ts';
import { decodePublicKey, publicKeyFile, signContent } from './minisign.ts';

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
  /** What captures leave free where they lie; an export on the same disk stops at the same floor. */
  readonly floor: FreeFloor;
  readonly clock?: Clock;
  /** Called while segments are copied. */
  readonly progress?: (done: ExportDone) => void;
}

/** Bytes of segments that are copied, of those that were chosen. */
export interface ExportDone {
  readonly bytes: number;
  readonly of: number;
}

/** Bytes of the identity, the signed head and the private key, which are read whole; a larger file is not read. */
const MAX_SMALL_BYTES = 64 * 1024;
/** Bytes of one sidecar; where one is larger, the export ends and nothing is exported. */
const MAX_SIDECAR_BYTES = 1024 * 1024;
const SPARE_BYTES = 64 * 1024 * 1024;

type Copied = (bytes: number) => void;

/** Makes the bundle in a folder that does not exist yet. Throws a WeirError; then the folder is gone. Signed, or not made. */
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
  } catch (thrown) {
    for (const name of fs.readdirSync(inside)) fs.rmSync(path.join(inside, name), { recursive: true, force: true });
    fs.rmdirSync(target);
    throw inWords(thrown, dataDir);
  } finally {
    fs.closeSync(folder);
  }
}

/** What the system said of a file in the data folder, as one line with a code; our own words and faults stay as they are. */
function inWords(thrown: unknown, dataDir: string): unknown {
  const code = systemCode(thrown);
  if (thrown instanceof WeirError || code === undefined) return thrown;
  const message = `${printable(dataDir)} cannot be exported (${printable(toError(thrown).message)}). Nothing was exported. \`weir verify\` says more.`;
  return new WeirError('FILE_UNREADABLE', message, { cause: thrown });
}

/**
 * The folder that was made a moment ago, held open. All that follows is named through it: if others may write next to it, as in
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
  const end = await copyBooks(dataDir, target, appliance);
  const state = new LedgerState();
  await readLedger(path.join(target, LEDGER_FILE), ({ line }) => {
    if (line !== undefined) state.apply(line);
  });
  const chosen = [...state.segments.values()].filter((segment) => isChosen(dataDir, segment, selection));
  checkRoom(dataDir, target, chosen, options.floor);
  const isWhole = Object.keys(selection).length === 0;
  const omitted = isWhole ? 0 : await extractLedger(path.join(target, LEDGER_FILE), chosen);
  await copySegments(dataDir, target, chosen, options.progress);
  const clock = options.clock ?? systemClock;
  const custody: CustodyRecord = {
    schema: 'weir.custody/1',
    appliance: appliance.id,
    exported: formatSeconds(clock.wall()),
    by: printable(options.by),
    reason: printable(options.reason),
    version: options.version,
    selection: describe(selection),
    ledger: { lines: end.lines, head_sha256: end.head, omitted },
    files: chosen.map(({ path: name, sha256, bytes }) => ({ path: name, sha256, bytes })),
  };
  fs.writeFileSync(path.join(target, 'custody.json'), `${JSON.stringify(custody, null, 1)}\n`);
  await writeManifest(dataDir, target, chosen, custody);
  return custody;
}

function readAppliance(dataDir: string): ApplianceFile {
  const file = readRegularJson(path.join(dataDir, 'appliance.json'), MAX_SMALL_BYTES);
  if (typeof file?.['id'] === 'string' && typeof file['public_key'] === 'string') {
    return file as unknown as ApplianceFile;
  }
  const message = `${printable(dataDir)} holds no readable appliance.json: it is no data folder. Nothing was exported.`;
  throw new WeirError('FILE_UNREADABLE', message);
}

/** Identity, head, and the ledger up to the line that the head signs: what a running capture added since has no signature yet. */
async function copyBooks(dataDir: string, target: string, appliance: ApplianceFile): Promise<ChainState> {
  const key = decodePublicKey(appliance.public_key);
  const ledger = path.join(dataDir, LEDGER_FILE);
  const headBytes = readRegular(path.join(dataDir, 'ledger.head'), MAX_SMALL_BYTES);
  const head = parseHead(headBytes);
  const isSigned = (text: string, signature: unknown): boolean => key !== undefined && isSignedBy(key, text, signature);
  const signed = head !== undefined && isSigned(headText(head), head.signature) ? head : undefined;
  const coverage = new LedgerCoverage(signed, () => false);
  const { spans } = await readLedger(ledger, (checked, _text, end) => coverage.visit(checked, end));
  const { chain, bytes } = coverage.covered;
  if (!coverage.isHeadMet) {
    const message = `The ledger in ${printable(dataDir)} does not fit its signed head. Nothing was exported. \`weir verify\` says what is wrong; a start of capture goes on from what is signed.`;
    throw new WeirError('LEDGER_DAMAGED', message);
  }
  fs.writeFileSync(path.join(target, 'ledger.head'), headBytes, { flag: 'wx' });
  await copyVolumes(spans, path.join(target, LEDGER_FILE), bytes);
  fs.writeFileSync(path.join(target, 'appliance.json'), `${JSON.stringify(appliance, null, 1)}\n`, { flag: 'wx' });
  fs.writeFileSync(path.join(target, 'weir.pub'), publicKeyFile(appliance.public_key, appliance.id), { flag: 'wx' });
  return chain;
}

/** The volumes of a ledger as one new file: in an export it is small, and one file is easier to read. */
async function copyVolumes(spans: readonly VolumeSpan[], to: string, bytes: number): Promise<void> {
  const output = await fs.promises.open(to, 'wx', 0o640);
  try {
    for (const { volume, file, start, bytes: length } of spans) {
      const end = Math.min(length, bytes - start);
      // What was written when it was read may be full by now.
      const full = path.join(path.dirname(file), volumeName(volume));
      const input = await openRegular(fs.existsSync(full) ? full : file);
      try {
        const chunks = end > 0 ? input.createReadStream({ start: 0, end: end - 1, autoClose: false }) : [];
        for await (const chunk of chunks) await output.writeFile(chunk as Buffer);
      } finally {
        await input.close();
      }
    }
  } finally {
    await output.close();
  }
}

/** Copies a plain file to a new one, over no link; the SHA-256 of what was written. `bytes`: at most so many. `copied`: hears of each piece. */
async function copyRegular(from: string, to: string, bytes: number, copied: Copied): Promise<string> {
  const input = await openRegular(from);
  const output = await fs.promises.open(to, 'wx', 0o640);
  const hash = createHash('sha256');
  try {
    if (bytes === 0) return hash.digest('hex');
    const range = { start: 0, end: bytes - 1 };
    for await (const chunk of input.createReadStream({ ...range, autoClose: false, highWaterMark: 1024 * 1024 })) {
      hash.update(chunk as Buffer);
      await output.write(chunk as Buffer);
      copied((chunk as Buffer).length);
    }
    return hash.digest('hex');
  } finally {
    await output.close();
    await input.close();
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
async function copySegments(
  dataDir: string,
  target: string,
  segments: readonly LedgerSegment[],
  progress: ExportOptions['progress'] = () => undefined,
): Promise<void> {
  const of = bytesOf(segments);
  let done = 0;
  const copied: Copied = (bytes) => progress({ bytes: (done += bytes), of });
  const release = await holdSegments(
    path.join(dataDir, CAPTURE_SOCKET),
    segments.map((segment) => segment.seq),
  );
  try {
    for (const { path: name, bytes, sha256, sidecarSha256 } of segments) {
      await copyChecked(dataDir, target, name, sha256, bytes, copied);
      await copyChecked(dataDir, target, sidecarPath(name), sidecarSha256, MAX_SIDECAR_BYTES, () => undefined);
    }
  } finally {
    release();
  }
}

/** What is signed is what the ledger says: a file that is another one by now ends the export, before it could fill the disk. */
async function copyChecked(
  dataDir: string,
  target: string,
  name: string,
  sha256: string,
  mostBytes: number,
  copied: Copied,
): Promise<void> {
  const isOwn = isSegmentPath(name.replace(/\.json$/, '.pcap'));
  const stat = isOwn ? statBelow(dataDir, `captures/${name}`) : undefined;
  if (stat?.isFile() === true && stat.size <= mostBytes) {
    const to = path.join(target, 'captures', name);
    fs.mkdirSync(path.dirname(to), { recursive: true, mode: 0o750 });
    if ((await copyRegular(path.join(dataDir, 'captures', name), to, mostBytes, copied)) === sha256) return;
  }
  const message = `captures/${printable(name)} is not there as it was recorded. Nothing was exported. \`weir verify\` says more; choose devices, phases or times without it.`;
  throw new WeirError('FILE_UNREADABLE', message);
}

function bytesOf(segments: readonly LedgerSegment[]): number {
  return segments.reduce((sum, segment) => sum + segment.bytes, 0);
}

/** An export must not fill the disk that captures go to. */
function checkRoom(dataDir: string, target: string, segments: readonly LedgerSegment[], floor: FreeFloor): void {
  const { bavail, bsize, blocks } = fs.statfsSync(target);
  const bytes = bytesOf(segments);
  const isBeside = fs.statSync(target).dev === fs.statSync(dataDir).dev;
  const spare = SPARE_BYTES + (isBeside ? floorBytes(floor, blocks * bsize) : 0);
  if (bavail * bsize - bytes >= spare) return;
  const why = isBeside ? ' (what captures keep free: else retention would delete captures for it)' : '';
  const message = `${bytes} bytes of segments do not fit there with ${spare} to spare${why}. Nothing was exported. Choose fewer, or another disk.`;
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
  const names = ['appliance.json', 'custody.json', path.basename(headPath(LEDGER_FILE)), LEDGER_FILE, 'weir.pub'];
  for (const segment of chosen) names.push(`captures/${segment.path}`, `captures/${sidecarPath(segment.path)}`);
  let list = '';
  for (const name of names) list += `${await hashFile(path.join(target, name))}  ${name}\n`;
  fs.writeFileSync(path.join(target, 'SHA256SUMS'), list, { flag: 'wx' });
  fs.writeFileSync(path.join(target, 'SHA256SUMS.minisig'), await signList(dataDir, list, names.length, custody), {
    flag: 'wx',
  });
}

/** With the key where this user may read it, else by the capture that has it; unsigned, nothing leaves. */
async function signList(dataDir: string, list: string, files: number, custody: CustodyRecord): Promise<string> {
  let pem: string;
  try {
    pem = readRegular(path.join(dataDir, 'key', 'ed25519.pem'), MAX_SMALL_BYTES);
  } catch (thrown) {
    expectOnly(thrown, 'reading the key', ...UNREADABLE);
    return await askToSign(path.join(dataDir, CAPTURE_SOCKET), list, custody.by);
  }
  const comment = `appliance ${custody.appliance} exported ${custody.exported} files ${files}`;
  return signContent(Buffer.from(list), createPrivateKey(pem), comment);
}
