// Runs the machine's own programs for an update (dpkg, apt, systemctl): without a shell, and not as part of the terminal's group, so
// that a connection that breaks off does not end dpkg in the middle.

import { spawn } from 'node:child_process';

export interface Ran {
  /** Exit code; -1 where the program is not there or was ended by a signal. */
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export type RunProgram = (program: string, ...words: readonly string[]) => Promise<Ran>;

/** Of each output, its end; dpkg lists some thousand files. */
const MAX_KEPT_CHARACTERS = 4 << 20;

export const runProgram: RunProgram = (program, ...words) =>
  new Promise((resolve) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
    const child = spawn(program, words, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
    const text = { out: '', err: '' };
    for (const [name, stream] of [['out', child.stdout] as const, ['err', child.stderr] as const])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text[name] = (text[name] + part).slice(-MAX_KEPT_CHARACTERS);
      });
    child.once('error', ({ message }) => resolve({ status: -1, out: '', err: message }));
    child.once('close', (code) => resolve({ status: code ?? -1, ...text }));
  });

/** What a program said last, for one line of ours. */
export function lastWords({ out, err }: Ran): string {
  const said = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';
  return said(err) || said(out) || 'it said nothing';
}
