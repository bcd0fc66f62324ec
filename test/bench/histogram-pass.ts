// Only walk, conversations and exact histograms, as test/bench/limit.c does: what the inner loop costs without everything
// that is said about it. `node dist/test/bench/histogram-pass.js FILE`

import { FlowTable } from '../../appliance/analysis/packet/flow-table.ts';
import { BlockStore } from '../../appliance/analysis/packet/payload/block-store.ts';
import { entropy } from '../../appliance/analysis/summary/histogram-statistics.ts';
import { readCaptureFile } from '../../appliance/cli/files/capture-file.ts';
import type { FrameSink } from '../../appliance/decode/files/records.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../appliance/decode/frames/frame.ts';
import { Walk } from '../../appliance/decode/frames/walk.ts';

/** Below this the tables would cost more than they save: counted where it belongs. */
const SHORT = 192;

/** Four tables as in limit.c, moved into the direction's histogram when another direction's turn comes. */
class RunCounter {
  readonly #tables = new Int32Array(1024);
  #words: Int32Array = new Int32Array(0);
  cells = new Uint32Array(256);
  base = 0;

  count(bytes: Uint8Array, start: number, end: number): void {
    if (this.#words.buffer !== bytes.buffer)
      this.#words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
    const table = this.#tables;
    const words = this.#words;
    const offset = bytes.byteOffset;
    let i = start;
    for (; i < end && (((i + offset) & 3) !== 0 || end - start < 8); i++) table[bytes[i]!]!++;
    if (i === end) return;
    const stop = ((i + offset) >> 2) + ((end - i) >> 2);
    for (let w = (i + offset) >> 2; w < stop; w++) {
      const word = words[w]!;
      table[word & 255]!++;
      table[256 + ((word >>> 8) & 255)]!++;
      table[512 + ((word >>> 16) & 255)]!++;
      table[768 + (word >>> 24)]!++;
    }
    for (i = (stop << 2) - offset; i < end; i++) table[bytes[i]!]!++;
  }

  flush(): void {
    const table = this.#tables;
    const { cells, base } = this;
    for (let v = 0; v < 256; v++) cells[base + v]! += table[v]! + table[v + 256]! + table[v + 512]! + table[v + 768]!;
    table.fill(0);
  }
}

function countShort(bytes: Uint8Array, start: number, end: number, cells: Uint32Array, base: number): void {
  for (let i = start; i < end; i++) cells[base + bytes[i]!]!++;
}

class HistogramPass implements FrameSink {
  readonly #walk = new Walk();
  readonly #flows = new FlowTable(1_000_000);
  readonly #counter = new RunCounter();
  readonly #histograms = new BlockStore((length) => new Uint32Array(length), 256);
  readonly #handles: number[] = [];
  readonly #payload: number[] = [];
  #current = -1;
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
    const { payloadStart, payloadEnd } = walk;
    if (payloadEnd - payloadStart < SHORT) {
      countShort(bytes, payloadStart, payloadEnd, this.#histograms.slab(handle), this.#histograms.base(handle));
      return;
    }
    if (at !== this.#current) this.#turn(at, handle);
    this.#counter.count(bytes, payloadStart, payloadEnd);
  }

  #turn(at: number, handle: number): void {
    this.#current = at;
    this.#counter.flush();
    this.#counter.cells = this.#histograms.slab(handle);
    this.#counter.base = this.#histograms.base(handle);
  }

  /** Directions with payload and the sum of their entropies: the check against the other program. */
  result(): { directions: number; entropy: number } {
    this.#counter.flush();
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
