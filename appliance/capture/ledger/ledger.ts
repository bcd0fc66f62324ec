// The writer of `ledger.ndjson`: numbers and chains lines in memory at once, writes them in order behind, never tears one.
// A disk error delays lines; it does not lose or reorder them. Read by the appliance, ledger-reader.ts and verify.ts. What is full is
// ended by a seal, made durable and renamed (model/files/ledger-files.ts); the next volume begins with what all lines before add up to.

import path from 'node:path';
import { CARD, orElse } from '../../model/expected-error.ts';
import { volumeName } from '../../model/files/ledger-files.ts';
import type { LedgerEvent, LedgerHead } from '../../model/ledger.ts';
import { type Clock, formatSeconds } from '../../model/time/clock.ts';
import { type EvidenceDisk, type EvidenceFile, writeAll } from '../storage/disk.ts';
import { type ChainState, chainHash, formatHead, formatLine, headPath, headText } from './ledger-chain.ts';
import type { LedgerState } from './ledger-state.ts';
import { volumeEvents } from './volume-state.ts';

/** Signs with the appliance's key; base64 of the raw Ed25519 signature. */
export type Sign = (text: string) => string;

export interface LedgerStart {
  /** Covered by a signature up to here: the next head and seal sign all of it. */
  readonly chain: ChainState;
  /** Number of the volume that is written, and its bytes so far. */
  readonly volume: number;
  readonly wholeBytes: number;
  /** Of the volume before it. */
  readonly bytesBefore: number;
  /** Of all lines so far; each further one is applied to it. */
  readonly state: LedgerState;
  /** Lines that are known to be on the card. */
  readonly durable: number;
}

/** A volume that has grown to this is ended: what a start reads. */
export const VOLUME_BYTES = 64 * 1024 * 1024;

/** Lines that wait for the disk, all of one volume. */
interface Waiting {
  readonly lines: string[];
  /** The chain behind them. */
  chain: ChainState;
  /** The number of the volume that they begin, until its file is there. */
  begins: number | null;
}

export class Ledger {
  readonly #disk: EvidenceDisk;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #boot: number;
  readonly #sign: Sign;
  #chain: ChainState;
  #size: number;
  #file: EvidenceFile | null = null;
  #headFile: EvidenceFile | null = null;
  #waiting: Waiting[] = [];
  /** The volume that new lines belong to, and its bytes with those that wait. */
  #volume: number;
  #volumeBytes: number;
  #bytesBefore: number;
  readonly #mostBytes: number;
  readonly #state: LedgerState;
  /** Syncs that go on; the file of a full volume is closed behind them. */
  #syncing: Promise<unknown> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  #unsynced = false;
  /** There are lines after the last seal. */
  #unsealed = false;
  /** The chain as far as the file has it, and how many of its lines are on the card. */
  #written: ChainState;
  #durable: number;
  /** A sync of this run failed. */
  #isInDoubt = false;
  /** A volume got its number, and the folder was not synced since. */
  #isRenamed = false;

  constructor(
    disk: EvidenceDisk,
    path: string,
    clock: Clock,
    boot: number,
    sign: Sign,
    start: LedgerStart,
    mostBytes = VOLUME_BYTES,
  ) {
    this.#disk = disk;
    this.#path = path;
    this.#clock = clock;
    this.#boot = boot;
    this.#sign = sign;
    this.#chain = start.chain;
    this.#size = start.wholeBytes;
    this.#volume = start.volume;
    this.#volumeBytes = start.wholeBytes;
    this.#bytesBefore = start.bytesBefore;
    this.#mostBytes = mostBytes;
    this.#state = start.state;
    this.#written = start.chain;
    this.#durable = start.durable;
  }

  /**
   * Opens the file and cuts off what is torn. The head is signed again with the first lines, not before: anything it contradicts
   * has to be in the ledger by then. Throws the system's error.
   */
  async start(): Promise<void> {
    this.#file = await this.#disk.open(this.#path);
    await this.#file.truncate(this.#size);
    this.#headFile = await this.#disk.open(headPath(this.#path));
  }

  /** Lines so far and the chain's hash after the last, written or still waiting. */
  get chain(): ChainState {
    return this.#chain;
  }

  /** Lines that the disk has not taken yet. */
  get waiting(): number {
    return this.#waiting.reduce((sum, { lines }) => sum + lines.length, 0);
  }

  /** Adds a line; the hash that the next line will carry. Never throws: the write follows. */
  append(event: LedgerEvent): string {
    this.#makePlace();
    this.#add(event);
    this.flush().catch(() => undefined);
    return this.#chain.head;
  }

  #makePlace(): void {
    // Empty though it is not the first: the run before ended before it could begin it.
    if (this.#volumeBytes === 0 && this.#volume > 1) this.#beginVolume();
    else if (this.#volumeBytes >= this.#mostBytes) this.#turnVolume();
  }

  /** The next line belongs to another file. */
  #turnVolume(): void {
    if (this.#unsealed) this.#addSeal();
    this.#volume++;
    this.#bytesBefore = this.#volumeBytes;
    this.#volumeBytes = 0;
    this.#waiting.push({ lines: [], chain: this.#chain, begins: this.#volume });
    this.#beginVolume();
  }

  #beginVolume(): void {
    for (const event of volumeEvents(this.#volume, this.#bytesBefore, this.#state)) this.#add(event);
    this.#addSeal();
  }

  #addSeal(): void {
    this.#add({ type: 'seal', signature: this.#sign(this.#chain.head) });
  }

  #add(event: LedgerEvent): void {
    const head: LedgerHead = {
      n: this.#chain.lines + 1,
      previous: this.#chain.head,
      ts: formatSeconds(this.#clock.wall()),
      boot: this.#boot,
      monotonic_ns: this.#clock.monotonic().toString(),
    };
    const line = formatLine(head, event);
    this.#chain = { lines: head.n, head: chainHash(head.previous, line) };
    this.#state.apply({ ...head, ...event });
    this.#unsealed = event.type !== 'seal';
    this.#volumeBytes += Buffer.byteLength(line) + 1;
    const last = this.#waiting.at(-1);
    if (last === undefined) return void this.#waiting.push({ lines: [line], chain: this.#chain, begins: null });
    last.lines.push(line);
    last.chain = this.#chain;
  }

  /** Signs the chain up to here in the ledger itself. */
  seal(): void {
    this.#makePlace();
    this.#addSeal();
    this.flush().catch(() => undefined);
  }

  /** Writes what waits. Rejects with the system's error; the lines stay and the next call tries again. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#writePending());
    return this.#writing;
  }

  /** Seals and writes what waits and makes it durable, the head behind it. */
  async sync(): Promise<void> {
    if (this.#unsealed) this.seal();
    await this.flush();
    // Somebody else's sync may be under way with these lines.
    if (!this.#unsynced) await this.#syncing;
    if (!this.#unsynced || this.#file === null) return;
    this.#unsynced = false;
    const { lines } = this.#written;
    try {
      await this.#syncFile(this.#file);
      if (this.#isRenamed) await this.#disk.syncFolder(path.dirname(this.#path));
      this.#isRenamed = false;
    } catch (error) {
      // The next call has to sync as well, though no line may have come. The kernel forgets which pages it could not write, so
      // that a later success says nothing of them: of this run's lines none is said to be on the card any more.
      this.#unsynced = true;
      this.#isInDoubt = true;
      throw error;
    }
    if (!this.#isInDoubt) this.#durable = Math.max(this.#durable, lines);
    await this.#syncHead();
  }

  #syncFile(file: EvidenceFile): Promise<void> {
    const done = file.sync();
    this.#syncing = Promise.allSettled([this.#syncing, done]);
    return done;
  }

  /** Best effort, as all of the head: the seals in the ledger say the same. */
  #syncHead(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#writeHead());
    return this.#writing
      .then(() => this.#headFile?.sync())
      .catch(orElse(undefined, "syncing the ledger's head", ...CARD, 'EBADF'));
  }

  async stop(): Promise<void> {
    try {
      await this.sync();
    } finally {
      const file = this.#file;
      this.#file = null;
      await this.#syncing;
      await file?.close();
      await this.#headFile?.close();
      this.#headFile = null;
    }
  }

  async #writePending(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined && this.#file !== null; next = this.#waiting[0]) {
      if (next.begins !== null) await this.#openVolume(next.begins);
      next.begins = null;
      await this.#writeLines(next);
      if (next.lines.length === 0 && this.#waiting[0] === next) this.#waiting.shift();
    }
  }

  async #writeLines({ lines, chain }: Waiting): Promise<void> {
    const file = this.#file;
    const count = lines.length;
    if (count === 0 || file === null) return;
    const bytes = Buffer.from(`${lines.join('\n')}\n`, 'utf8');
    try {
      await writeAll(file, bytes, this.#size);
    } catch (error) {
      // Half a line may be there; cut it off so that a reader never sees it followed by another.
      await file.truncate(this.#size).catch(orElse(undefined, 'cutting half a line', ...CARD));
      throw error;
    }
    this.#size += bytes.length;
    lines.splice(0, count);
    this.#unsynced = true;
    this.#written = chain;
    await this.#writeHead();
  }

  /** Ends the file of the volume before: durable, then under its number; at each moment a start finds all of the chain. */
  async #openVolume(volume: number): Promise<void> {
    const full = this.#file;
    if (full === null) return;
    const next = `${this.#path}.next`;
    const name = path.join(path.dirname(this.#path), volumeName(volume - 1));
    await this.#syncFull(full);
    const fresh = await this.#disk.open(next);
    try {
      await fresh.truncate(0);
      await this.#disk.rename(this.#path, name);
      await this.#disk.rename(next, this.#path).catch(async (error: unknown) => {
        await this.#disk.rename(name, this.#path);
        throw error;
      });
    } catch (error) {
      await fresh.close();
      throw error;
    }
    this.#file = fresh;
    this.#size = 0;
    void this.#syncing.then(() => full.close()).catch(orElse(undefined, 'closing a full volume', ...CARD));
    this.#isRenamed = true;
  }

  async #syncFull(full: EvidenceFile): Promise<void> {
    const { lines } = this.#written;
    try {
      await this.#syncFile(full);
    } catch (error) {
      this.#isInDoubt = true;
      throw error;
    }
    if (!this.#isInDoubt) this.#durable = Math.max(this.#durable, lines);
    this.#unsynced = false;
  }

  /** The signed end of the chain in a file of its own, so that a changed last line is found too. Best effort. */
  async #writeHead(): Promise<void> {
    if (this.#headFile === null) return;
    const { lines, head: hash } = this.#written;
    const end = { lines, head: hash, durable: this.#durable };
    const head = formatHead({ ...end, signature: this.#sign(headText(end)) });
    await writeAll(this.#headFile, Buffer.from(head), 0).catch(orElse(undefined, "writing the ledger's head", ...CARD));
  }
}
