// One HTTP message as an app or a server sent it, whole: fields are not cut, for the file that is made of them is to be opened by other
// tools. Types, and what both versions of HTTP share: how much of bodies is kept.

export interface Message {
  readonly kind: 'request' | 'answer';
  /** Requests; empty in answers. */
  readonly method: string;
  /** As sent: a path, or a whole URL. */
  readonly target: string;
  readonly version: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';
  /** Answers; 0 in requests. */
  readonly status: number;
  readonly statusText: string;
  /** In their order; names as sent. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Bytes of the head; -1 where it was compressed. */
  readonly headBytes: number;
  /** Stream of HTTP/2; 0 in HTTP/1. */
  readonly stream: number;
  /** Milliseconds since 1970: its first and last bytes. */
  readonly began: number;
  readonly ended: number;
  readonly body: Body;
  /** False where the connection ended, or bytes were lost, before it did. */
  readonly isWhole: boolean;
}

export interface Body {
  /** What was kept of it. */
  readonly kept: Buffer;
  /** As transferred, without the framing of chunks. */
  readonly bytes: number;
}

/** Of one body. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Of all bodies that are still under way. */
const MAX_UNDER_WAY = 64 * 1024 * 1024;

let underWay = 0;

/** A body that is still coming. */
export class BodyUnderWay {
  readonly #pieces: Buffer[] = [];
  #kept = 0;
  #bytes = 0;

  add(piece: Buffer): void {
    this.#bytes += piece.length;
    const fits = this.#kept === this.#bytes - piece.length && this.#kept + piece.length <= MAX_BODY_BYTES;
    if (!fits || underWay + piece.length > MAX_UNDER_WAY) return;
    this.#pieces.push(piece);
    this.#kept += piece.length;
    underWay += piece.length;
  }

  end(): Body {
    underWay -= this.#kept;
    return { kept: Buffer.concat(this.#pieces), bytes: this.#bytes };
  }
}

/** First value of a field, whatever the case of its name. */
export function fieldOf({ fields }: Pick<Message, 'fields'>, name: string): string | undefined {
  return fields.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Reads one direction of a connection. */
export interface MessageReader {
  /** Takes all of `bytes`. */
  take(bytes: Buffer, ms: number): void;
  /** Hands on what had not ended. */
  end(isCut: boolean): void;
  /** False once what comes is no HTTP, or no longer (WebSocket, a tunnel). */
  readonly isHttp: boolean;
}
