// `weir capture`: the process that holds the packet socket and writes the evidence. Read startCapture top to bottom for the
// order of things; recorder.ts is what runs afterwards. Imports nothing of LevelDB, cron or HTTP (DESIGN §3).

import { sign } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CaptureSettings } from '../model/capture-settings.ts';
import type { CaptureStatus } from '../model/capture-status.ts';
import { systemCode, toError, WeirError } from '../model/errors.ts';
import { expectOnly, reportUnexpectedTo, UNREADABLE } from '../model/expected-error.ts';
import { LEDGER_FILE } from '../model/files/ledger-files.ts';
import { CAPTURE_SOCKET, OWNER_SOCKET, RUN_FOLDER } from '../model/files/run-files.ts';
import { CRASH_REASON, crashReachSeconds, STOP_REASON } from '../model/ledger.ts';
import { printable } from '../model/text.ts';
import { type Clock, parseSeconds, systemClock } from '../model/time/clock.ts';
import { type Boot, countBoot, kernelBootId } from './clock/boot.ts';
import { CarrierWatch, readCarrier } from './control/carrier-watch.ts';
import { ControlSocket } from './control/control.ts';
import { Holds } from './control/holds.ts';
import { type Lock, takeLock } from './control/lock.ts';
import { PacketDesk } from './control/packet-desk.ts';
import { captureStatus } from './control/status.ts';
import { makeEngine } from './engines/engines.ts';
import { infraAddresses, type RecorderFacts } from './evidence/infra-addresses.ts';
import { isNumberLikely, recover } from './evidence/recovery.ts';
import type { SegmentFacts } from './evidence/segment-services.ts';
import { ExportSigner } from './ledger/export-signer.ts';
import { type Identity, loadIdentity } from './ledger/identity.ts';
import { Ledger, VOLUME_BYTES } from './ledger/ledger.ts';
import { checkAtStart, type StartBooks } from './ledger/start-check.ts';
import { Recorder } from './recorder.ts';
import { ballastPath } from './storage/ballast.ts';
import { type EvidenceDisk, nodeDisk } from './storage/disk.ts';
import { type FoundFile, scanCaptures } from './storage/folder-scan.ts';
import { makeFolder } from './storage/make-folder.ts';
import { claimRunFolder, emptyRunFolder, LOCK_NAME } from './storage/run-folder.ts';
import { Storage } from './storage/storage.ts';

/** What tests put in place of the machine. */
export interface CaptureSurroundings {
  readonly clock: Clock;
  readonly disk: EvidenceDisk;
  /** Lines for the operator: standard error, or the journal. */
  readonly say: (line: string) => void;
  /** Kernel boot id. */
  readonly bootId: string;
  readonly makeEngine: typeof makeEngine;
  /** Of the ledger, at which the next volume begins. */
  readonly volumeBytes: number;
}

/** A capture that runs in this process. */
export interface RunningCapture {
  readonly recorder: Recorder;
  readonly applianceId: string;
  status(): CaptureStatus;
  /** Resolves with the reason when the engine ended by itself (a replay). */
  readonly ended: Promise<string>;
  /** Loses nothing; frees the data folder. Once: later calls wait for the first. */
  stop(reason: string): Promise<void>;
}

/** The machine as it is. */
export function realSurroundings(): CaptureSurroundings {
  const say = (line: string): void => void process.stderr.write(`weir capture: ${line}\n`);
  return { clock: systemClock, disk: nodeDisk, say, bootId: kernelBootId(), makeEngine, volumeBytes: VOLUME_BYTES };
}

/** Runs until SIGINT, SIGTERM or the end of a replayed file. Rejects with a WeirError where capture cannot go on. */
export async function runCapture(settings: CaptureSettings): Promise<void> {
  const surroundings = realSurroundings();
  reportUnexpectedTo(surroundings.say);
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
  const capture = await startCapture(settings, surroundings);
  const { interface: name, engine, dataDir } = settings;
  // One that waits has said for what, and says when it has come.
  if (capture.status().state !== 'waiting') {
    surroundings.say(`capturing ${engine === 'file' ? settings.file : name} with ${engine} into ${dataDir}`);
  }
  const reason = await Promise.race([asked, capture.ended]);
  await capture.stop(reason);
  const { captured, written } = capture.recorder.counters();
  surroundings.say(`stopped (${reason}): ${captured} frames captured, ${written} written`);
}

/** Everything up to the first packet. Throws a WeirError; then the data folder is free again. */
export async function startCapture(
  settings: CaptureSettings,
  surroundings: CaptureSurroundings = realSurroundings(),
): Promise<RunningCapture> {
  const folders = prepareFolders(settings.dataDir);
  const lock = takeLock(path.join(folders.run, LOCK_NAME));
  try {
    emptyRunFolder(folders.run);
    return await startLocked(settings, surroundings, folders, lock);
  } catch (error) {
    lock.release();
    throw error instanceof WeirError ? error : unwritable(settings.dataDir, error);
  }
}

interface Folders {
  readonly data: string;
  readonly captures: string;
  readonly run: string;
}

function prepareFolders(dataDir: string): Folders {
  const folders = { data: dataDir, captures: path.join(dataDir, 'captures'), run: path.join(dataDir, RUN_FOLDER) };
  try {
    for (const folder of [folders.data, folders.captures]) makeFolder(folder, 0o750);
    claimRunFolder(folders.run);
    tryWriting(folders);
  } catch (error) {
    throw unwritable(dataDir, error);
  }
  return folders;
}

/** On a full disk the ballast of the last run makes room to start in; retention goes on from there. */
function tryWriting(folders: Folders): void {
  const probe = path.join(folders.run, `.writable-${process.pid}`);
  try {
    write(probe);
  } catch (error) {
    const full = systemCode(error) === 'ENOSPC' || systemCode(error) === 'EDQUOT';
    if (!full || !fs.existsSync(ballastPath(folders.data))) throw error;
    fs.rmSync(ballastPath(folders.data));
    write(probe);
  }
  // Another start may have emptied the folder meanwhile.
  fs.rmSync(probe, { force: true });
}

function write(probe: string): void {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const fd = fs.openSync(probe, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    fs.writeSync(fd, 'x');
  } finally {
    fs.closeSync(fd);
  }
}

function unwritable(dataDir: string, error: unknown): WeirError {
  const code = systemCode(error);
  const what = `The data folder ${dataDir}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `${what} is full (${code}). Nothing is captured. Free space there, or set data.dir to another disk.`;
    return new WeirError('DATA_FULL', message, { cause: error });
  }
  const file = (toError(error) as NodeJS.ErrnoException).path;
  const where = file === undefined ? '' : ` at ${printable(file)}`;
  const message = `${what} cannot be written (${code ?? String(error)}${where}). Nothing is captured. Check its owner and its disk.`;
  return new WeirError('DATA_UNWRITABLE', message, { cause: error });
}

async function startLocked(
  settings: CaptureSettings,
  surroundings: CaptureSurroundings,
  folders: Folders,
  lock: Lock,
): Promise<RunningCapture> {
  const books = await openBooks(surroundings, folders);
  const { recorder, storage } = joinParts(settings, surroundings, folders, books);
  const applianceId = books.identity.file.id;
  const status = (): CaptureStatus => captureStatus(recorder, applianceId, storage.now());
  const desk = new PacketDesk(folders.captures, books.ledger, surroundings.clock);
  const control = new ControlSocket(
    path.join(folders.data, CAPTURE_SOCKET),
    (request, client) => {
      if (request.verb === 'status') return status();
      if (request.verb === 'packet') return desk.ask(request);
      if (request.verb === 'hold') return { held: books.holds.add(client, request.segments) };
      if (request.verb === 'sign-part') return books.signer.take(client, request.text);
      if (request.verb === 'sign') return books.signer.sign(client, request.by);
      if (request.verb === 'forget') throw notHere();
      return recorder.carryOut(request);
    },
    (client) => {
      books.holds.release(client);
      books.signer.release(client);
    },
  );
  const owner = new ControlSocket(
    path.join(folders.data, OWNER_SOCKET),
    (request) => {
      if (request.verb !== 'forget') throw notHere();
      return recorder.carryOut(request);
    },
    undefined,
    0o600,
  );
  const carrier = new CarrierWatch(
    () => (settings.engine === 'file' ? undefined : readCarrier(path.basename(settings.interface))),
    surroundings.clock,
    (gap) => recorder.onGap(gap),
  );
  // The ledger ends last: it hears of everything.
  const ends = [() => owner.stop(), () => control.stop(), () => storage.stop(), () => books.ledger.stop()];
  try {
    const missed = await recoverLastRun(recorder, books, surroundings);
    await storage.start();
    await control.start();
    await owner.start();
    await recorder.start(missed);
    carrier.start();
  } catch (error) {
    await takeAll(ends).catch(() => undefined);
    throw error;
  }
  const stop = (reason: string): Promise<void> =>
    takeAll([() => carrier.stop(), () => recorder.stop(reason), ...ends, () => lock.release()]).catch(
      (error: unknown) => {
        throw unstored(folders.data, error);
      },
    );
  let stopped: Promise<void> | null = null;
  const stopOnce = (reason: string): Promise<void> => (stopped ??= stop(reason));
  return { recorder, applianceId, status, ended: recorder.ended, stop: stopOnce };
}

function notHere(): WeirError {
  const message = `Refused: this is not asked for on this socket. To forget a device is for root on the machine itself: weir forget. Nothing was changed.`;
  return new WeirError('REQUEST_INVALID', message);
}

/** Who we are, what was before, and the ledger open behind its last covered line. */
interface Books extends StartBooks {
  readonly identity: Identity;
  /** The captures folder before anything is changed in it. */
  readonly found: readonly FoundFile[];
  /** The highest segment number that the ledger names. */
  readonly knownSeq: number;
  /** The highest one there is, whichever the ledger knows. */
  readonly lastSequence: number;
  readonly boot: Boot;
  readonly ledger: Ledger;
  /** What is being copied. */
  readonly holds: Holds;
  readonly signer: ExportSigner;
}

async function openBooks({ clock, disk, bootId, volumeBytes }: CaptureSurroundings, folders: Folders): Promise<Books> {
  const identity = await loadIdentity(disk, folders.data, null, clock);
  const checked = await checkAtStart(folders.data, identity);
  const { state, start } = checked;
  const knownSeq = state.highestSeq;
  const found = await scanCaptures(folders.captures);
  const lastSequence = Math.max(knownSeq, highestOf(found, knownSeq));
  const boot = await countBoot(disk, path.join(folders.data, 'boot.json'), bootId, state.highestBoot);
  const signText = (text: string): string => sign(null, Buffer.from(text), identity.privateKey).toString('base64');
  const ledger = new Ledger(disk, path.join(folders.data, LEDGER_FILE), clock, boot.boot, signText, start, volumeBytes);
  await ledger.start();
  const signer = new ExportSigner(ledger, clock, identity.privateKey, identity.file.id);
  return { ...checked, identity, found, knownSeq, lastSequence, boot, ledger, holds: new Holds(), signer };
}

function joinParts(
  settings: CaptureSettings,
  { clock, disk, say, makeEngine }: CaptureSurroundings,
  folders: Folders,
  { identity, state, lastSequence, boot, ledger, holds }: Books,
): { recorder: Recorder; storage: Storage } {
  const engine = makeEngine(settings, folders.run, clock);
  const findAddress = (): string | undefined => interfaceAddress(settings);
  const shared = { settings, clock, disk, ledger, say, lastSequence, capturesFolder: folders.captures };
  const storage = new Storage({
    ...shared,
    acquaintances: state.acquaintances,
    isHeld: (seq) => holds.has(seq),
    openBytes: () => recorder.openBytes,
    block: (reason) => recorder.storage.set(reason),
    forgotten: state.forgotten,
    isClockRight: () => recorder.clockState().synced === 'yes',
  });
  const recorder: Recorder = new Recorder({
    ...shared,
    boot,
    key: identity.fingerprint,
    state,
    engine,
    facts: segmentFacts(settings, identity, engine.timestamps, findAddress()),
    diskFailed: (reason) => storage.diskFailed(reason),
    inodesGone: () => storage.inodesGone,
    segmentClosed: (device, name, bytes) => storage.segmentClosed(device, name, bytes),
    interfaceAddress: findAddress,
    forgotten: () => storage.forget(),
  });
  return { recorder, storage };
}

/** Takes every step, whatever the ones before met; then rejects with the first error. */
async function takeAll(steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw toError(errors[0]);
}

function unstored(dataDir: string, error: unknown): WeirError {
  const code = systemCode(error) ?? String(error);
  const message = `The end of this run could not be stored in ${dataDir} (${code}). Capture has ended; the next start recovers what is there.`;
  return new WeirError('DATA_UNWRITABLE', message, { cause: error });
}

function highestOf(found: readonly FoundFile[], knownSeq: number): number {
  const likely = found.filter(({ seq }) => isNumberLikely(seq, knownSeq));
  return likely.reduce((highest, { seq }) => Math.max(highest, seq), 0);
}

/** Closes what the last run left; the interval that it could not cover, or null on a first start. */
async function recoverLastRun(
  recorder: Recorder,
  { start, tornBytes, findings, takenOver, found, knownSeq }: Books,
  surroundings: CaptureSurroundings,
): Promise<{ from: bigint; reason: string } | null> {
  const { ledger, state, disk, capturesFolder, facts } = recorder.parts;
  const { coveredTs, covering, stopped, paused } = state;
  for (const finding of findings) {
    ledger.append({ type: 'finding', ...finding });
    surroundings.say(`${finding.code}: ${finding.detail}; capture goes on; \`weir verify\` reports it from now on`);
  }
  if (takenOver !== null) surroundings.say(takenOver);
  if (tornBytes > 0) {
    const reason = 'torn last line';
    const path = LEDGER_FILE;
    ledger.append({ type: 'recovered', path, kept_bytes: start.wholeBytes, removed_bytes: tornBytes, reason });
  }
  const report = await recover({
    disk,
    capturesFolder,
    found,
    ledger,
    state,
    facts,
    clockState: () => recorder.clockState(),
    crashed: !stopped,
    knownSeq,
  });
  if (report.closed + report.removed + report.findings > 0) {
    const { closed, removed, findings } = report;
    surroundings.say(
      `recovered the last run: ${closed} segments closed, ${removed} files removed, ${findings} findings`,
    );
  }
  const from = coveredTs === null ? undefined : parseSeconds(coveredTs);
  if (from === undefined) return null;
  if (stopped) return { from, reason: STOP_REASON };
  const newest = covering && report.newestNs !== null && report.newestNs > from ? report.newestNs : from;
  const reason = `${CRASH_REASON}${paused === null ? '' : ` (${paused.reason})`}`;
  const { syncSecondsIdle, syncSecondsIntensive } = recorder.parts.settings;
  const reach = crashReachSeconds(syncSecondsIdle, syncSecondsIntensive);
  return { from: newest - BigInt(reach) * 1_000_000_000n, reason };
}

function segmentFacts(
  settings: CaptureSettings,
  identity: Identity,
  timestamps: SegmentFacts['timestamps'],
  own: string | undefined,
): RecorderFacts {
  return {
    appliance: identity.file.id,
    filter: settings.filter,
    engine: settings.engine,
    timestamps,
    infra: infraAddresses([own, ...settings.infra]),
    version: settings.version,
    config_sha256: settings.configSha256,
  };
}

/** The capture interface's own address; undefined where it does not exist (yet) or has none. */
function interfaceAddress({ engine, interface: name }: CaptureSettings): string | undefined {
  if (engine === 'file') return undefined;
  const listed = os.networkInterfaces()[name]?.[0]?.mac;
  if (listed !== undefined) return listed;
  try {
    return fs.readFileSync(path.join('/sys/class/net', path.basename(name), 'address'), 'utf8').trim();
  } catch (thrown) {
    expectOnly(thrown, "reading the interface's address", ...UNREADABLE);
    return undefined;
  }
}
