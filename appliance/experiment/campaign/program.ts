// Asks weir-action.socket to run one program of /etc/weir/actions. The appliance itself starts none: systemd starts
// `weir run-action` for each question, under a user that owns nothing, and this side hears what came of it.

import { connect } from 'node:net';
import { systemCode } from '../../model/errors.ts';
import { expectOnly } from '../../model/expected-error.ts';
import { printable } from '../../model/text.ts';

export interface ActionResult {
  readonly ok: boolean;
  /** One printable line: what was done, or why not. */
  readonly text: string;
}

export const PROGRAM_SOCKET = '/run/weir-action.sock';

/** Characters of an answer without a line end; beyond, no more is awaited and what came is read. */
const MAX_ANSWER = 4096;
/** Behind the program's own limit, for the answer. */
const GRACE_MS = 5000;

/** One line `NAME SECONDS` there, one line of JSON back. */
export function askProgram(
  socketPath: string,
  name: string,
  seconds: number,
  signal: AbortSignal,
): Promise<ActionResult> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketPath, signal });
    let answer = '';
    const end = (result: ActionResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.setEncoding('utf8');
    const timer = setTimeout(
      () => end({ ok: false, text: `${name} did not end within ${seconds} s` }),
      seconds * 1000 + GRACE_MS,
    );
    socket.on('connect', () => socket.write(`${name} ${seconds}\n`));
    socket.on('data', (part: string) => {
      answer += part;
      if (answer.includes('\n') || answer.length > MAX_ANSWER) end(readAnswer(answer.split('\n', 1)[0] ?? '', name));
    });
    socket.on('error', (error) => end({ ok: false, text: unreachable(socketPath, error) }));
    socket.on('close', () => {
      clearTimeout(timer);
      end({ ok: false, text: `${name}: nobody said what came of it` });
    });
  });
}

function readAnswer(line: string, name: string): ActionResult {
  try {
    const { ok, text } = JSON.parse(line) as { ok?: unknown; text?: unknown };
    return { ok: ok === true, text: printable(typeof text === 'string' ? text : name, 200) };
  } catch (thrown) {
    expectOnly(thrown, 'reading what a program came to', SyntaxError, TypeError);
    return { ok: false, text: `${name}: the answer is no JSON` };
  }
}

function unreachable(path: string, error: Error): string {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return `${path}: nothing listens there, so no program can be run; systemctl enable --now weir-action.socket`;
  return printable(`${path}: ${error.message}`, 200);
}
