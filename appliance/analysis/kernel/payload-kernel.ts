// The innermost loops over payload, in WebAssembly: assembly/ is their source. Called by byte-counter.ts and
// payload-scan.ts for every packet with payload; readers borrow the buffer here, so that no packet is copied.

import { C_LOG_C } from '../summary/histogram-statistics.ts';
import { PAYLOAD_CODE } from './payload-code.ts';

/** What is used of it: neither the language's library nor Node's types know it without those of a browser. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  cLogC(): number;
  cells(): number;
  marks(): number;
  free(): number;
  /** Of fewer than 65,536 bytes at an address: fills CELLS, gives the sum of c log2 c. */
  count(start: number, bytes: number): number;
  /** Fills MARKS. */
  scanMarks(start: number, stop: number): void;
  holdsTransportStream(start: number, stop: number): number;
  /** An address, `stop` where there is none. */
  findRecord(from: number, stop: number): number;
  /** Of the walk over chunks, see walk-kernel.ts: where its tables lie. */
  walkEntries(): number;
  walkHistograms(): number;
  walkRhythms(): number;
  walkLogarithms(): number;
  walkState(): number;
  /** The entry for the frame at an address, -1 where there is none; then made that frame's. */
  walkPlace(start: number, end: number): number;
  walkOpen(entry: number): void;
  walk(start: number, end: number): number;
}

export const kernel = instantiate();
const memory = kernel.memory.buffer;
new Float64Array(memory, kernel.cLogC(), C_LOG_C.length).set(C_LOG_C);

/** Of the payload counted last: 256 counts. */
export const CELLS: Uint32Array = new Uint32Array(memory, kernel.cells(), 256);
/** What was found last: 0xff, stuffed 0xff, start codes, container marks, audio frames. */
export const MARKS: Uint32Array = new Uint32Array(memory, kernel.marks(), 5);

/** Longer payload of another memory than this one is looked at up to here: no captured packet is (MAX_RECORD_BYTES). */
const STAGE_BYTES = 262_144;
const stage = new Uint8Array(memory, kernel.free(), STAGE_BYTES);
const LENT_AT = kernel.free() + STAGE_BYTES;
let isLent = false;

function instantiate(): Kernel {
  return new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(PAYLOAD_CODE, 'base64'))).exports as Kernel;
}

/** Address of bytes [start, end); those of another memory are copied, and stay until the next are. */
export function addressOf(bytes: Uint8Array, start: number, end: number): number {
  if (bytes.buffer === memory) return bytes.byteOffset + start;
  stage.set(bytes.subarray(start, Math.min(end, start + STAGE_BYTES)));
  return stage.byteOffset;
}

/** A buffer for packets that will be looked at: in the kernel's memory, which has one; elsewhere while that one is lent. */
export function borrowBuffer(bytes: number): Uint8Array {
  if (isLent || LENT_AT + bytes > memory.byteLength) return new Uint8Array(bytes);
  isLent = true;
  return new Uint8Array(memory, LENT_AT, bytes);
}

export function returnBuffer(buffer: Uint8Array): void {
  if (buffer.buffer === memory) isLent = false;
}
