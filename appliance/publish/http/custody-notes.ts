// Lines of custody for what was downloaded: for bytes that went out, not for requests, summed by who asked, a few a minute at most. A
// ledger is never cut, so what fills it must not be controllable by readers. Where capture does not answer, the sum
// stays and is recorded later.

import { SeqRuns } from './seq-runs.ts';

const MINUTE_MS = 60_000;
const LOOK_MS = 5000;
/** Reading must not fill the ledger. */
const MAX_LINES_A_MINUTE = 5;
/** Readers that are summed apart; further ones are one sum. */
const MAX_SUMS = 8;
/** For clients that arrive when so many are being summed already. */
const OTHERS = 'several callers';
/** Characters of a line, 60 of them for its amounts; a list of segments that is longer is cut and says "and more". */
const MAX_LETTERS = 240;

export interface SentSegment {
  readonly seq: number;
  readonly fileName: string;
  readonly sha256: string | null;
}

export interface CustodyNote {
  readonly by: string;
  readonly files: number;
  readonly detail: string;
}

interface Sum {
  readonly seqs: SeqRuns;
  /** Named whole where it is the only one. */
  readonly first: SentSegment;
  downloads: number;
  bytes: number;
}

export class CustodyNotes {
  readonly #write: (note: CustodyNote) => Promise<boolean>;
  readonly #now: () => number;
  readonly #sums = new Map<string, Sum>();
  /** When lines were written, and for whom; the last minute's. Monotonic milliseconds. */
  #written: { readonly by: string; readonly at: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(write: (note: CustodyNote) => Promise<boolean>, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  /** `bytes`: how many went out. None leave no line. */
  sent(by: string, segment: SentSegment, bytes: number): void {
    if (bytes <= 0) return;
    const owner = this.#sums.has(by) || this.#sums.size < MAX_SUMS ? by : OTHERS;
    const sum = this.#sums.get(owner) ?? { seqs: new SeqRuns(), first: segment, downloads: 0, bytes: 0 };
    sum.seqs.add(segment.seq);
    sum.downloads++;
    sum.bytes += bytes;
    this.#sums.set(owner, sum);
    this.#timer ??= setInterval(() => this.look(), LOOK_MS);
    this.look();
  }

  /** Writes what is due: one line a minute for one caller, few for all. Runs by a timer while there are sums. */
  look(): void {
    const now = this.#now();
    this.#written = this.#written.filter(({ at }) => now - at < MINUTE_MS);
    for (const by of this.#sums.keys()) {
      const isDue = !this.#written.some((line) => line.by === by);
      if (isDue && this.#written.length < MAX_LINES_A_MINUTE) void this.#writeLine(by);
    }
    if (this.#sums.size === 0) this.#rest();
  }

  /** Everything that is summed, now. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#rest();
    await Promise.all([...this.#sums.keys()].map((by) => this.#writeLine(by)));
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #writeLine(by: string): Promise<void> {
    const sum = this.#sums.get(by);
    if (sum === undefined) return;
    this.#sums.delete(by);
    this.#written.push({ by, at: this.#now() });
    const isWritten = await this.#write({ by, files: sum.seqs.count, detail: detailOf(sum) });
    if (!isWritten) this.#takeBack(by, sum);
  }

  #takeBack(by: string, sum: Sum): void {
    const newer = this.#sums.get(by);
    if (newer !== undefined) sum.seqs.join(newer.seqs);
    sum.downloads += newer?.downloads ?? 0;
    sum.bytes += newer?.bytes ?? 0;
    this.#sums.set(by, sum);
    // After the end nobody looks again; a timer would only keep the process.
    if (!this.#isStopped) this.#timer ??= setInterval(() => this.look(), LOOK_MS);
  }
}

function detailOf({ seqs, first, downloads, bytes }: Sum): string {
  const amount = `${downloads === 1 ? '' : `${downloads} downloads, `}${bytes} bytes`;
  if (seqs.count === 1) return `segment ${first.seq} ${first.fileName} sha256 ${first.sha256 ?? 'unknown'}, ${amount}`;
  return `${amount}, ${seqs.isExact ? '' : 'files at most, '}segments ${cut(seqs.text())}`;
}

/** Where a line of the ledger would become too long. */
function cut(text: string): string {
  return text.length <= MAX_LETTERS - 60 ? text : `${text.slice(0, MAX_LETTERS - 60).replace(/ \S*$/, '')} and more`;
}
