// The first process inside a home's namespaces, started by home.ts: it builds the network, starts servers and devices,
// obeys the control socket. When it ends, the process namespace ends, and everything in it.
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROUTER_UPSTREAM } from './clouds.ts';
import { startControl } from './control.ts';
import type { HomePhase } from './device/life.ts';
import type { DeviceMessage, DeviceOrder, HomeFailure, HomeReply, HomeRequest, SupervisorMessage } from './messages.ts';
import {
  connectDevice,
  connectInternet,
  countFrames,
  dnsmasqArguments,
  INTERNET,
  inNamespace,
  makeBridge,
  makeNamespaces,
} from './network.ts';
import { type HomeDevice, rosterFor } from './roster.ts';

const SILENCE_MS = 2500;
const SILENCE_LIMIT_MS = 60_000;
// Long: on a busy machine ten Node processes start at once; a device that gets a lease ends the wait.
const LEASE_LIMIT_MS = 60_000;
const KEPT_FAILURES = 100;
/** Devices are small programs; this keeps a home of twelve processes below half a gigabyte. */
const NODE_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1'];

class Supervisor {
  readonly #folder: string;
  readonly #devices: readonly HomeDevice[];
  readonly #children = new Map<string, ChildProcess>();
  readonly #failures: HomeFailure[] = [];
  #phase: HomePhase = 'idle';
  #calm: NodeJS.Timeout | undefined;

  constructor(seed: number, folder: string) {
    this.#folder = folder;
    this.#devices = rosterFor(seed);
  }

  /** The order in which a home comes up. */
  async start(): Promise<void> {
    const steps: readonly (readonly [string, () => void | Promise<void>])[] = [
      ['namespaces', () => makeNamespaces(this.#devices)],
      ['bridge', makeBridge],
      ['link to the Internet, address translation', connectInternet],
      ['clouds: DNS, NTP, HTTP, TLS, MQTT', () => this.#startInternet()],
      ['router: DHCP and DNS', () => this.#startDnsmasq()],
      [`${this.#devices.length} devices`, () => this.#startDevices()],
      ['control socket', () => startControl(`${this.#folder}/home.sock`, (request) => this.#obey(request))],
    ];
    for (const [text, step] of steps) {
      send({ type: 'step', text });
      await step();
    }
  }

  async #startInternet(): Promise<void> {
    const child = this.#startNode(INTERNET, 'internet/main.js', {});
    await firstMessage(child, 'the clouds do not start');
  }

  #startDnsmasq(): void {
    const list = dnsmasqArguments(this.#devices, ROUTER_UPSTREAM, `${this.#folder}/leases`);
    this.#watch('dnsmasq', spawn('dnsmasq', list, { stdio: ['ignore', 'inherit', 'inherit'] }));
  }

  async #startDevices(): Promise<void> {
    for (const device of this.#devices) connectDevice(device);
    await Promise.all(
      this.#devices.map(async ({ name }) => {
        const child = this.#startNode(name, 'device/main.js', { TESTBED_DEVICE: name });
        child.on('message', (message) => this.#hear(name, message as DeviceMessage));
        await firstMessage(child, `${name} gets no lease`);
      }),
    );
  }

  #startNode(namespace: string, script: string, extra: NodeJS.ProcessEnv): ChildProcess {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const [program, ...list] = [...inNamespace(namespace), process.execPath, ...NODE_FLAGS, path];
    const env = { ...process.env, ...extra, TESTBED_AUTHORITY: `${this.#folder}/authority.pem` };
    return this.#watch(namespace, spawn(program, list, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  }

  /** A home that lost a member is no home: tests would count on traffic that cannot come. */
  #watch(name: string, child: ChildProcess): ChildProcess {
    child.on('error', (error) => fail(`${name}: ${error.message}`));
    child.on('exit', (code, signal) => fail(`${name} ended by itself (${signal ?? code})`));
    this.#children.set(name, child);
    return child;
  }

  #hear(device: string, message: DeviceMessage): void {
    if (message.type !== 'failure') return;
    const { job, reason } = message;
    if (this.#failures.length < KEPT_FAILURES) this.#failures.push({ device, job, reason });
    appendFileSync(`${this.#folder}/home.log`, `${new Date().toISOString()} ${device}: ${job}: ${reason}\n`);
  }

  async #obey(request: HomeRequest): Promise<HomeReply> {
    switch (request.verb) {
      case 'intensive':
        if (!(request.seconds > 0)) return { ok: false, error: 'seconds must be a number above zero' };
        this.#setPhase('intensive');
        this.#calm = setTimeout(() => this.#setPhase('idle'), request.seconds * 1000);
        break;
      case 'idle':
        this.#setPhase('idle');
        break;
      case 'quiesce':
        await this.#quiesce();
        break;
      case 'resume':
        this.#order({ type: 'resume' });
        break;
      case 'status':
        break;
      default:
        return { ok: false, error: 'unknown verb' };
    }
    return { ok: true, phase: this.#phase, failures: this.#failures };
  }

  #setPhase(phase: HomePhase): void {
    clearTimeout(this.#calm);
    this.#phase = phase;
    this.#order({ type: 'phase', phase });
  }

  #order(order: DeviceOrder): void {
    for (const { name } of this.#devices) this.#children.get(name)?.send(order);
  }

  /** Every device finishes what it is doing and starts nothing more; then the kernels' last words are awaited. */
  async #quiesce(): Promise<void> {
    const rest = this.#devices.map(({ name }) => nextPaused(this.#children.get(name)));
    this.#order({ type: 'pause' });
    await Promise.all(rest);
    const deadline = Date.now() + SILENCE_LIMIT_MS;
    for (let before = -1, now = frames(); before !== now; now = frames()) {
      if (Date.now() > deadline) throw new Error('the home does not become silent');
      before = now;
      await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    }
  }
}

function frames(): number {
  return countFrames(readFileSync('/proc/self/net/dev', 'utf8'));
}

function nextPaused(child: ChildProcess | undefined): Promise<void> {
  return new Promise((resolve) => {
    const onMessage = (message: unknown): void => {
      if ((message as DeviceMessage).type !== 'paused') return;
      child?.off('message', onMessage);
      resolve();
    };
    child?.on('message', onMessage);
  });
}

function firstMessage(child: ChildProcess, complaint: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(complaint)), LEASE_LIMIT_MS);
    child.once('message', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function send(message: SupervisorMessage): void {
  process.send?.(message);
}

function fail(reason: string): void {
  process.send?.({ type: 'failed', reason } satisfies SupervisorMessage, () => process.exit(1));
}

const folder = process.env['TESTBED_FOLDER'];
if (folder === undefined) throw new TypeError('TESTBED_FOLDER names the folder of the home');
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message === 'stop') process.exit(0);
});
const supervisor = new Supervisor(Number(process.env['TESTBED_SEED']), folder);
await supervisor.start().then(
  // /proc belongs to the process namespace outside, so its "self" is the number that others know us by.
  () => send({ type: 'ready', pid: Number(readlinkSync('/proc/self')) }),
  (reason: unknown) => fail(String(reason)),
);
