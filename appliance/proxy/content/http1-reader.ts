// Messages of HTTP/1 (RFC 9112) out of one direction of a connection: heads, and bodies by length, in chunks, or to the end.

import { BodyUnderWay, fieldOf, type Message, type MessageReader } from './message.ts';

/** A longer head is an attack, or no HTTP. */
const MAX_HEAD_BYTES = 256 * 1024;
/** Of a chunk's head or a trailer's line; at a longer one the message is not whole, and the reading ends. */
const MAX_LINE_BYTES = 1024;

type Head = Omit<Message, 'ended' | 'body' | 'isWhole'>;
type State = 'head' | 'length' | 'to the end' | 'chunk' | 'in chunk' | 'behind chunk' | 'trailer' | 'other';

export class Http1Reader implements MessageReader {
  readonly #hand: (message: Message) => void;
  /** Method of the request that the next answer belongs to. */
  readonly #methodOf: () => string;
  #state: State = 'head';
  #rest: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  #body = new BodyUnderWay();
  /** Bytes of the body or chunk still to come. */
  #left = 0;
  #began = 0;
  #last = 0;

  constructor(hand: (message: Message) => void, methodOf: () => string) {
    this.#hand = hand;
    this.#methodOf = methodOf;
  }

  get isHttp(): boolean {
    return this.#state !== 'other';
  }

  take(bytes: Buffer, ms: number): void {
    this.#last = ms;
    if (this.#rest.length === 0) this.#began = ms;
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = Buffer.alloc(0);
    while (rest.length > 0 && this.#state !== 'other') {
      const taken = this.#step(rest);
      if (taken === 0) {
        if (this.isHttp) this.#rest = rest;
        return;
      }
      rest = rest.subarray(taken);
      this.#began = ms;
    }
  }

  end(isCut: boolean): void {
    if (this.#head === undefined) return;
    this.#finish(this.#state === 'to the end' && !isCut);
  }

  /** Bytes that are done with; 0: more are needed. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'length':
      case 'in chunk':
        return this.#readContent(bytes);
      case 'to the end':
        this.#body.add(bytes);
        return bytes.length;
      case 'chunk':
        return this.#readChunkSize(bytes);
      case 'behind chunk':
      case 'trailer':
      case 'other':
        return this.#readLine(bytes);
    }
  }

  #readHead(bytes: Buffer): number {
    const end = headEnd(bytes);
    if (end === 0 || end > MAX_HEAD_BYTES) {
      if (end > 0 || bytes.length > MAX_HEAD_BYTES || !mayBegin(bytes)) this.#state = 'other';
      return 0;
    }
    const head = parseHead(bytes.toString('latin1', 0, end), end, this.#began);
    if (head === undefined) {
      this.#state = 'other';
      return 0;
    }
    this.#head = head;
    this.#body = new BodyUnderWay();
    this.#enterBody(head);
    return end;
  }

  /** RFC 9112 §6.3. */
  #enterBody(head: Head): void {
    const length = Number(fieldOf(head, 'content-length') ?? Number.NaN);
    const isChunked = fieldOf(head, 'transfer-encoding')?.toLowerCase().includes('chunked') === true;
    const method = head.kind === 'answer' && head.status >= 200 ? this.#methodOf() : '';
    const isBare =
      head.kind === 'answer' && (method === 'HEAD' || head.status < 200 || [204, 304].includes(head.status));
    if (isSwitched(head, method)) {
      this.#finish(true);
      this.#state = 'other';
    } else if (isBare) this.#finish(true);
    else if (isChunked) this.#state = 'chunk';
    else if (length > 0 && Number.isSafeInteger(length)) {
      this.#left = length;
      this.#state = 'length';
    } else if (length === 0 || head.kind === 'request') this.#finish(true);
    else this.#state = 'to the end';
  }

  #readContent(bytes: Buffer): number {
    const taken = Math.min(this.#left, bytes.length);
    this.#body.add(bytes.subarray(0, taken));
    this.#left -= taken;
    if (this.#left === 0) {
      if (this.#state === 'length') this.#finish(true);
      else this.#state = 'behind chunk';
    }
    return taken;
  }

  /** RFC 9112 §7.1: hexadecimal, extensions behind a semicolon. */
  #readChunkSize(bytes: Buffer): number {
    const line = lineOf(bytes);
    if (line === undefined) return this.#wait(bytes);
    const size = /^[0-9a-f]{1,12}/i.exec(line.text)?.[0];
    if (size === undefined) return this.#lose();
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'in chunk';
    return line.bytes;
  }

  /** The empty line behind a chunk, or the trailer up to its empty line. */
  #readLine(bytes: Buffer): number {
    const line = lineOf(bytes);
    if (line === undefined) return this.#wait(bytes);
    if (this.#state === 'behind chunk') {
      if (line.text !== '') return this.#lose();
      this.#state = 'chunk';
    } else if (line.text === '') this.#finish(true);
    return line.bytes;
  }

  #wait(bytes: Buffer): 0 {
    return bytes.length > MAX_LINE_BYTES ? this.#lose() : 0;
  }

  #lose(): 0 {
    this.#finish(false);
    this.#state = 'other';
    return 0;
  }

  #finish(isWhole: boolean): void {
    if (this.#head === undefined) return;
    const message = { ...this.#head, ended: this.#last, body: this.#body.end(), isWhole };
    this.#head = undefined;
    this.#state = 'head';
    this.#hand(message);
  }
}

/** RFC 9110 §9.3.6, §15.2.2: what follows is no HTTP/1 any more. */
function isSwitched({ kind, status }: Head, method: string): boolean {
  return kind === 'answer' && (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300));
}

/** Behind the empty line; 0 where there is none yet. */
function headEnd(bytes: Buffer): number {
  const [crlf, lf] = [bytes.indexOf('\r\n\r\n'), bytes.indexOf('\n\n')];
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return crlf + 4;
  return lf < 0 ? 0 : lf + 2;
}

/** Whether a start line may still come of it: most other protocols are recognized by their first bytes. */
function mayBegin(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, Math.min(bytes.length, 24));
  return /^\r?\n?[A-Z][A-Z0-9_-]*($|[ /])/.test(start);
}

function lineOf(bytes: Buffer): { readonly text: string; readonly bytes: number } | undefined {
  const feed = bytes.subarray(0, MAX_LINE_BYTES + 1).indexOf(10);
  if (feed < 0) return undefined;
  return { text: bytes.toString('latin1', 0, feed).replace(/\r$/, ''), bytes: feed + 1 };
}

function parseHead(text: string, headBytes: number, began: number): Head | undefined {
  const [first = '', ...lines] = text
    .replace(/^\r?\n/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const fields = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const];
  });
  const shared = { fields, headBytes, stream: 0, began };
  const request = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S.*) (HTTP\/1\.[01])$/.exec(first);
  if (request !== null) {
    const [, method = '', target = '', version = ''] = request;
    return { ...shared, kind: 'request', method, target, version: versionOf(version), status: 0, statusText: '' };
  }
  const answer = /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/.exec(first);
  if (answer === null) return undefined;
  const [, version = '', status = '', statusText = ''] = answer;
  return {
    ...shared,
    kind: 'answer',
    method: '',
    target: '',
    version: versionOf(version),
    status: Number(status),
    statusText,
  };
}

function versionOf(word: string): 'HTTP/1.0' | 'HTTP/1.1' {
  return word === 'HTTP/1.0' ? word : 'HTTP/1.1';
}
