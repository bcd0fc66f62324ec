// `weir diff` of the appliance's own folder in a process of its own: its memory goes when it ends, and what it reads keeps nobody waiting.
// Asked by comparisons.ts.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expectOnly, UNREADABLE } from '../model/expected-error.ts';
import { printable } from '../model/text.ts';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const HEAP_MEGABYTES = 192;
const LOWEST_PRIORITY = 19;
/** The kernel ends it before anything else of the service. */
const FIRST_TO_END = '1000';
/** Of one comparison; with more it is refused, and `weir diff` on the command line is named instead. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** Characters of what the child reported, for the error. */
const MAX_WORDS = 4096;

export interface DiffOrder {
  readonly dataDir: string;
  /** MAC; null for all devices. */
  readonly device: string | null;
  readonly a: string;
  readonly b: string;
}

/** The JSON text of the comparison, or why there is none: one line. */
export type DiffEnd = { readonly text: string } | { readonly why: string };

/** @param limitMs it is ended when it takes longer */
export function runDiff({ dataDir, device, a, b }: DiffOrder, limitMs: number, stop: AbortSignal): Promise<DiffEnd> {
  const words = [`--max-old-space-size=${HEAP_MEGABYTES}`, MAIN, 'diff', '--json'];
  if (device !== null) words.push('--device', device);
  return new Promise((resolve) => {
    // Behind `--` nothing is an option.
    const child = spawn(process.execPath, [...words, '--', a, b, dataDir], { stdio: ['ignore', 'pipe', 'pipe'] });
    giveWay(child.pid);
    const parts: Buffer[] = [];
    let bytes = 0;
    let said = '';
    let why = '';
    const end = (reason: string) => {
      why ||= reason;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(
      () => end(`it took longer than ${limitMs / 60_000} min; \`weir diff\` on the command line takes any time`),
      limitMs,
    );
    const onStop = () => end('the appliance stops');
    stop.addEventListener('abort', onStop);
    child.stdout.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > MAX_ANSWER_BYTES) end('the answer is too long; `weir diff` on the command line prints it');
      else parts.push(part);
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      said = (said + part).slice(-MAX_WORDS);
    });
    const settle = (value: DiffEnd) => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      resolve(value);
    };
    child.once('error', (error) => settle({ why: `\`weir diff\` did not start (${printable(error.message, 200)})` }));
    child.once('close', (code, signal) => {
      if (code === 0 && why === '') return settle({ text: Buffer.concat(parts).toString('utf8') });
      const last =
        said
          .trimEnd()
          .split('\n')
          .at(-1)
          ?.replace(/^weir: /, '')
          // The request's own code is the one that people see.
          .replace(/ \[[A-Z_]+\]$/, '') ?? '';
      settle({ why: why || printable(last, 1000) || `\`weir diff\` ended with ${signal ?? code}` });
    });
    if (stop.aborted) onStop();
  });
}

/** Where the service may not, it runs like the rest of it. */
function giveWay(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, FIRST_TO_END);
    setPriority(pid, LOWEST_PRIORITY);
  } catch (thrown) {
    expectOnly(thrown, 'giving way to others', ...UNREADABLE, 'ESRCH', 'ERR_SYSTEM_ERROR');
  }
}
