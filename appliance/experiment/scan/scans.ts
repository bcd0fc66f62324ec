// Scans that were asked for: their turn, their windows in the ledger, their parts, their files. A scan that a kill or a power cut
// interrupted goes on from its last part. Owned by appliance.ts; capture is only notified, and never waits.

import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { DocumentFinding } from '../../model/analysis-document.ts';
import type { CaptureRequest } from '../../model/capture-status.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { orElse, STOPPED } from '../../model/expected-error.ts';
import type { DeviceKey, Mac } from '../../model/mac.ts';
import type { FoundHost, PortScan, ScanProfile, ScanState } from '../../model/scan/port-scan.ts';
import { parsePorts } from '../../model/scan/port-set.ts';
import { formatSeconds } from '../../model/time/clock.ts';
import type { ForgottenDevice } from '../../store/tail/forgotten-devices.ts';
import { portsToLookAt } from './port-looks.ts';
import { MAX_SCANS, readScans, removeScans, writeScan } from './scan-files.ts';
import { ScanFindings } from './scan-findings.ts';
import type { ScanProblem } from './scan-orders.ts';
import { addLooks, addPart, beginScan, closeWindow, openWindow } from './scan-record.ts';
import { type CapturedNetwork, capturedNetworks, noNetwork, refusal } from './scan-target.ts';
import type { Scanner } from './scanner-client.ts';

export interface ScansRoom {
  readonly dataDir: string;
  /** The captured one. */
  readonly interface: string;
  readonly packetsPerSecond: number;
  readonly atOnce: number;
  readonly scanner: Scanner;
  /** Whether nmap is installed here. */
  readonly hasProgram: () => boolean;
  /** Writes into the ledger. @throws WeirError CAPTURE_UNREACHABLE. */
  readonly send: (request: Extract<CaptureRequest, { verb: 'scan-start' | 'scan-end' }>) => Promise<unknown>;
  /** IPv4 addresses that a device was last seen with, newest knowledge first. */
  readonly addressesOf: (device: Mac) => readonly string[];
  /** Devices whose scans of before are removed. */
  readonly forgotten?: (() => readonly ForgottenDevice[]) | undefined;
  readonly problem: (text: string) => void;
}

export interface Discovery {
  readonly state: 'never' | 'running' | 'done' | 'failed';
  readonly reason: string;
  readonly begun: string | null;
  readonly ended: string | null;
  readonly network: string | null;
  readonly hosts: readonly FoundHost[];
}

/** A device that is away is looked for again, ever more seldom: each time is two lines in the ledger. */
const ABSENT_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;
const LOOK_MS = 1000;
const NO_NMAP = 'nmap is not installed on this machine; nothing was scanned. apt install nmap';
/** After three failures in a row a scan is given up, and says so. */
const MAX_TRIES = 3;
/** Answers may come late; until then they are the scan's. */
const TAIL_NS = 2_000_000_000n;
/** Scans that wait; a further order is refused. */
const MAX_WAITING = 256;

export class Scans {
  readonly #room: ScansRoom;
  readonly #scans = new Map<string, PortScan>();
  readonly #found = new ScanFindings();
  /** Monotonic milliseconds before which a scan is not tried again, and how long that wait was. */
  readonly #waits = new Map<string, { readonly until: number; readonly ms: number }>();
  readonly #running = new Map<string, AbortController>();
  readonly #stop = new AbortController();
  #loops: Promise<void>[] = [];
  #discovery: Discovery = { state: 'never', reason: '', begun: null, ended: null, network: null, hosts: [] };

  constructor(room: ScansRoom) {
    this.#room = room;
  }

  start(): void {
    for (const { device, ts } of this.#room.forgotten?.() ?? [])
      removeScans(this.#room.dataDir, device, Number(ts) * 1000);
    for (const scan of readScans(this.#room.dataDir, this.#room.problem)) this.#scans.set(scan.id, scan);
    this.#loops = Array.from({ length: this.#room.atOnce }, () => this.#loop());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    for (const one of this.#running.values()) one.abort();
    await Promise.all(this.#loops);
  }

  get interface(): string {
    return this.#room.interface;
  }

  /** Captured networks as the kernel has them now. */
  networks(): CapturedNetwork[] {
    return capturedNetworks(this.#room.interface, networkInterfaces());
  }

  /** Newest first; of one device or of all. */
  list(device: DeviceKey | null): PortScan[] {
    return [...this.#scans.values()].filter((scan) => device === null || scan.device === device).reverse();
  }

  get(id: string): PortScan | undefined {
    return this.#scans.get(id);
  }

  /** What the newest scan of each device means. */
  get findings(): readonly DocumentFinding[] {
    return this.#found.of(this.list(null));
  }

  get discovery(): Discovery {
    return this.#discovery;
  }

  /** @throws WeirError REQUEST_INVALID in words where the device may or can not be scanned; then nothing was begun. */
  async order(device: Mac, profile: ScanProfile, by: string): Promise<PortScan> {
    if (!this.#room.hasProgram()) throw refused(NO_NMAP);
    const open = this.list(device).find(({ state }) => state === 'waiting' || state === 'running');
    if (open !== undefined) throw refused(`a scan of ${device} is ${open.state} already (${open.id})`);
    if (this.list(device).length >= MAX_SCANS)
      throw refused(`${device} has ${MAX_SCANS} scans; move some away from scans/ and restart weir`);
    if ([...this.#scans.values()].filter(({ state }) => state === 'waiting').length >= MAX_WAITING)
      throw refused(`${MAX_WAITING} scans are waiting already`);
    const address = this.#addressOf(device);
    const { packetsPerSecond: rate } = this.#room;
    const scan = beginScan({ device, address, profile, by, rate }, new Date().toISOString());
    if (this.#scans.has(scan.id)) throw refused(`a scan of ${device} was begun this second`);
    // Taken before it is written: a request meanwhile learns that there is one.
    this.#scans.set(scan.id, scan);
    await this.#keep(scan).catch((thrown: unknown) => {
      this.#scans.delete(scan.id);
      throw thrown;
    });
    return scan;
  }

  /** Ends one for good. @throws WeirError REQUEST_INVALID where it does not run or wait. */
  async end(id: string): Promise<PortScan> {
    const scan = this.#scans.get(id);
    if (scan === undefined || (scan.state !== 'waiting' && scan.state !== 'running'))
      throw refused('there is no such scan, or it has ended');
    const running = this.#running.get(id);
    if (running !== undefined) running.abort();
    else await this.#keep(closeWindow(scan, 'stopped', 'on request', new Date().toISOString()));
    return this.#scans.get(id) ?? scan;
  }

  /** Looks who is there; the answer is `discovery`. @throws WeirError REQUEST_INVALID, CAPTURE_UNREACHABLE. */
  async discover(by: string): Promise<Discovery> {
    if (!this.#room.hasProgram()) throw refused(NO_NMAP);
    if (this.#discovery.state === 'running') throw refused('the network is looked through already');
    if (this.networks().length === 0) throw refused(noNetwork(this.interface));
    const begun = new Date().toISOString();
    const scan = `${begun.slice(0, 19).replaceAll(/[-:]/g, '')}Z-discover`;
    const { interface: name, send } = this.#room;
    await send({ verb: 'scan-start', scan, device: null, address: '0.0.0.0', profile: 'discover', by });
    this.#discovery = { state: 'running', reason: '', begun, ended: null, network: null, hosts: [] };
    void this.#runDiscovery(scan, begun).catch((thrown: unknown) =>
      this.#room.problem(`${name}: ${toError(thrown).message}`),
    );
    return this.#discovery;
  }

  async #runDiscovery(scan: string, begun: string): Promise<void> {
    const { scanner, packetsPerSecond: rate } = this.#room;
    const answer = await scanner.ask({ order: 'discover', rate }, this.#stop.signal);
    const ended = new Date().toISOString();
    const base = { begun, ended, network: null, hosts: [] };
    if (answer.result === 'discover')
      this.#discovery = { ...base, state: 'done', reason: '', network: answer.network, hosts: answer.hosts };
    else
      this.#discovery = { ...base, state: 'failed', reason: answer.result === 'problem' ? answer.text : 'no answer' };
    await this.#tellEnd(scan, null, this.#discovery.state === 'done' ? 'done' : 'failed', '');
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const next = this.#next();
      if (next === undefined)
        await pause(LOOK_MS, undefined, { signal }).catch(orElse(undefined, 'waiting for a scan', STOPPED));
      else await this.#sit(next).catch((thrown: unknown) => this.#later(next, toError(thrown).message));
    }
  }

  /** The longest waiting one whose time has come. One that ran when the appliance ended waits like the others. */
  #next(): PortScan | undefined {
    const now = performance.now();
    return [...this.#scans.values()].find(
      ({ id, state }) =>
        (state === 'waiting' || state === 'running') &&
        !this.#running.has(id) &&
        (this.#waits.get(id)?.until ?? 0) <= now,
    );
  }

  #later(scan: PortScan, why: string): void {
    const ms = Math.min(LONGEST_WAIT_MS, 2 * (this.#waits.get(scan.id)?.ms ?? ABSENT_WAIT_MS / 2));
    this.#waits.set(scan.id, { until: performance.now() + ms, ms });
    this.#room.problem(`scan of ${scan.device} waits: ${why}`);
  }

  /** One sitting: from its line in the ledger to the next one. */
  async #sit(scan: PortScan): Promise<void> {
    const stop = new AbortController();
    this.#running.set(scan.id, stop);
    try {
      await this.#sitting(scan, stop.signal);
    } finally {
      this.#running.delete(scan.id);
    }
  }

  async #sitting(waiting: PortScan, stop: AbortSignal): Promise<void> {
    const { send } = this.#room;
    const { device, profile, by } = waiting;
    // A sitting that a kill ended has a window that is open still.
    if (waiting.windows.some(({ to }) => to === null)) await this.#tellEnd(waiting.id, device, 'waiting', '');
    let address: string;
    try {
      address = this.#addressOf(device, waiting.address);
    } catch (thrown) {
      await this.#keep(closeWindow(waiting, 'waiting', toError(thrown).message, new Date().toISOString()));
      return this.#later(waiting, toError(thrown).message);
    }
    await send({ verb: 'scan-start', scan: waiting.id, device, address, profile, by });
    await this.#keep(openWindow(waiting, address, new Date().toISOString()));
    const problem = await this.#runParts(waiting.id, stop);
    const [state, reason] = this.#endOf(problem, stop);
    const scan = closeWindow(this.#scans.get(waiting.id) ?? waiting, state, reason, new Date().toISOString());
    const sha256 = await this.#keep(scan);
    await this.#tellEnd(scan.id, device, state, sha256);
    if (state === 'waiting' && !this.#stop.signal.aborted) this.#later(scan, reason);
  }

  #endOf(problem: ScanProblem | undefined, stop: AbortSignal): readonly [ScanState, string] {
    if (this.#stop.signal.aborted) return ['waiting', 'for the appliance to start again'];
    if (stop.aborted) return ['stopped', 'on request'];
    if (problem === undefined) return ['done', ''];
    return [problem.kind === 'absent' ? 'waiting' : 'failed', problem.text.slice(0, 1000)];
  }

  /** What ended it before its last part. */
  async #runParts(id: string, stop: AbortSignal): Promise<ScanProblem | undefined> {
    for (let failures = 0; ; ) {
      const scan = this.#scans.get(id);
      const index = scan?.parts.findIndex(({ done }) => done === null) ?? -1;
      const part = scan?.parts[index];
      if (scan === undefined || part === undefined) break;
      const { address, device: mac, scanner } = scan;
      const order = {
        order: 'ports',
        address,
        mac,
        proto: part.proto,
        ports: part.ports,
        rate: scanner.packets_per_second,
      } as const;
      const answer = await this.#room.scanner.ask(order, stop);
      if (stop.aborted) return undefined;
      if (answer.result === 'ports') {
        failures = 0;
        this.#waits.delete(id);
        await this.#keep(addPart(scan, index, answer, new Date().toISOString()));
      } else if (answer.result !== 'problem' || answer.kind !== 'failed' || ++failures === MAX_TRIES)
        return problemOf(answer);
    }
    return this.#look(id, stop);
  }

  async #look(id: string, stop: AbortSignal): Promise<ScanProblem | undefined> {
    const scan = this.#scans.get(id);
    const ports = portsToLookAt(parsePorts(scan?.tcp.open ?? '') ?? []);
    if (scan === undefined || ports.length === 0) return undefined;
    const answer = await this.#room.scanner.ask(
      { order: 'look', address: scan.address, mac: scan.device, ports },
      stop,
    );
    if (stop.aborted) return undefined;
    if (answer.result !== 'look') return problemOf(answer);
    await this.#keep(addLooks(scan, answer.looks));
    return undefined;
  }

  /** @throws WeirError REQUEST_INVALID where it has none that may be scanned. */
  #addressOf(device: Mac, before?: string): string {
    const { interface: name, addressesOf } = this.#room;
    const networks = this.networks();
    // After a start the rows may not be made yet; whose the address is now the scanner asks before each part.
    const known = [...addressesOf(device), ...(before === undefined ? [] : [before])];
    const fit = known.find((address) => refusal(address, name, networks) === undefined);
    if (fit !== undefined) return fit;
    const [first] = known;
    if (first === undefined) throw refused(`no IPv4 address of ${device} is known; nothing was sent`);
    throw refused(refusal(first, name, networks) ?? '');
  }

  async #keep(scan: PortScan): Promise<string> {
    const sha256 = await writeScan(this.#room.dataDir, scan);
    this.#scans.set(scan.id, scan);
    return sha256;
  }

  /** Where capture does not answer the window stays open until the next sitting closes it. */
  async #tellEnd(scan: string, device: Mac | null, state: ScanState, sha256: string): Promise<void> {
    const until = formatSeconds(BigInt(Date.now()) * 1_000_000n + TAIL_NS);
    try {
      await this.#room.send({ verb: 'scan-end', scan, device, until, state, sha256 });
    } catch (thrown) {
      this.#room.problem(`the ledger does not record yet that scan ${scan} ended: ${toError(thrown).message}`);
    }
  }
}

function problemOf(answer: { readonly result: string }): ScanProblem {
  const unlike = { result: 'problem', kind: 'failed', text: 'the scanner answered something else' } as const;
  return answer.result === 'problem' ? (answer as ScanProblem) : unlike;
}

function refused(why: string): WeirError {
  return new WeirError('REQUEST_INVALID', why);
}
