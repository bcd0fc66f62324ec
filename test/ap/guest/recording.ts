// `weir capture` on the bridge and a tcpdump next to it as the second opinion.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest, Running } from './guest.ts';

export const BRIDGE_FILE = '/mnt/out/bridge.pcap';
const CAPTURES = '/var/lib/weir/captures';

export class Recording {
  readonly #guest: Guest;
  #capture: Running | undefined;
  #tcpdump: Running | undefined;
  /** Runs of capture in the ledger before this one. */
  #runsBefore = 0;
  /** Both listened until then, in seconds since 1970: a frame of a later moment may be in one of them only. */
  #commonEnd = Number.POSITIVE_INFINITY;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Waits for its interface by itself; the access point may come later. */
  startCapture(): void {
    this.#runsBefore = captureRuns();
    this.#commonEnd = Number.POSITIVE_INFINITY;
    this.#capture = this.#guest.weir(['capture'], 'capture');
  }

  /** True when both listen. */
  async startTcpdump(): Promise<boolean> {
    const guest = this.#guest;
    this.#tcpdump = guest.start('tcpdump', [
      'tcpdump',
      '-i',
      'br-weir',
      '-n',
      '-U',
      '--immediate-mode',
      '-s',
      '0',
      '-Z',
      'root',
      '-w',
      BRIDGE_FILE,
    ]);
    const hears = await guest.until(() => this.#tcpdump?.output().includes('listening on') === true, 30);
    return hears && (await guest.until(() => this.#isCapturing(), 240));
  }

  #isCapturing(): boolean {
    // Its engine's child is the second tcpdump.
    return captureRuns() > this.#runsBefore && Number(this.#guest.sh('pgrep -x tcpdump | wc -l').out) >= 2;
  }

  /** What counts ends in the middle of a pause, in which nobody but ARP has anything to say. */
  async stop(): Promise<{ readonly tcpdump: number; readonly said: string }> {
    this.#commonEnd = Date.now() / 1000 + 0.5;
    await this.#guest.pause(1);
    await this.#tcpdump?.stop('SIGINT');
    await this.#capture?.stop();
    const said = this.#tcpdump?.output() ?? '';
    return { tcpdump: Number(/(\d+) packets captured/.exec(said)?.[1] ?? -1), said };
  }

  said(): string {
    return this.#capture?.output() ?? '';
  }

  /** Frames of all files of a device that meet the filter, from the time that both listened. */
  count(folder: string, filter = ''): number {
    return this.files(folder).reduce((sum, file) => sum + this.countIn(file, filter), 0);
  }

  files(folder: string): string[] {
    const found = guestFiles(join(CAPTURES, folder));
    return found.filter((file) => file.endsWith('.pcap'));
  }

  countIn(file: string, filter = '', until = this.#commonEnd): number {
    const times = this.#guest.sh(`tcpdump -n -tt -r ${file} '${filter}' 2>/dev/null | cut -d' ' -f1`).out;
    return times.split('\n').filter((time) => time !== '' && Number(time) <= until).length;
  }

  gaps(): { readonly reason: string; readonly seconds: number }[] {
    return guestText('/var/lib/weir/ledger.ndjson')
      .split('\n')
      .filter((line) => line.includes('"type":"gap"'))
      .map((line) => JSON.parse(line) as { reason: string; from: string; to: string })
      .map(({ reason, from, to }) => ({ reason, seconds: Number(to) - Number(from) }));
  }
}

function captureRuns(): number {
  return guestText('/var/lib/weir/ledger.ndjson').split('"type":"start"').length - 1;
}

function guestText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function guestFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  } catch {
    return [];
  }
}
