// The writer of `ledger.ndjson`: numbers and chains lines in memory at once, writes them in order behind, never tears one.
// A disk error delays lines; it does not lose or reorder them. Read by the appliance, ledger-reader.ts and verify.ts.

import { type Clock, formatSeconds } from '../../model/clock.ts';
import { CARD, orElse } from '../../model/expected-error.ts';
import type { LedgerEvent, LedgerHead } from '../../model/ledger.ts';
import { type EvidenceDisk, type EvidenceFile, writeAll } from '../storage/disk.ts';
import { type ChainState, chainHash, formatHead, formatLine, headPath, headText } from './ledger-chain.ts';

/** Signs with the appliance's key; base64 of the raw Ed25519 signature. */
export type Sign = (text: string) => string;

export interface LedgerStart {
  /** Covered by a signature up to here: the next head and seal sign all of it. */
  readonly chain: ChainState;
  readonly wholeBytes: number;
  /** Lines that are known to be on the card. */
  readonly durable: number;
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
  #pending: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #unsynced = false;
  /** Lines stand behind the last seal. */
  #unsealed = false;
  /** The chain as far as the file has it, and how many of its lines are on the card. */
  #written: ChainState;
  #durable: number;
  /** A sync of this run failed. */
  #isInDoubt = false;

  constructor(disk: EvidenceDisk, path: string, clock: Clock, boot: number, sign: Sign, start: LedgerStart) {
    this.#disk = disk;
    this.#path = path;
    this.#clock = clock;
    this.#boot = boot;
    this.#sign = sign;
    this.#chain = start.chain;
    this.#size = start.wholeBytes;
    this.#written = start.chain;
    this.#durable = start.durable;
  }

  /**
   * Opens the file and cuts off what is torn. The head is signed anew with the first lines, not before: whatever it contradicts
   * has to stand in the ledger by then. Throws the system's error.
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
    return this.#pending.length;
  }

  /** Adds a line; the hash that the next line will carry. Never throws: the write follows. */
  append(event: LedgerEvent): string {
    const head: LedgerHead = {
      n: this.#chain.lines + 1,
      previous: this.#chain.head,
      ts: formatSeconds(this.#clock.wall()),
      boot: this.#boot,
      monotonic_ns: this.#clock.monotonic().toString(),
    };
    const line = formatLine(head, event);
    this.#chain = { lines: head.n, head: chainHash(head.previous, line) };
    this.#pending.push(line);
    this.#unsealed = event.type !== 'seal';
    this.flush().catch(() => undefined);
    return this.#chain.head;
  }

  /** Signs the chain up to here in the ledger itself. */
  seal(): void {
    this.append({ type: 'seal', signature: this.#sign(this.#chain.head) });
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
    if (!this.#unsynced || this.#file === null) return;
    this.#unsynced = false;
    const { lines } = this.#written;
    try {
      await this.#file.sync();
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

  /** Best effort, as all of the head: the seals in the ledger say the same. */
  #syncHead(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#writeHead());
    return this.#writing
      .then(() => this.#headFile?.sync())
      .catch(orElse(undefined, "syncing the ledger's head", ...CARD, 'EBADF'));
  }

  async stop(): Promise<void> {
    const file = this.#file;
    try {
      await this.sync();
    } finally {
      this.#file = null;
      await file?.close();
      await this.#headFile?.close();
      this.#headFile = null;
    }
  }

  async #writePending(): Promise<void> {
    const file = this.#file;
    const count = this.#pending.length;
    const { chain } = this;
    if (count === 0 || file === null) return;
    const bytes = Buffer.from(`${this.#pending.join('\n')}\n`, 'utf8');
    try {
      await writeAll(file, bytes, this.#size);
    } catch (error) {
      // Half a line may be there; cut it off so that a reader never sees it followed by another.
      await file.truncate(this.#size).catch(orElse(undefined, 'cutting half a line', ...CARD));
      throw error;
    }
    this.#size += bytes.length;
    this.#pending.splice(0, count);
    this.#unsynced = true;
    this.#written = chain;
    await this.#writeHead();
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
