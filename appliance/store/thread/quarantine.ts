// Packets on which analysis hung or died. They stay in the capture files and are left out of every figure, visibly:
// the rest of the segment is analysed as if they were not there.

/** Beyond this many packets of one segment, the rest of that segment is left out: something systematic is wrong. */
export const QUARANTINE_PER_SEGMENT = 20;

/** Offsets of records by segment number; kept by quarantine-file.ts. */
export type QuarantineList = Readonly<Record<string, readonly number[]>>;

export class Quarantine {
  readonly #bySeq = new Map<string, Set<string>>();

  constructor(list: QuarantineList = {}) {
    for (const [seq, offsets] of Object.entries(list)) for (const offset of offsets) this.add(Number(seq), offset);
  }

  add(seq: number, offset: number): void {
    const offsets = this.#bySeq.get(String(seq)) ?? new Set();
    offsets.add(String(offset));
    this.#bySeq.set(String(seq), offsets);
  }

  holds(seq: number, offset: number): boolean {
    return this.#bySeq.get(String(seq))?.has(String(offset)) ?? false;
  }

  /** In ascending order. */
  offsets(seq: number): number[] {
    return [...(this.#bySeq.get(String(seq)) ?? [])].map(Number).sort((a, b) => a - b);
  }

  /** Whether so much of the segment is left out that its rest is not tried. */
  isHopeless(seq: number): boolean {
    return (this.#bySeq.get(String(seq))?.size ?? 0) >= QUARANTINE_PER_SEGMENT;
  }

  get packets(): number {
    let packets = 0;
    for (const offsets of this.#bySeq.values()) packets += offsets.size;
    return packets;
  }

  list(): QuarantineList {
    return Object.fromEntries([...this.#bySeq.keys()].map((seq) => [seq, this.offsets(Number(seq))]));
  }
}
