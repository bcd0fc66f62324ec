// The engine for hosts without tcpdump: node-cap, always in a disposable child of its own (cap-child.ts), because it aborts its
// process when the interface goes down. It has no kernel time, no original lengths and no drop counter: all that is unknown.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CaptureSettings } from '../../model/capture-settings.ts';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import type { ChildEnd, ChildKind, EngineChild } from './child-engine.ts';
import { lineSplitter } from './line-splitter.ts';

type CapSettings = Pick<CaptureSettings, 'interface' | 'filter' | 'ringKiB' | 'resolution'>;

/** The child's file; TypeScript's output keeps the name, next to this file. */
const CHILD = fileURLToPath(new URL('./cap-child.js', import.meta.url));
/** node-cap polls at least this often while packets come. */
const SETTLE_MS = 100;

/** How cap-child.ts begins what it says where the module is not there. */
const CAP_MISSING = 'cap-missing';

export class CapKind implements ChildKind {
  readonly name = 'cap';
  readonly timestamps = 'userspace';
  readonly #settings: CapSettings;

  constructor(settings: CapSettings) {
    this.#settings = settings;
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  spawn(writeFd: number): EngineChild {
    const { interface: name, filter, ringKiB, resolution } = this.#settings;
    const options = [CHILD, name, filter, String(ringKiB), resolution];
    const child = spawn(process.execPath, options, { detached: true, stdio: ['ignore', writeFd, 'pipe'] });
    return new CapChild(child, name);
  }
}

class CapChild implements EngineChild {
  readonly process: ChildProcess;
  readonly #interface: string;
  #complaint = '';

  constructor(child: ChildProcess, networkInterface: string) {
    this.process = child;
    this.#interface = networkInterface;
    child.stderr?.setEncoding('utf8').on(
      'data',
      lineSplitter(1000, (line) => {
        if (this.#complaint === '' && line.trim() !== '') this.#complaint = line;
      }),
    );
  }

  answers(): Promise<boolean> {
    return Promise.resolve(this.process.exitCode === null);
  }

  counts(): Promise<{ received: null; dropped: null }> {
    return Promise.resolve({ received: null, dropped: null });
  }

  settle(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }

  end(): ChildEnd {
    const name = printable(this.#interface);
    const said = printable(this.#complaint);
    const { exitCode, signalCode } = this.process;
    const counts = { received: null, dropped: null };
    const gone = /no such device|doesn't exist|not up|network is down/i.test(said);
    if (gone)
      return {
        ...counts,
        wait: true,
        fatal: null,
        reason: `interface ${name} is missing or down; capture looks again by itself`,
      };
    const how = signalCode ?? `exit ${exitCode}`;
    const reason = `cap ended on ${name} (${how}${said === '' ? '' : `: ${said}`}); it is started again`;
    return { ...counts, wait: false, fatal: this.#fatal(said, name), reason };
  }

  #fatal(said: string, name: string): WeirError | null {
    if (said.startsWith(CAP_MISSING)) {
      const message = `The cap module is not installed (${said}). Nothing is captured. Install tcpdump and set capture.engine to tcpdump.`;
      return new WeirError('ENGINE_MISSING', message);
    }
    if (/permission|not permitted/i.test(said)) {
      return new WeirError(
        'CAPTURE_PERMISSION',
        `No permission to capture on ${name} (${said}). Run as root, or give CAP_NET_RAW.`,
      );
    }
    if (!/syntax error|filter|expression/i.test(said)) return null;
    return new WeirError('CAPTURE_FILTER', `Capture filter is refused on ${name}: ${said}. Correct capture.filter.`);
  }
}
