// When the appliance scanned whom, as the ledger records: the frames of its scanner between these times are of phase `scan`, whatever
// phase is declared (thread/device-fold.ts). A fold over the ledger's lines.

import { ipv4Number } from '../../config/ipv4-network.ts';
import type { LedgerLine } from '../../model/ledger.ts';
import { parseSeconds } from '../../model/time/clock.ts';

interface ScanWindow {
  readonly scan: string;
  /** IPv4 as a number; 0 for every device. */
  readonly host: number;
  readonly from: bigint;
  /** Undefined while it runs. */
  readonly to: bigint | undefined;
}

/** A scan an hour for ten years; frames of later ones count in the phase that was declared. */
const MAX_WINDOWS = 100_000;

export class ScanWindows {
  /** By host, in the order of the ledger. */
  #windows = new Map<number, ScanWindow[]>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Another ledger replaced the old one. */
  clear(): void {
    this.#windows.clear();
    this.#count = 0;
  }

  apply(line: LedgerLine): void {
    if (line.type === 'scan-started') this.#start(line);
    else if (line.type === 'scan-ended') this.#end(line.scan, parseSeconds(line.until));
  }

  /** Whether a scan of the host ran then. `ns`: since 1970. */
  covers(host: number, ns: bigint): boolean {
    return this.#has(host, ns) || this.#has(0, ns);
  }

  #has(host: number, ns: bigint): boolean {
    const list = this.#windows.get(host) ?? [];
    for (let i = list.length - 1; i >= 0; i--) {
      const window = list[i];
      if (window !== undefined && ns >= window.from && (window.to === undefined || ns <= window.to)) return true;
    }
    return false;
  }

  #start({ ts, scan, address }: LedgerLine & { readonly type: 'scan-started' }): void {
    const from = parseSeconds(ts);
    const host = ipv4Number(address);
    if (from === undefined || host === undefined || this.#count >= MAX_WINDOWS) return;
    // A sitting that nobody ended ends where the next one of the scan begins.
    this.#end(scan, from);
    this.#windows.set(host, [...(this.#windows.get(host) ?? []), { scan, host, from, to: undefined }]);
    this.#count++;
  }

  #end(scan: string, to: bigint | undefined): void {
    if (to === undefined) return;
    for (const [host, list] of this.#windows) {
      const at = list.findLastIndex((window) => window.scan === scan && window.to === undefined);
      const open = list[at];
      if (open !== undefined) this.#windows.set(host, list.with(at, { ...open, to }));
    }
  }
}
