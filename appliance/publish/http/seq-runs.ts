// Distinct numbers of segments as runs, so that a download of everything takes the room of one run. For custody-notes.ts.

/** Runs of one sum. Numbers that would begin a further one are counted, each time that they come. */
const MAX_RUNS = 5000;

export class SeqRuns {
  /** In their order, apart by more than one. */
  readonly #runs: { from: number; to: number }[] = [];
  #count = 0;
  #isExact = true;

  /** Distinct numbers; where not all of them are known apart, at most so many. */
  get count(): number {
    return this.#count;
  }

  get isExact(): boolean {
    return this.#isExact;
  }

  add(seq: number): void {
    const at = this.#firstBehind(seq);
    const before = this.#runs[at - 1];
    const behind = this.#runs[at];
    if (before !== undefined && seq <= before.to) return;
    this.#count++;
    const [joinsBefore, joinsBehind] = [before?.to === seq - 1, behind?.from === seq + 1];
    if (before !== undefined && joinsBefore) {
      before.to = joinsBehind && behind !== undefined ? behind.to : seq;
      if (joinsBehind) this.#runs.splice(at, 1);
    } else if (behind !== undefined && joinsBehind) behind.from = seq;
    else if (this.#runs.length < MAX_RUNS) this.#runs.splice(at, 0, { from: seq, to: seq });
    else this.#isExact = false;
  }

  /** All of another's. */
  join(other: SeqRuns): void {
    let known = 0;
    for (const { from, to } of other.#runs) for (let seq = from; seq <= to; seq++, known++) this.add(seq);
    this.#isExact &&= other.#isExact;
    this.#count += other.#count - known;
  }

  /** `1-3 7` */
  text(): string {
    return this.#runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(' ');
  }

  /** Index of the first run that begins behind the number. */
  #firstBehind(seq: number): number {
    let [low, high] = [0, this.#runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#runs[middle]?.from ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
