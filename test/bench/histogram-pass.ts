// Only walk, conversations and exact histograms, as test/bench/limit.c does: what the inner loop costs without everything
// that is said about it. `node dist/test/bench/histogram-pass.js FILE`

import { BlockStore } from '../../appliance/analysis/block-store.ts';
import { ByteCounter } from '../../appliance/analysis/byte-counter.ts';
import { FlowTable } from '../../appliance/analysis/flow-table.ts';
import { entropy } from '../../appliance/analysis/randomness.ts';
import { readCaptureFile } from '../../appliance/cli/capture-file.ts';
import type { FrameSink } from '../../appliance/decode/records.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP, Walk } from '../../appliance/decode/walk.ts';

class HistogramPass implements FrameSink {
  readonly #walk = new Walk();
  readonly #flows = new FlowTable(1_000_000);
  readonly #counter = new ByteCounter();
  readonly #histograms = new BlockStore((length) => new Uint32Array(length), 256);
  readonly #handles: number[] = [];
  readonly #payload: number[] = [];
  packets = 0;

  frame(bytes: Uint8Array, start: number, end: number, s: number, ns: number, length: number, link: number): void {
    const walk = this.#walk;
    const flows = this.#flows;
    this.packets++;
    walk.walk(bytes, start, end, link);
    if (!walk.hasPorts || (walk.protocol !== PROTOCOL_TCP && walk.protocol !== PROTOCOL_UDP)) return;
    flows.find(walk, bytes, 0);
    flows.addPacket(flows.row, flows.direction, length, s, ns, s);
    if (walk.payloadEnd <= walk.payloadStart) return;
    const at = flows.row * 2 + flows.direction;
    const handle = (this.#handles[at] ??= this.#histograms.allocate());
    this.#payload[at] = (this.#payload[at] ?? 0) + walk.payloadEnd - walk.payloadStart;
    this.#counter.count(
      bytes,
      walk.payloadStart,
      walk.payloadEnd,
      this.#histograms.slab(handle),
      this.#histograms.base(handle),
    );
  }

  /** Directions with payload and the sum of their entropies: the check against the other program. */
  result(): { directions: number; entropy: number } {
    let sum = 0;
    let directions = 0;
    this.#handles.forEach((handle, at) => {
      sum += entropy(this.#histograms.view(handle), this.#payload[at]!) ?? 0;
      directions++;
    });
    return { directions, entropy: sum };
  }
}

const pass = new HistogramPass();
await readCaptureFile(process.argv[2] ?? '', pass, false);
const { directions, entropy: bits } = pass.result();
process.stdout.write(`${pass.packets} packets ${directions} directions ${bits.toFixed(6)} bits\n`);
