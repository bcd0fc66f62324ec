// Hands one order to the scanner and waits for its answer: over the socket of the unit, or, where there is none, as a child.
// When the one who asks goes away, so does the scanner, and nmap with it.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { toError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { parseScanAnswer, type ScanAnswer, type ScanOrder } from './scan-orders.ts';

/** systemd/weir-scan.socket. */
const SCANNER_SOCKET = '/run/weir-scan.sock';
/** Of one answer of the scanner; a longer one is given up and counts as a failure. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

export interface Scanner {
  /** Never rejects. */
  ask(order: ScanOrder, stop: AbortSignal): Promise<ScanAnswer>;
}

export class ScannerClient implements Scanner {
  readonly #words: readonly string[];
  readonly #socket: string;

  /** `words`: program and words that start the scanner where no unit listens. */
  constructor(words: readonly string[], socket = SCANNER_SOCKET) {
    this.#words = words;
    this.#socket = socket;
  }

  ask(order: ScanOrder, stop: AbortSignal): Promise<ScanAnswer> {
    return existsSync(this.#socket) ? this.#askUnit(order, stop) : this.#askChild(order, stop);
  }

  #askUnit(order: ScanOrder, stop: AbortSignal): Promise<ScanAnswer> {
    const socket: Duplex = connect(this.#socket);
    return exchange(socket, socket, order, stop, () => socket.destroy());
  }

  #askChild(order: ScanOrder, stop: AbortSignal): Promise<ScanAnswer> {
    const [program = '', ...words] = this.#words;
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'ignore'] });
    // The end of its input ends it, and nmap with it; killed at once it would leave nmap behind.
    const end = () => child.stdin.destroy();
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(failed(error.message)));
      exchange(child.stdout, child.stdin, order, stop, end).then(resolve, (thrown: unknown) =>
        resolve(failed(toError(thrown).message)),
      );
    });
  }
}

function exchange(
  from: Readable,
  to: Writable,
  order: ScanOrder,
  stop: AbortSignal,
  close: () => void,
): Promise<ScanAnswer> {
  return new Promise((resolve) => {
    let text = '';
    const settle = (answer: ScanAnswer) => {
      stop.removeEventListener('abort', onStop);
      close();
      resolve(answer);
    };
    const onStop = () => settle(failed('it was stopped'));
    stop.addEventListener('abort', onStop);
    if (stop.aborted) return onStop();
    from.setEncoding('utf8');
    from.on('data', (part: string) => {
      text += part;
      if (text.length > MAX_ANSWER_BYTES) return settle(failed('the scanner’s answer is too long'));
      const end = text.indexOf('\n');
      if (end === -1) return;
      settle(parseScanAnswer(text.slice(0, end)) ?? failed('the scanner’s answer is not understood'));
    });
    const gone = () => settle(failed('the scanner ended without an answer'));
    from.once('end', gone);
    from.once('close', gone);
    for (const stream of new Set([from, to]))
      stream.on('error', (error: Error) => settle(failed(printable(error.message, 200))));
    to.write(`${JSON.stringify(order)}\n`);
  });
}

function failed(text: string): ScanAnswer {
  return { result: 'problem', kind: 'failed', text };
}
