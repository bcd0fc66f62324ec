// Asks the appliance on its Unix socket, where file permission is the credential: what the verbs below print.

import { request } from 'node:http';
import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { systemCode, WeirError } from '../model/errors.ts';
import { APPLIANCE_SOCKET } from '../model/files/run-files.ts';

/** An answer of the appliance is kept whole in memory; a longer one ends the request with an error. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface LocalOptions {
  readonly config?: string;
  readonly json?: boolean | undefined;
}

/** @throws WeirError APPLIANCE_UNREACHABLE, or REQUEST_INVALID with the appliance's own words. */
export function askAppliance<T>(
  options: LocalOptions,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const socketPath = join(loadConfig(options.config).config.data.dir, APPLIANCE_SOCKET);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((done, fail) => {
    const ask = request({ socketPath, path, method, headers, timeout: 10_000 }, (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > MAX_ANSWER_BYTES) answer.destroy(new Error('the answer is too long'));
        else parts.push(part);
      });
      answer.once('error', fail);
      answer.once('end', () => settle(answer.statusCode ?? 0, Buffer.concat(parts).toString('utf8'), done, fail));
    });
    ask.once('timeout', () => ask.destroy(new Error('no answer within 10 s')));
    ask.once('error', (error) => fail(unreachable(socketPath, error)));
    ask.end(text);
  });
}

function settle<T>(status: number, text: string, done: (value: T) => void, fail: (error: WeirError) => void): void {
  const value: unknown = text === '' ? undefined : JSON.parse(text);
  if (status < 300) return done(value as T);
  const { error } = (value ?? {}) as { error?: unknown };
  fail(
    new WeirError('REQUEST_INVALID', `the appliance refused: ${typeof error === 'string' ? error : `HTTP ${status}`}`),
  );
}

function unreachable(socketPath: string, error: Error): WeirError {
  const why =
    systemCode(error) === 'ENOENT' || systemCode(error) === 'ECONNREFUSED' ? 'nothing listens there' : error.message;
  return new WeirError(
    'APPLIANCE_UNREACHABLE',
    `${socketPath}: ${why}; nothing was asked. Start \`weir appliance\`, or name its --config.`,
  );
}
