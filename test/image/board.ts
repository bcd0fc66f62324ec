// A board in QEMU that boots a card: its serial console line by line, what the self-test in the image says on it, and its plug.
// Always TCG: KVM may open and then hang.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Card, INITRD, KERNEL, PI3_TREE } from './card.ts';

const LOGS = fileURLToPath(new URL('../../image-logs/', import.meta.url));
const COMMON = ['-display', 'none', '-no-reboot', '-kernel', KERNEL, '-initrd', INITRD, '-accel', 'tcg,thread=multi'];
const SYSTEM =
  'root=LABEL=weir-system rw rootwait net.ifnames=0 quiet loglevel=3 systemd.show_status=0 panic=-1 ' +
  'systemd.default_device_timeout_sec=600 systemd.default_timeout_start_sec=600';
/** QEMU's Pi takes the start of its watchdog for a reset. */
const WITHOUT_WATCHDOG = 'systemd.watchdog_sec=0';
/** After these nothing more comes. */
const DEAD = /Kernel panic|Dropping to a shell|You are in emergency mode|root account is locked/;

export class Board {
  readonly #process: ChildProcess;
  readonly #log: WriteStream;
  readonly #started = performance.now();
  readonly lines: string[] = [];
  /** What the self-test said: name and the rest of the line. */
  readonly said = new Map<string, string>();
  #exited = false;

  private constructor(name: string, words: readonly string[]) {
    mkdirSync(LOGS, { recursive: true });
    this.#log = createWriteStream(`${LOGS}${name}.log`);
    this.#process = spawn('qemu-system-aarch64', words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.once('exit', () => {
      this.#exited = true;
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#hear(line));
  }

  /** QEMU's `virt`: about a Pi 4, the card as a virtio disk, a cable whose port `pagePort` is the page. */
  static virt(name: string, card: Card, words: string, pagePort: number): Board {
    const machine = '-nodefaults -no-user-config -M virt -cpu cortex-a72 -smp 2 -m 1024 -serial stdio';
    const disk = `-drive if=none,id=card,format=raw,file=${card.disk} -device virtio-blk-pci,drive=card`;
    const cable = `-netdev user,id=cable,restrict=on,hostfwd=tcp:127.0.0.1:${pagePort}-:8080 -device virtio-net-pci,netdev=cable`;
    const kernel = ['-append', `console=ttyAMA0 ${SYSTEM} ${words}`];
    return new Board(name, [`${machine} ${disk} ${cable}`.split(' '), COMMON, kernel].flat());
  }

  /** A Pi 3: the card in its slot, no clock that runs without power, no cable. */
  static pi3(name: string, card: Card, words: string): Board {
    const machine = `-M raspi3b -dtb ${PI3_TREE} -serial null -serial stdio -drive if=sd,format=raw,file=${card.disk}`;
    const kernel = ['-append', `console=ttyS1,115200 ${SYSTEM} ${WITHOUT_WATCHDOG} ${words}`];
    return new Board(name, [machine.split(' '), COMMON, kernel].flat());
  }

  #hear(line: string): void {
    const text = line.replaceAll('\r', '');
    this.lines.push(text);
    this.#log.write(`${((performance.now() - this.#started) / 1000).toFixed(1).padStart(6)} ${text}\n`);
    const said = /SELFTEST (\S+) ?(.*)$/.exec(text);
    if (said?.[1] !== undefined) this.said.set(said[1], (said[2] ?? '').trim());
  }

  /** Until the self-test has said `name`; the text after it. */
  async hears(name: string, seconds: number): Promise<string> {
    const until = performance.now() + seconds * 1000;
    for (;;) {
      const text = this.said.get(name);
      if (text !== undefined) return text;
      const how = this.#exited ? 'the machine ended' : this.line(DEAD)?.[0];
      if (how !== undefined || performance.now() > until)
        throw new Error(
          `${name} was not said: ${how ?? `nothing after ${seconds} s`}. Its last words:\n${this.lines.slice(-25).join('\n')}`,
        );
      await pause(200);
    }
  }

  /** The first line that fits, at any time so far. */
  line(pattern: RegExp): RegExpExecArray | undefined {
    for (const line of this.lines) {
      const found = pattern.exec(line);
      if (found !== null) return found;
    }
    return undefined;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** As a power cut: nothing in the machine's memory reaches the card any more. */
  async pullThePlug(): Promise<void> {
    if (!this.#exited) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    this.#log.end();
  }

  /** Waits for its own end. */
  async ends(seconds: number): Promise<void> {
    const until = performance.now() + seconds * 1000;
    while (!this.#exited && performance.now() < until) await pause(200);
    await this.pullThePlug();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
