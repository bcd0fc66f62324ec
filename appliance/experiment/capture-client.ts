// Asks `weir capture` on its Unix socket: one JSON request a line, one answer a line, a connection per question. Capture
// never waits for this side, and this side never waits longer than a few seconds.

import { connect } from 'node:net';
import type { CaptureRequest, CaptureStatus } from '../model/capture-status.ts';
import { ERROR_CODES, type ErrorCode, toError, WeirError } from '../model/errors.ts';
import { expectOnly } from '../model/expected-error.ts';

const STATUS_MS = 3000;
/** What an order did is answered when it is on the card. */
const ORDER_MS = 10_000;
/** Of one answer of capture; at a longer one the request fails, as if capture could not be reached. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export class CaptureClient {
  readonly #socketPath: string;
  #id = 0;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** @throws WeirError CAPTURE_UNREACHABLE, or the code capture answers with. */
  async status(): Promise<CaptureStatus> {
    return (await this.ask({ verb: 'status' })) as CaptureStatus;
  }

  /** Resolves to the answer's `data`. @throws WeirError CAPTURE_UNREACHABLE, REQUEST_INVALID, or capture's own code. */
  async ask(request: CaptureRequest): Promise<unknown> {
    const id = ++this.#id;
    const timeoutMs = request.verb === 'status' ? STATUS_MS : ORDER_MS;
    const answer = parseAnswer(await this.#exchange(`${JSON.stringify({ id, ...request })}\n`, timeoutMs));
    if (answer.ok === true && answer.id === id) return answer.data;
    throw new WeirError(
      errorCode(answer.code),
      typeof answer.error === 'string' ? answer.error : 'capture refused the request',
    );
  }

  #exchange(line: string, timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#socketPath);
      let answer = '';
      const fail = (reason: string) => {
        socket.destroy();
        reject(unreachable(this.#socketPath, reason));
      };
      socket.setEncoding('utf8');
      socket.setTimeout(timeoutMs, () => fail(`no answer within ${timeoutMs / 1000} s`));
      socket.on('error', (error) => fail(toError(error).message));
      socket.on('connect', () => socket.write(line));
      socket.on('data', (chunk: string) => {
        answer += chunk;
        if (answer.length > MAX_ANSWER_BYTES) return fail('the answer is too long');
        const end = answer.indexOf('\n');
        if (end === -1) return;
        socket.destroy();
        resolve(answer.slice(0, end));
      });
      socket.on('close', () => fail('the connection was closed'));
    });
  }
}

interface Answer {
  readonly id?: unknown;
  readonly ok?: unknown;
  readonly data?: unknown;
  readonly code?: unknown;
  readonly error?: unknown;
}

function parseAnswer(text: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (thrown) {
    expectOnly(thrown, "reading capture's answer", SyntaxError);
    // Falls through: what is no JSON is no answer.
  }
  throw new WeirError('CAPTURE_UNREACHABLE', 'capture answered with something that is no JSON object');
}

function errorCode(code: unknown): ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'REQUEST_INVALID';
}

function unreachable(path: string, reason: string): WeirError {
  return new WeirError(
    'CAPTURE_UNREACHABLE',
    `${path}: capture does not answer (${reason}); captures already made can be read. Start it: weir capture`,
  );
}
