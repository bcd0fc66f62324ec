// Which packet seconds a segment may hold. A busy device's segment ends at each full multiple of `segment_seconds`. One of a quiet
// device, which an hour finds below 1 MiB, goes on: a file for each hour of sixty sensors is half a million a year, and nobody
// needs them. It ends with its UTC day at the latest. Decided from packet time and the file's size only. Used by device-writer.ts.

/** A segment with less in it is not worth a file of its own. After a crash at most this much of it is read again. */
export const QUIET_BYTES = 1024 * 1024;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

export class SegmentWindow {
  readonly #seconds: number;
  /** Packet seconds: [from, to). Both 0 before the first packet. */
  from = 0;
  to = 0;

  /** `seconds` is `segment_seconds`; a setting below an hour is a wish for short files and holds for quiet devices too. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Moves on so that it holds `second`. True where the segment has to end before; `bytes` is its size. */
  turn(second: number, bytes: number): boolean {
    const isFirst = this.to === 0;
    const goesOn = second >= this.to && this.staysOpen(bytes) && second < this.#dayEnd;
    if (!goesOn) this.from = startOf(second, this.#seconds);
    this.to = Math.min(startOf(second, HOUR_SECONDS) + HOUR_SECONDS, startOf(second, this.#seconds) + this.#seconds);
    return !goesOn && !isFirst;
  }

  /** Whether a segment of so many bytes outlives full hours and silence. */
  staysOpen(bytes: number): boolean {
    return this.#seconds >= HOUR_SECONDS && bytes < QUIET_BYTES;
  }

  /** Whether it is over for a segment of so many bytes, at a packet time not yet reached by a packet. */
  isOver(second: number, bytes: number): boolean {
    return this.to > 0 && second >= (this.staysOpen(bytes) ? this.#dayEnd : this.to);
  }

  get #dayEnd(): number {
    return startOf(this.from, DAY_SECONDS) + DAY_SECONDS;
  }
}

/** Multiples of an hour that do not divide it restart at each full hour. */
function startOf(second: number, length: number): number {
  const start = second - (second % length);
  return length < HOUR_SECONDS ? Math.max(start, second - (second % HOUR_SECONDS)) : start;
}
