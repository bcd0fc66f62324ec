// Messages of one direction that come in pieces, put together for the listeners: chunks of HTTP, blocks of CoAP, frames of
// WebSocket, fragments of DTLS, CRYPTO frames of QUIC. Bounded in bytes, holes and number; what is given up is counted.

import { packBytes, unpackBytes } from '../../summary/packing.ts';
import type { StreamBudget } from './tcp-stream.ts';

/** Longest message that is put together; of a longer one its beginning is searched, and the cut is counted. */
export const MESSAGE_BYTES = 65_536;
/** Messages of one direction that may be incomplete at once; the oldest makes room. */
const MAX_MESSAGES = 8;
/** Separate stretches of one message; more are a puzzle, not a network's disorder. */
const MAX_STRETCHES = 32;
const LEAST_BUFFER = 256;

/** Name, stretches (from, to, from, to, …), and the bytes up to the end of the last one. */
export type JoinerCarry = readonly (readonly [name: string, stretches: readonly number[], bytes: string])[];

interface Message {
  buffer: Uint8Array;
  /** from, to, from, to, …: ascending, with holes between. */
  stretches: number[];
}

const NOTHING = new Uint8Array(0);

export class Joiner {
  readonly #budget: StreamBudget;
  readonly #most: number;
  readonly #messages = new Map<string, Message>();
  /** Messages of which something was not kept; taken by dispatcher.ts for the limits of the document. */
  cut = 0;

  constructor(budget: StreamBudget, most = MAX_MESSAGES) {
    this.#budget = budget;
    this.#most = most;
  }

  /** Adds [start, end) of `bytes` at `offset` of a message. False where that has no room: then nothing of it is kept. */
  add(name: string, offset: number, bytes: Uint8Array, start: number, end: number): boolean {
    const message = this.#messages.get(name) ?? this.#begin(name);
    const stop = offset + end - start;
    const stretches = withStretch(message.stretches, offset, stop);
    if (stop > MESSAGE_BYTES || stretches.length > MAX_STRETCHES * 2 || !this.#makeRoom(message, stop)) return false;
    message.buffer.set(bytes.subarray(start, end), offset);
    message.stretches = stretches;
    return true;
  }

  /** Adds at the end of a message without holes. */
  append(name: string, bytes: Uint8Array, start: number, end: number): boolean {
    return this.add(name, this.size(name), bytes, start, end);
  }

  /** Bytes from the message's beginning up to its first hole. Valid until the next call: then it may be overwritten. */
  head(name: string): Uint8Array {
    const message = this.#messages.get(name);
    return message === undefined ? NOTHING : message.buffer.subarray(0, headBytes(message));
  }

  size(name: string): number {
    const message = this.#messages.get(name);
    return message === undefined ? 0 : headBytes(message);
  }

  has(name: string): boolean {
    return this.#messages.has(name);
  }

  drop(name: string): void {
    const message = this.#messages.get(name);
    if (message === undefined) return;
    this.#budget.take(-message.buffer.length);
    if (message.buffer.length > 0) this.#budget.giveBack(message.buffer);
    this.#messages.delete(name);
  }

  /** Gives back what it keeps. */
  close(): void {
    for (const name of this.#messages.keys()) this.drop(name);
  }

  #begin(name: string): Message {
    const [oldest] = this.#messages.keys();
    if (oldest !== undefined && this.#messages.size >= this.#most) {
      this.drop(oldest);
      this.cut++;
    }
    const message: Message = { buffer: NOTHING, stretches: [] };
    this.#messages.set(name, message);
    return message;
  }

  #makeRoom(message: Message, needed: number): boolean {
    const has = message.buffer.length;
    if (has >= needed) return true;
    let size = Math.max(LEAST_BUFFER, has);
    while (size < needed) size *= 2;
    if (!this.#budget.take(size - has)) return false;
    const larger = this.#budget.lend(size);
    larger.set(message.buffer);
    // The content of a lent buffer is old, and holes of a message are carried as they are.
    larger.fill(0, has);
    if (has > 0) this.#budget.giveBack(message.buffer);
    message.buffer = larger;
    return true;
  }

  carry(): JoinerCarry {
    return [...this.#messages].map(([name, { buffer, stretches }]) => {
      return [name, stretches, packBytes(buffer.subarray(0, stretches.at(-1) ?? 0))] as const;
    });
  }

  static resume(carry: JoinerCarry, budget: StreamBudget): Joiner {
    const joiner = new Joiner(budget);
    for (const [name, stretches, packed] of carry.slice(0, MAX_MESSAGES)) {
      const message = joiner.#begin(name);
      const bytes = unpackBytes(packed).subarray(0, MESSAGE_BYTES);
      if (bytes.length === 0 || !joiner.#makeRoom(message, bytes.length)) continue;
      message.buffer.set(bytes);
      message.stretches = [...stretches];
    }
    return joiner;
  }
}

function headBytes({ stretches }: Message): number {
  return stretches[0] === 0 ? stretches[1]! : 0;
}

/** The stretches with [from, to) among them, those that touch made one. */
function withStretch(stretches: readonly number[], from: number, to: number): number[] {
  const joined: number[] = [];
  let low = from;
  let high = to;
  let placed = from >= to;
  for (let i = 0; i < stretches.length; i += 2) {
    const start = stretches[i]!;
    const end = stretches[i + 1]!;
    if (!placed && start > high) {
      joined.push(low, high);
      placed = true;
    }
    if (placed || end < low) joined.push(start, end);
    else {
      low = Math.min(low, start);
      high = Math.max(high, end);
    }
  }
  if (!placed) joined.push(low, high);
  return joined;
}
