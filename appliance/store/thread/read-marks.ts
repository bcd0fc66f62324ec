// Since when something of a device waits to be read: at marked times the end of its newest file is noted, and a mark that reading
// has passed says that nothing unread is older. Without marks, a device that is always two seconds behind would seem further behind
// with each second. Used by analysis-loop.ts.

/** Where reading is, or where the files ended at some time. */
export interface ReadPlace {
  readonly seq: number;
  readonly offset: number;
}

interface Mark extends ReadPlace {
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** Two marks are so far apart, or a part of how far behind reading is: the figure is never too low, and too high by no more. */
const MARK_MS = 250;
/** A year without reading makes some 500 marks: they get fewer as the lag gets longer. */
const MARK_PART = 32;

export class ReadMarks {
  readonly #marks: Mark[] = [];
  #nextAt = 0;
  /** Everything that there was at this time has been read. */
  upToDate: number;

  constructor(now: number) {
    this.upToDate = now;
  }

  /** All there was at that time is read. */
  readAll(at: number): void {
    this.#marks.length = 0;
    this.upToDate = at;
  }

  /** Whether it is time to look where the files end. */
  isDue(now: number): boolean {
    return now >= this.#nextAt;
  }

  /** `end`: as it was at that time, or later. */
  mark(at: number, end: ReadPlace): void {
    this.#marks.push({ at, ...end });
    this.#nextAt = at + Math.max(MARK_MS, (at - this.upToDate) / MARK_PART);
  }

  readTo(place: ReadPlace): void {
    const passed = this.#marks.findLastIndex((mark) => isAtOrBefore(mark, place));
    if (passed === -1) return;
    this.upToDate = this.#marks[passed]!.at;
    this.#marks.splice(0, passed + 1);
  }
}

function isAtOrBefore(mark: ReadPlace, place: ReadPlace): boolean {
  return mark.seq < place.seq || (mark.seq === place.seq && mark.offset <= place.offset);
}
