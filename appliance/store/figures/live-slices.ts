// Open slices of devices, asked of the analysis thread when somebody wants to see them and never otherwise: a snapshot of
// each device several times a second would cost a core and the memory of the home. What is known stays for the next one
// who asks, within bounds in bytes; the thread answers `same` where nothing came since.

import type { DeviceKey } from '../../model/mac.ts';
import { isKnown } from '../index/index-growth.ts';
import type { FoldedSegment } from '../index/index-records.ts';
import type { LiveAnswer, LiveQuestion } from '../thread/analysis-messages.ts';
import { type LiveSegment, liveMark } from '../thread/live-segment.ts';

/** A thread that is busy or hangs keeps nobody waiting longer: what was known before is shown. */
const WAIT_MS = 500;
/** Packed slices kept for the next question; the one that came longest ago goes first, the newest stays. */
const MAX_BYTES = 16 * 1024 * 1024;

export class LiveSlices {
  readonly #ask: (question: LiveQuestion) => void;
  /** Most recently requested last. */
  readonly #known = new Map<DeviceKey, LiveSegment>();
  readonly #asked = new Map<DeviceKey, { readonly answered: Promise<void>; readonly resolve: () => void }>();
  #bytes = 0;

  constructor(ask: (question: LiveQuestion) => void) {
    this.#ask = ask;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The open slice of a device as it is now, or as it was lately; undefined where there is none. */
  async of(device: DeviceKey): Promise<LiveSegment | undefined> {
    return (await this.all([device])).get(device);
  }

  /** The same of a few devices, for which a busy thread is given no more time than for one. */
  async all(devices: readonly DeviceKey[]): Promise<ReadonlyMap<DeviceKey, LiveSegment>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WAIT_MS);
    });
    await Promise.race([Promise.all(devices.map((device) => this.#question(device))), late]);
    clearTimeout(timer);
    const known = devices.map((device) => [device, this.#known.get(device)] as const);
    return new Map(known.flatMap(([device, live]) => (live === undefined ? [] : [[device, live] as const])));
  }

  receive(device: DeviceKey, answer: LiveAnswer): void {
    if (answer !== 'same') this.#keep(device, answer === 'none' ? undefined : answer);
    this.#asked.get(device)?.resolve();
    this.#asked.delete(device);
  }

  /** From now on it comes from the queue or the index. */
  finish(slice: FoldedSegment): void {
    const known = this.#known.get(slice.device);
    if (known !== undefined && isKnown(slice, known)) this.#keep(slice.device, undefined);
  }

  /** The thread restarted: nothing is asked, and nothing is known. */
  clear(): void {
    for (const { resolve } of this.#asked.values()) resolve();
    this.#asked.clear();
    this.#known.clear();
    this.#bytes = 0;
  }

  /** One at a time for each device, however many ask. */
  #question(device: DeviceKey): Promise<void> {
    const asked = this.#asked.get(device);
    if (asked !== undefined) return asked.answered;
    let resolve = () => undefined as void;
    const answered = new Promise<void>((done) => {
      resolve = done;
    });
    this.#asked.set(device, { answered, resolve });
    this.#ask({ device, have: liveMark(this.#known.get(device)) });
    return answered;
  }

  #keep(device: DeviceKey, live: LiveSegment | undefined): void {
    this.#bytes -= sizeOf(this.#known.get(device));
    this.#known.delete(device);
    if (live === undefined) return;
    this.#known.set(device, live);
    this.#bytes += sizeOf(live);
    for (const [oldest, slice] of this.#known) {
      if (this.#bytes <= MAX_BYTES || oldest === device) break;
      this.#known.delete(oldest);
      this.#bytes -= sizeOf(slice);
    }
  }
}

function sizeOf(live: LiveSegment | undefined): number {
  return (live?.summary.length ?? 0) + (live?.scan?.length ?? 0);
}
