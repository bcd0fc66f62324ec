// Lines of custody for what was downloaded: for bytes that went out, not for requests, summed by who asked, a few a minute at most. A
// ledger is never cut, so what fills it must not be controllable by readers. Where capture does not answer, the sum
// stays and is recorded later.

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
/** Segments that one sum remembers; of further ones only downloads and bytes are counted. */
const MAX_SEGMENTS = 5000;

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
  readonly segments: Map<number, SentSegment>;
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
    const sum = this.#sums.get(owner) ?? { segments: new Map<number, SentSegment>(), downloads: 0, bytes: 0 };
    if (sum.segments.size < MAX_SEGMENTS) sum.segments.set(segment.seq, segment);
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
      if (isDue && this.#written.length < MAX_LINES_A_MINUTE) void this.#tell(by);
    }
    if (this.#sums.size === 0) this.#rest();
  }

  /** Everything that is summed, now. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#rest();
    await Promise.all([...this.#sums.keys()].map((by) => this.#tell(by)));
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #tell(by: string): Promise<void> {
    const sum = this.#sums.get(by);
    if (sum === undefined) return;
    this.#sums.delete(by);
    this.#written.push({ by, at: this.#now() });
    const isWritten = await this.#write({ by, files: sum.segments.size, detail: detailOf(sum) });
    if (!isWritten) this.#takeBack(by, sum);
  }

  #takeBack(by: string, sum: Sum): void {
    const newer = this.#sums.get(by);
    for (const [seq, segment] of newer?.segments ?? []) sum.segments.set(seq, segment);
    sum.downloads += newer?.downloads ?? 0;
    sum.bytes += newer?.bytes ?? 0;
    this.#sums.set(by, sum);
    // After the end nobody looks again; a timer would only keep the process.
    if (!this.#isStopped) this.#timer ??= setInterval(() => this.look(), LOOK_MS);
  }
}

function detailOf({ segments, downloads, bytes }: Sum): string {
  const [only] = segments.values();
  const amount = `${downloads === 1 ? '' : `${downloads} downloads, `}${bytes} bytes`;
  if (segments.size === 1 && only !== undefined)
    return `segment ${only.seq} ${only.fileName} sha256 ${only.sha256 ?? 'unknown'}, ${amount}`;
  return `${amount}, segments ${ranges([...segments.keys()])}`;
}

/** `1-3 7`, cut where a line of the ledger would become too long. */
function ranges(seqs: readonly number[]): string {
  const sorted = seqs.toSorted((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end++;
    parts.push(end === i ? `${sorted[i]}` : `${sorted[i]}-${sorted[end]}`);
    i = end + 1;
  }
  const text = parts.join(' ');
  return text.length <= MAX_LETTERS - 60 ? text : `${text.slice(0, MAX_LETTERS - 60).replace(/ \S*$/, '')} and more`;
}
