// Requests with their answers, out of one connection. HTTP/1 answers in the order of the requests (RFC 9112 §9.3.2), HTTP/2 by stream.

import type { ClearEnds, Conversation, Side } from './clear-reader.ts';
import { Http1Reader } from './http1-reader.ts';
import { Http2Reader, PREFACE } from './http2-reader.ts';
import type { Message, MessageReader } from './message.ts';

export interface Exchange {
  readonly ends: ClearEnds;
  readonly request: Message;
  /** Undefined where none was seen. */
  readonly answer: Message | undefined;
  /** False where so many requests waited that their answers cannot be assigned any more. */
  readonly isPaired: boolean;
}

/** What becomes of a connection: exchanges, and whether it spoke HTTP at all. */
export interface Exchanges {
  exchange(exchange: Exchange): void;
  connection(isHttp: boolean): void;
}

/** Requests without an answer. At more, HTTP/2 gives up the oldest; HTTP/1 gives up all, and what follows on that connection: only the
 * order says which answer belongs to which request. Early answers: further ones are dropped. */
const MAX_WAITING = 1000;
const LONGEST_SIGN = PREFACE.length;

export class HttpConversation implements Conversation {
  readonly #ends: ClearEnds;
  readonly #to: Exchanges;
  readonly #readers: { app?: MessageReader; server?: MessageReader } = {};
  /** First bytes, until they show which HTTP it is. */
  readonly #first = { app: Buffer.alloc(0), server: Buffer.alloc(0) };
  /** Requests without their answers, oldest first. */
  #waiting: Message[] = [];
  /** Answers to requests whose body still comes. */
  readonly #early = new Map<number, Message>();
  #isHttp = false;
  /** HTTP/1 of whose requests some were given up. */
  #isOutOfStep = false;

  constructor(ends: ClearEnds, to: Exchanges) {
    this.#ends = ends;
    this.#to = to;
  }

  said(from: Side, bytes: Buffer, ms: number): void {
    const reader = this.#readers[from];
    if (reader !== undefined) return reader.take(bytes, ms);
    const first = Buffer.concat([this.#first[from], bytes]);
    const made = this.#readerFor(from, first);
    if (made === undefined) {
      this.#first[from] = first;
      return;
    }
    this.#readers[from] = made;
    this.#first[from] = Buffer.alloc(0);
    made.take(first, ms);
  }

  end(isCut: boolean): void {
    this.#readers.app?.end(isCut);
    this.#readers.server?.end(isCut);
    for (const request of this.#waiting) this.#hand(request, undefined);
    this.#waiting = [];
    this.#to.connection(this.#isHttp);
  }

  /** Undefined while the first bytes do not show it. A server of HTTP/2 begins with SETTINGS of stream 0 (RFC 9113 §3.4). */
  #readerFor(from: Side, first: Buffer): MessageReader | undefined {
    const hand = (message: Message) => this.#take(message);
    const isSecond =
      from === 'app'
        ? PREFACE.startsWith(first.toString('latin1', 0, LONGEST_SIGN))
        : first.length >= 9 && first[3] === 4 && first.readUInt32BE(5) === 0;
    if (from === 'app' && isSecond && first.length < LONGEST_SIGN) return undefined;
    if (from === 'server' && first.length < 9) return undefined;
    if (isSecond) return new Http2Reader(hand);
    return new Http1Reader(hand, () => this.#waiting[0]?.method ?? '');
  }

  #take(message: Message): void {
    this.#isHttp = true;
    if (message.kind === 'request') this.#ask(message);
    // Interim answers precede the one that counts (RFC 9110 §15.2).
    else if (message.status >= 200 || message.status === 101) this.#answer(message);
  }

  #ask(request: Message): void {
    if (this.#isOutOfStep) return this.#hand(request, undefined, false);
    const early = this.#early.get(request.stream);
    if (early !== undefined) {
      this.#early.delete(request.stream);
      return this.#hand(request, early);
    }
    this.#waiting.push(request);
    if (this.#waiting.length <= MAX_WAITING) return;
    this.#isOutOfStep = request.stream === 0;
    for (const given of this.#waiting.splice(0, this.#isOutOfStep ? Infinity : 1)) this.#hand(given, undefined, false);
  }

  #answer(answer: Message): void {
    if (this.#isOutOfStep) return;
    const at = answer.stream === 0 ? 0 : this.#waiting.findIndex(({ stream }) => stream === answer.stream);
    const [request] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (request !== undefined) this.#hand(request, answer);
    else if (!this.#early.has(answer.stream) && this.#early.size < MAX_WAITING) this.#early.set(answer.stream, answer);
  }

  #hand(request: Message, answer: Message | undefined, isPaired = true): void {
    this.#to.exchange({ ends: this.#ends, request, answer, isPaired });
  }
}
