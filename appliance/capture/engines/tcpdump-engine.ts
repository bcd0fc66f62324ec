// The default engine: tcpdump as a child. Kernel time stamps, exact drop counts, no compiler on the Pi, one capability.
// Why each option is needed: research/capture-engines.md §8; never SIGUSR2, which corrupts the stream (§0).

import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { CaptureSettings } from '../../model/capture-settings.ts';
import { systemCode, WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import type { ChildEnd, ChildKind, EngineChild } from './child-engine.ts';
import { lineSplitter } from './line-splitter.ts';
import { readCounts, readProblem, type TcpdumpCounts, type TcpdumpProblem } from './tcpdump-report.ts';

const run = promisify(execFile);

type TcpdumpSettings = Pick<CaptureSettings, 'interface' | 'filter' | 'ringKiB' | 'snapLength' | 'resolution'>;

/** An answer to SIGUSR1 takes well below a millisecond; a stopped child gives none. */
const ANSWER_MS = 500;
/** libpcap hands a ring block over after one second at the latest. */
const RING_MS = 1100;

/** The arguments after `tcpdump`. */
export function tcpdumpArguments(settings: TcpdumpSettings): string[] {
  return [
    '-i',
    settings.interface,
    // No name look-ups: they would leave the testbed.
    '-n',
    // Each packet into the pipe at once; else an idle device's packets sit in a 4 KiB buffer for minutes.
    '-U',
    '-s',
    String(settings.snapLength),
    // libpcap's own 2 MiB last 0.1 s in a burst.
    '-B',
    String(settings.ringKiB),
    `--time-stamp-precision=${settings.resolution === 'ns' ? 'nano' : 'micro'}`,
    '-w',
    '-',
    '--',
    ...(settings.filter === '' ? [] : [settings.filter]),
  ];
}

export class TcpdumpKind implements ChildKind {
  readonly name = 'tcpdump';
  readonly timestamps = 'kernel';
  readonly #settings: TcpdumpSettings;

  constructor(settings: TcpdumpSettings) {
    this.#settings = settings;
  }

  async check(): Promise<void> {
    const { filter } = this.#settings;
    try {
      if (filter === '') await run('tcpdump', ['--version']);
      else await run('tcpdump', ['-y', 'EN10MB', '-d', '--', filter], { timeout: 5000 });
    } catch (error) {
      if (systemCode(error) === 'ENOENT') throw missing(error);
      const said = printable(String((error as { stderr?: unknown }).stderr ?? error).split('\n')[0] ?? '');
      throw new WeirError(
        'CAPTURE_FILTER',
        `Capture filter '${printable(filter)}' is refused: ${said}. Nothing is captured. Correct capture.filter.`,
        { cause: error },
      );
    }
  }

  spawn(writeFd: number): EngineChild {
    // Detached: the terminal's Ctrl-C is for capture, which ends tcpdump when its ring is empty.
    const options = { detached: true, stdio: ['ignore', writeFd, 'pipe'] } satisfies SpawnOptions;
    const child = spawn('tcpdump', tcpdumpArguments(this.#settings), options);
    return new TcpdumpChild(child, this.#settings.interface);
  }
}

function missing(cause: unknown): WeirError {
  const message = 'tcpdump is not installed. Nothing is captured. `apt install tcpdump`, or set capture.engine to cap.';
  return new WeirError('ENGINE_MISSING', message, { cause });
}

class TcpdumpChild implements EngineChild {
  readonly process: ChildProcess;
  readonly #interface: string;
  readonly #counts: TcpdumpCounts = { captured: null, received: null, dropped: null };
  #complaint = '';
  #spawnError: Error | null = null;
  /** Said after its signal handlers are in place; SIGUSR1 before that would end it. */
  #listening = false;
  #asked: Promise<boolean> | null = null;
  #answered: () => void = () => undefined;
  /** Whether the newest counts are those of its end. */
  #final = false;

  constructor(child: ChildProcess, networkInterface: string) {
    this.process = child;
    this.#interface = networkInterface;
    child.on('error', (error) => (this.#spawnError = error));
    child.stderr?.setEncoding('utf8').on(
      'data',
      lineSplitter(1000, (line) => this.#read(line)),
    );
  }

  #read(line: string): void {
    if (!readCounts(line, this.#counts)) {
      if (line.includes('listening on')) this.#listening = true;
      else this.#complaint = line.replace(/^tcpdump: /, '');
      return;
    }
    // At its end tcpdump prints three lines, for SIGUSR1 one.
    this.#final = !line.includes(',') && line.includes('dropped by kernel');
    if (this.#counts.dropped !== null) this.#answered();
  }

  answers(): Promise<boolean> {
    return this.#ask();
  }

  async counts(fresh: boolean): Promise<{ received: number | null; dropped: number | null }> {
    if (fresh) await this.#ask();
    return { received: this.#counts.received ?? 0, dropped: this.#counts.dropped ?? 0 };
  }

  /** One question at a time; all who want to know share it. */
  #ask(): Promise<boolean> {
    if (!this.#listening) return Promise.resolve(false);
    this.#asked ??= new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), ANSWER_MS);
      this.#answered = () => {
        clearTimeout(timer);
        resolve(true);
      };
      if (!this.process.kill('SIGUSR1')) resolve(false);
    }).finally(() => (this.#asked = null));
    return this.#asked;
  }

  async settle(): Promise<void> {
    const until = performance.now() + RING_MS;
    while (performance.now() < until && this.process.exitCode === null) {
      await this.#ask();
      const { captured, received, dropped } = this.#counts;
      if (captured !== null && captured === (received ?? 0) - (dropped ?? 0)) return;
      await sleep(50);
    }
  }

  end(): ChildEnd {
    const { received, dropped } = this.#counts;
    const base = { received: this.#final ? received : null, dropped };
    if (this.#spawnError !== null) {
      return { ...base, wait: false, fatal: missing(this.#spawnError), reason: 'tcpdump could not be started' };
    }
    const problem = this.#complaint === '' ? 'other' : readProblem(this.#complaint);
    const said = printable(this.#complaint);
    const { exitCode, signalCode } = this.process;
    const how = signalCode === null ? `exit ${exitCode}` : signalCode;
    const wait = problem === 'missing' || problem === 'down';
    return { ...base, wait, fatal: this.#fatal(problem, said), reason: this.#reason(problem, said, how) };
  }

  #fatal(problem: TcpdumpProblem, said: string): WeirError | null {
    const name = printable(this.#interface);
    if (problem === 'permission') {
      const message = `No permission to capture on ${name} (${said}). Nothing is captured. Run as root, or give CAP_NET_RAW.`;
      return new WeirError('CAPTURE_PERMISSION', message);
    }
    if (problem !== 'filter') return null;
    return new WeirError('CAPTURE_FILTER', `Capture filter is refused on ${name}: ${said}. Correct capture.filter.`);
  }

  #reason(problem: TcpdumpProblem, said: string, how: string): string {
    const name = printable(this.#interface);
    const retry = 'capture looks again by itself';
    if (problem === 'missing') return `interface ${name} does not exist; ${retry}; \`ip link\` lists what there is`;
    if (problem === 'down') return `interface ${name} is down; ${retry}; \`ip link set ${name} up\``;
    if (problem === 'disappeared') return `interface ${name} disappeared; ${retry}`;
    return `tcpdump ended (${how}${said === '' ? '' : `: ${said}`}); it is started again`;
  }
}
