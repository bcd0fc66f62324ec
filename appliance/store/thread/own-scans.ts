// What analysis asks about the appliance's own scans. The ledger is read when the first frame comes that may be of one, and again
// with each piece of a file that holds such frames: the line of a scan's beginning is on the card before its first packet is
// sent, and its end is reported ahead of time, so that a frame is judged the same whenever it is read.

import { join } from 'node:path';
import { scannedHost } from '../../analysis/packet/scan-frames.ts';
import { LedgerTail } from '../tail/ledger-tail.ts';
import { ScanWindows } from '../tail/scan-windows.ts';

export class OwnScans {
  readonly #tail: LedgerTail;
  readonly #windows = new ScanWindows();
  #isStale = true;

  constructor(dataDir: string) {
    this.#tail = new LedgerTail(join(dataDir, 'ledger.ndjson'));
  }

  /** A piece of a file was read: the ledger's content so far applies to it. */
  beginRun(): void {
    this.#isStale = true;
  }

  /** Whether the frame is of a scan. Times of the frame: seconds and nanoseconds since 1970. */
  has(
    bytes: Uint8Array,
    start: number,
    end: number,
    appliance: readonly Uint8Array[],
    second: number,
    nanosecond: number,
  ): boolean {
    const host = scannedHost(bytes, start, end, appliance);
    if (host === -1) return false;
    if (this.#isStale) this.#refresh();
    return this.#windows.covers(host, BigInt(second) * 1_000_000_000n + BigInt(nanosecond));
  }

  close(): void {
    this.#tail.close();
  }

  #refresh(): void {
    this.#isStale = false;
    for (let more = true; more; ) {
      const read = this.#tail.poll();
      if (read.restarted) this.#windows.clear();
      for (const line of read.lines) this.#windows.apply(line);
      more = read.more;
    }
  }
}
