// Counts each conversation second by second next to the analyzer, which keeps only its sums: what comparisons need to know about when.
// Fed with the frames of one selection; made into rows by rows.ts. Pure.

import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../decode/frames/frame.ts';
import type { Walk } from '../../decode/frames/walk.ts';

/** The packet with which something begins: its file's place in the selection, its number in the file from 1, its time. */
export interface FirstPacket {
  readonly file: number;
  readonly packet: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Both directions of an unordered pair of (address, port); `a` sent the first packet. */
export interface SampledConversation {
  readonly key: string;
  readonly first: FirstPacket;
  /** The newest entry of it. */
  last: number;
  lastSecond: number;
}

/** Beyond it time is counted in coarser steps: about 64 MB. */
const MAX_ENTRIES = 1_500_000;
/** In one window: bounds the memory of a comparison; packets of further conversations are counted as left out. */
const MAX_CONVERSATIONS = 400_000;
/** An hour of silence parts sessions, as in the document. */
const SESSION_SECONDS = 3600;
/** Steps in seconds. */
const STEPS = [1, 10, 60, 600, 3600] as const;

export class Sampler {
  readonly #conversations = new Map<string, SampledConversation>();
  #times = new Float64Array(4096);
  #counts = new Float64Array(4096 * WIDTH);
  /** The entry before it of the same conversation; -1 for none. */
  #before = new Int32Array(4096);
  #entries = 0;
  #step = 0;
  #packets = 0;
  #leftOut = 0;
  readonly #most: number;

  constructor(most = MAX_ENTRIES) {
    this.#most = most;
  }

  /** Packets of conversations for which there was no room. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Packets that were counted. */
  get packets(): number {
    return this.#packets;
  }

  /** Seconds that one entry represents. */
  get step(): number {
    return STEPS[this.#step]!;
  }

  get conversations(): Iterable<SampledConversation> {
    return this.#conversations.values();
  }

  find(key: string): SampledConversation | undefined {
    return this.#conversations.get(key);
  }

  /** @param source `address port` of the sender, and of the receiver: what is in a document's conversation */
  packet(walk: Walk, source: string, destination: string, length: number, first: FirstPacket): void {
    const isTransport = walk.protocol === PROTOCOL_TCP || walk.protocol === PROTOCOL_UDP;
    if (!walk.hasPorts || !isTransport) return;
    const proto = walk.protocol === PROTOCOL_TCP ? 'tcp' : 'udp';
    const forward = `${proto} ${source} ${destination}`;
    const backward = `${proto} ${destination} ${source}`;
    let conversation = this.#conversations.get(forward);
    const isForward = conversation !== undefined;
    conversation ??= this.#conversations.get(backward);
    if (conversation !== undefined) return this.#count(conversation, isForward, length, first.seconds);
    if (this.#conversations.size >= MAX_CONVERSATIONS) {
      this.#leftOut++;
      return;
    }
    const fresh = { key: forward, first, last: -1, lastSecond: Number.NEGATIVE_INFINITY };
    this.#conversations.set(forward, fresh);
    this.#count(fresh, true, length, first.seconds);
  }

  #count(conversation: SampledConversation, isForward: boolean, length: number, seconds: number): void {
    const begins = seconds - conversation.lastSecond > SESSION_SECONDS;
    if (seconds > conversation.lastSecond) conversation.lastSecond = seconds;
    const time = seconds - (seconds % this.step);
    let at = conversation.last;
    if (at < 0 || this.#times[at] !== time) at = this.#add(conversation, time);
    const counts = at * WIDTH;
    this.#counts[counts]! += begins ? 1 : 0;
    this.#counts[counts + 1]! += 1;
    this.#counts[counts + (isForward ? 2 : 3)]! += length;
    this.#packets++;
  }

  #add(conversation: SampledConversation, time: number): number {
    if (this.#entries >= this.#most && this.#step < STEPS.length - 1) {
      this.#coarsen();
      return this.#addAt(conversation, time - (time % this.step));
    }
    return this.#addAt(conversation, time);
  }

  #addAt(conversation: SampledConversation, time: number): number {
    if (conversation.last >= 0 && this.#times[conversation.last] === time) return conversation.last;
    if (this.#entries === this.#times.length) this.#grow();
    const at = this.#entries++;
    this.#times[at] = time;
    this.#before[at] = conversation.last;
    conversation.last = at;
    return at;
  }

  #grow(): void {
    const size = this.#times.length * 2;
    this.#times = enlarged(this.#times, size);
    this.#counts = enlarged(this.#counts, size * WIDTH);
    const before = new Int32Array(size);
    before.set(this.#before);
    this.#before = before;
  }

  /** Entries of one conversation in the same longer step become one. */
  #coarsen(): void {
    const [times, counts, before] = [this.#times, this.#counts, this.#before];
    this.#step++;
    this.#times = new Float64Array(times.length);
    this.#counts = new Float64Array(counts.length);
    this.#before = new Int32Array(before.length);
    this.#entries = 0;
    for (const conversation of this.#conversations.values()) {
      const chain: number[] = [];
      for (let at = conversation.last; at >= 0; at = before[at]!) chain.push(at);
      conversation.last = -1;
      for (const from of chain.toReversed()) {
        const to = this.#addAt(conversation, times[from]! - (times[from]! % this.step));
        for (let i = 0; i < WIDTH; i++) this.#counts[to * WIDTH + i]! += counts[from * WIDTH + i]!;
      }
    }
  }

  /**
   * Calls for each step in which the conversation had packets, newest first: its beginning, then sessions that began, packets, bytes from
   * a to b, bytes from b to a.
   */
  each(
    { last }: SampledConversation,
    take: (time: number, sessions: number, packets: number, ab: number, ba: number) => void,
  ): void {
    for (let at = last; at >= 0; at = this.#before[at]!) {
      const c = at * WIDTH;
      const counts = this.#counts;
      take(this.#times[at]!, counts[c]!, counts[c + 1]!, counts[c + 2]!, counts[c + 3]!);
    }
  }
}

/** Sessions that began, packets, bytes from a to b, bytes from b to a. */
const WIDTH = 4;

function enlarged(values: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size);
  larger.set(values);
  return larger;
}
