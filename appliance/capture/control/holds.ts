// Segments that somebody is copying, by their numbers: retention spares them as long as anything else can go. A hold is asked for on
// the control socket (verb `hold`) and lasts as long as that connection, so that nobody can leave one behind, and no file is needed
// that others write and capture reads. Asked for by export.ts, heeded by storage.ts.

import net from 'node:net';
import { WeirError } from '../../model/errors.ts';
import { lineSplitter } from '../engines/line-splitter.ts';

/** Twice as many segments as there can be; beyond it somebody plays. */
const MAX_HELD = 65_536;
/** So that a request stays below what the socket takes in one line. */
const NUMBERS_PER_REQUEST = 500;
const TIMEOUT_MS = 3000;
/** The answer is one short line. */
const MAX_ANSWER_CHARACTERS = 4096;

export class Holds {
  readonly #byClient = new Map<object, Set<number>>();
  #count = 0;

  /** Segments held now, over all clients. Throws REQUEST_INVALID where it would be too many. */
  add(client: object, numbers: readonly number[]): number {
    const held = this.#byClient.get(client) ?? new Set();
    const before = held.size;
    if (this.#count + numbers.length > MAX_HELD) {
      throw new WeirError(
        'REQUEST_INVALID',
        `Request refused: more than ${MAX_HELD} segments held. Nothing was changed.`,
      );
    }
    for (const number of numbers) held.add(number);
    this.#byClient.set(client, held);
    this.#count += held.size - before;
    return this.#count;
  }

  release(client: object): void {
    this.#count -= this.#byClient.get(client)?.size ?? 0;
    this.#byClient.delete(client);
  }

  has(number: number): boolean {
    for (const held of this.#byClient.values()) if (held.has(number)) return true;
    return false;
  }
}

/** Asks the capture that listens there to spare segments until the returned function is called. Where none runs, none deletes. */
export async function holdSegments(socketPath: string, numbers: readonly number[]): Promise<() => void> {
  const socket = net.connect(socketPath);
  // A capture that ends meanwhile deletes nothing either.
  socket.on('error', () => socket.destroy());
  const requests = [];
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_REQUEST) {
    requests.push(JSON.stringify({ verb: 'hold', segments: numbers.slice(at, at + NUMBERS_PER_REQUEST) }));
  }
  if (requests.length > 0) await askAll(socket, requests);
  return () => socket.destroy();
}

/** Resolves when each was answered, or nobody answers: then a segment may go while it is copied, which the copy reports. */
function askAll(socket: net.Socket, requests: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    let answers = 0;
    socket.setTimeout(TIMEOUT_MS, () => resolve());
    socket.once('close', () => resolve());
    socket.once('connect', () => socket.write(`${requests.join('\n')}\n`));
    socket.setEncoding('utf8').on(
      'data',
      lineSplitter(MAX_ANSWER_CHARACTERS, () => {
        if (++answers < requests.length) return;
        socket.setTimeout(0);
        resolve();
      }),
    );
  });
}
