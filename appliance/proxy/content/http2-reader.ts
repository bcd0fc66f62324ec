// Messages of HTTP/2 (RFC 9113) out of one direction of a connection: fields by HPACK, bodies by stream.

import { decodeHpack, EMPTY_TABLE, type HpackTable } from '../../decode/protocols/hpack.ts';
import { BodyUnderWay, type Message, type MessageReader } from './message.ts';

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEADER = 9;
const [DATA, HEADERS, RST_STREAM, PUSH_PROMISE, CONTINUATION] = [0, 1, 3, 5, 9];
const [END_STREAM, END_HEADERS, PADDED, PRIORITY] = [1, 4, 8, 0x20];
/** What both ends may agree on is larger; nobody does (RFC 9113 §6.5.2: 16 KiB by default). */
const MAX_FRAME_BYTES = 1024 * 1024;
/** Header block of one message over CONTINUATION frames (CVE-2024-27316). */
const MAX_BLOCK_BYTES = 256 * 1024;
/** Messages under way in one direction; for one more the oldest is ended as not whole. */
const MAX_STREAMS = 256;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

interface Under {
  readonly head: Omit<Message, 'ended' | 'body' | 'isWhole'>;
  readonly body: BodyUnderWay;
}

export class Http2Reader implements MessageReader {
  readonly #hand: (message: Message) => void;
  readonly #streams = new Map<number, Under>();
  #rest: Buffer = Buffer.alloc(0);
  #table: HpackTable = EMPTY_TABLE;
  /** A block of fields that goes on in the next frame. */
  #block: { readonly first: Frame; readonly parts: Buffer[]; bytes: number } | undefined;
  #isLost = false;
  #last = 0;

  constructor(hand: (message: Message) => void) {
    this.#hand = hand;
  }

  get isHttp(): boolean {
    return !this.#isLost;
  }

  take(bytes: Buffer, ms: number): void {
    this.#last = ms;
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (rest.toString('latin1', 0, PREFACE.length) === PREFACE) rest = rest.subarray(PREFACE.length);
    while (!this.#isLost && rest.length >= FRAME_HEADER) {
      const length = rest.readUIntBE(0, 3);
      if (length > MAX_FRAME_BYTES) return this.#lose();
      if (rest.length < FRAME_HEADER + length) break;
      const stream = rest.readUInt32BE(5) & 0x7fffffff;
      this.#read({
        type: rest[3]!,
        flags: rest[4]!,
        stream,
        payload: rest.subarray(FRAME_HEADER, FRAME_HEADER + length),
      });
      rest = rest.subarray(FRAME_HEADER + length);
    }
    this.#rest = this.#isLost ? Buffer.alloc(0) : rest;
  }

  end(): void {
    for (const stream of this.#streams.keys()) this.#finish(stream, false);
  }

  #read(frame: Frame): void {
    const { type, flags, stream } = frame;
    if (type === HEADERS || type === PUSH_PROMISE) {
      this.#block = { first: frame, parts: [], bytes: 0 };
      this.#addBlock(unpadded(frame), flags);
    } else if (type === CONTINUATION) this.#addBlock(frame.payload, flags);
    else if (type === RST_STREAM) this.#finish(stream, false);
    else if (type === DATA) {
      this.#streams.get(stream)?.body.add(unpadded(frame));
      if ((flags & END_STREAM) !== 0) this.#finish(stream, true);
    }
  }

  #addBlock(part: Buffer, flags: number): void {
    const block = this.#block;
    if (block === undefined) return this.#lose();
    block.parts.push(part);
    block.bytes += part.length;
    if (block.bytes > MAX_BLOCK_BYTES) return this.#lose();
    if ((flags & END_HEADERS) === 0) return;
    this.#block = undefined;
    const decoded = decodeHpack(Buffer.concat(block.parts), this.#table);
    if (decoded === undefined) return this.#lose();
    this.#table = decoded.table;
    // What a server promises to send was asked for by nobody.
    if (block.first.type === HEADERS) this.#begin(block.first, decoded.fields);
  }

  #begin({ stream, flags }: Frame, fields: readonly (readonly [string, string])[]): void {
    const of = (name: string): string | undefined => fields.find(([key]) => key === name)?.[1];
    const [method, status] = [of(':method'), Number(of(':status') ?? 0)];
    // Neither: trailers. An interim answer precedes the real one.
    if (method !== undefined || status >= 200) {
      const [oldest] = this.#streams.keys();
      if (this.#streams.size >= MAX_STREAMS && oldest !== undefined) this.#finish(oldest, false);
      this.#streams.set(stream, {
        body: new BodyUnderWay(),
        head: {
          kind: method === undefined ? 'answer' : 'request',
          method: method ?? '',
          target: of(':path') ?? '',
          version: 'HTTP/2.0',
          status,
          statusText: '',
          fields: [
            ...(of(':authority') === undefined ? [] : [['host', of(':authority') ?? ''] as const]),
            ...fields.filter(([name]) => !name.startsWith(':')),
          ],
          headBytes: -1,
          stream,
          began: this.#last,
        },
      });
    }
    if ((flags & END_STREAM) !== 0) this.#finish(stream, true);
  }

  #finish(stream: number, isWhole: boolean): void {
    const under = this.#streams.get(stream);
    if (under === undefined) return;
    this.#streams.delete(stream);
    this.#hand({ ...under.head, ended: this.#last, body: under.body.end(), isWhole });
  }

  /** Without the table before it no later field is known. */
  #lose(): void {
    this.#isLost = true;
    this.end();
  }
}

/** Payload without padding and priority (RFC 9113 §6.1, §6.2, §6.6). */
function unpadded({ type, flags, payload }: Frame): Buffer {
  const isPadded = (flags & PADDED) !== 0;
  const before =
    (isPadded ? 1 : 0) + (type === HEADERS && (flags & PRIORITY) !== 0 ? 5 : 0) + (type === PUSH_PROMISE ? 4 : 0);
  return payload.subarray(before, Math.max(before, payload.length - (isPadded ? (payload[0] ?? 0) : 0)));
}
