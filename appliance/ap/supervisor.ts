// `weir ap run`: brings the access point up, watches it, brings it back, and says how it is. `#keepUp` is the table of contents: a
// life of hostapd after the other (session.ts), with what has to be true before and what is done after.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { toError, WeirError } from '../model/errors.ts';
import { orElse, STOPPED } from '../model/expected-error.ts';
import { printable } from '../model/text.ts';
import { BackOff } from './back-off.ts';
import { addRoutes, applyPlan, checkFiles, LEASE_FILE, type RenderedFiles, writeFiles } from './machine/apply.ts';
import { Changes } from './machine/changes.ts';
import { Daemon, endLeftover } from './machine/daemon.ts';
import { rebindDriver } from './machine/driver.ts';
import { isFirmwareHalt, KernelLog } from './machine/kernel-log.ts';
import { readText, run } from './machine/machine.ts';
import { findUplink, isPresent } from './machine/machine-facts.ts';
import { giveLinksBack } from './machine/network-managers.ts';
import type { ApPlan } from './plan.ts';
import { applianceId, capturedLinks, type Prepared, prepare } from './prepare.ts';
import { REMOVE_FIREWALL } from './render/render-firewall.ts';
import { Session, type SessionEnd } from './session.ts';
import { ProblemBook } from './status/problem-book.ts';
import { AP_RUN_FOLDER, type ApState, type ApStatus } from './status/status.ts';
import { makeStatus, writeStatus } from './status/status-file.ts';
import { isExhaustion, parseLeases } from './watch/leases.ts';
import { judgeLocalTraffic, parseCounter } from './watch/local-traffic.ts';
import { parseStationDump } from './watch/station-dump.ts';
import { StationTable } from './watch/station-table.ts';

/** How often is looked after it; what hostapd says is heard at once. */
const LOOK_MS = 2000;
/** What costs a program run each. */
const LOOKS_BETWEEN_CHECKS = 5;
/** While nothing was ever up, everything is taken back between two tries. */
const FAILED_BACK_OFF = [10_000, 300_000, 60_000] as const;
/** The first repair comes at once. */
const REPAIR_BACK_OFF = [2000, 60_000, 60_000] as const;
/** Capture makes the appliance's id at its first start, which may be this very moment. */
const IDENTITY_WAIT_MS = 10_000;

export interface SupervisorEvents {
  /** One line for the operator. */
  say(text: string): void;
  /** The first try is over, whatever came of it. */
  ready(): void;
}

export class Supervisor {
  readonly #config: Config;
  readonly #events: SupervisorEvents;
  readonly #changes = new Changes();
  readonly #stations = new StationTable();
  readonly #book = new ProblemBook();
  readonly #kernelLog = new KernelLog();
  readonly #stopping = new AbortController();
  readonly #failed = new BackOff(...FAILED_BACK_OFF);
  readonly #repair = new BackOff(...REPAIR_BACK_OFF);
  #state: ApState = 'starting';
  #since = Date.now();
  #reason = '';
  #prepared: Prepared | undefined;
  #session: Session | undefined;
  #dnsmasq: Daemon | undefined;
  #withoutIsolation = false;
  /** It was up as planned once: what fails later has another cause. */
  #isProven = false;
  #observed = 0;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #loop: Promise<void> = Promise.resolve();
  #lastLook = performance.now();

  constructor(config: Config, events: SupervisorEvents) {
    this.#config = config;
    this.#events = events;
  }

  /** Whether it looks after things; for the watchdog. */
  get isAlive(): boolean {
    return performance.now() - this.#lastLook < 10 * LOOK_MS;
  }

  start(): void {
    for (const name of ['hostapd', 'dnsmasq']) endLeftover(name);
    this.#kernelLog.start();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    this.#loop = this.#keepUp();
  }

  /** Takes back everything that was set. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#session?.finish('other', 'stopped');
    await this.#loop;
    clearInterval(this.#timer);
    this.#kernelLog.stop();
    await this.#takeBack();
    this.#become('stopped', '');
  }

  async #keepUp(): Promise<void> {
    const needsId = this.#config.ap.ssid === '';
    await this.#waitFor(() => !needsId || applianceId(this.#config.data.dir) !== undefined, IDENTITY_WAIT_MS);
    while (!this.#stopping.signal.aborted) {
      const began = performance.now();
      const end = await this.#live();
      if (this.#stopping.signal.aborted) break;
      await this.#after(end, performance.now() - began);
      this.#events.ready();
    }
  }

  /** Until something is wrong. Never rejects: what is thrown is the end of this life. */
  async #live(): Promise<SessionEnd> {
    try {
      await this.#waitForRadio();
      if (this.#stopping.signal.aborted) return { kind: 'other', text: 'stopped', wasUp: false };
      const prepared = await prepare(this.#config, this.#changes, this.#withoutIsolation);
      const files = writeFiles(prepared.plan, AP_RUN_FOLDER);
      await checkFiles(files);
      this.#prepared = prepared;
      await applyPlan(prepared.plan, this.#changes);
      await this.#startDnsmasq(files);
      this.#session = new Session(prepared.plan, files, this.#stations);
      this.#book.hostapdStarts++;
      return await this.#session.run(() => this.#up());
    } catch (thrown) {
      const text =
        thrown instanceof WeirError ? thrown.message : `internal error (please report): ${toError(thrown).stack ?? ''}`;
      return { kind: thrown instanceof WeirError ? 'refused' : 'other', text: printable(text, 500), wasUp: false };
    } finally {
      this.#session = undefined;
    }
  }

  #up(): void {
    this.#isProven = true;
    this.#become('up', '');
    this.#events.ready();
  }

  /** Counts, says, repairs, waits. */
  async #after({ kind, text, wasUp }: SessionEnd, livedMs: number): Promise<void> {
    const isKnown = this.#state === 'up' || this.#state === 'repairing' || wasUp;
    this.#book.note(kind, text, Date.now());
    if (!wasUp && this.#triesWithoutIsolation()) return;
    if (isKnown) {
      this.#book.repairs++;
      this.#become('repairing', text);
      if (kind === 'firmware_halted') await this.#rebind();
      return this.#wait(this.#repair.next(livedMs));
    }
    await this.#takeBack();
    const delay = Math.max(this.#failed.next(livedMs), FAILED_BACK_OFF[0]);
    this.#become('failed', `${text} The next try is in ${Math.round(delay / 1000)} s.`);
    return this.#wait(delay);
  }

  /** Drivers differ in how they refuse it; a radio that forwards by itself is better than none, and the result says so. */
  #triesWithoutIsolation(): boolean {
    if (this.#isProven || this.#withoutIsolation || this.#prepared?.plan.isolate !== true) return false;
    this.#withoutIsolation = true;
    this.#events.say('the access point did not come up; trying without isolation of stations');
    return true;
  }

  async #rebind(): Promise<void> {
    const done = await rebindDriver(this.#config.ap.interface);
    this.#events.say(
      done ? 'the driver of the radio was bound again' : 'the driver of the radio cannot be bound again',
    );
  }

  async #startDnsmasq(files: RenderedFiles): Promise<void> {
    await this.#dnsmasq?.stop();
    const words = ['dnsmasq', '--keep-in-foreground', '--log-facility=-', '--pid-file', `--conf-file=${files.dnsmasq}`];
    const daemon = new Daemon(
      'dnsmasq',
      [...words, ...(process.env['WEIR_AP_NO_PING'] === '1' ? ['--no-ping'] : [])],
      (line) => {
        if (isExhaustion(line)) this.#book.dhcpExhausted++;
      },
    );
    this.#dnsmasq = daemon;
    daemon.start();
  }

  async #takeBack(): Promise<void> {
    await this.#dnsmasq?.stop();
    this.#dnsmasq = undefined;
    await giveLinksBack(await this.#changes.undo(REMOVE_FIREWALL));
  }

  async #waitForRadio(): Promise<void> {
    const { interface: radio } = this.#config.ap;
    if (isPresent(radio)) return;
    const text = `the radio ${radio} is not there; it is waited for`;
    this.#become(this.#state === 'up' || this.#state === 'repairing' ? 'repairing' : 'starting', text);
    this.#events.ready();
    await this.#waitFor(() => isPresent(radio), Number.POSITIVE_INFINITY);
  }

  async #waitFor(condition: () => boolean, limitMs: number): Promise<void> {
    const end = performance.now() + limitMs;
    while (!condition() && performance.now() < end && !this.#stopping.signal.aborted) await this.#wait(500);
  }

  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(
      orElse(undefined, 'waiting for the next attempt', STOPPED),
    );
  }

  async #look(): Promise<void> {
    this.#lastLook = performance.now();
    const halt = this.#kernelLog.news().find(isFirmwareHalt);
    if (halt !== undefined)
      this.#session?.finish('firmware_halted', 'the firmware of the radio has stopped (kernel log)');
    this.#session?.look();
    const plan = this.#prepared?.plan;
    if (this.#session?.isUp === true && plan !== undefined) {
      await this.#askStations(plan);
      await this.#keepDnsmasq();
      if (this.#looks++ % LOOKS_BETWEEN_CHECKS === 0) await this.#check(plan);
    }
    this.#write();
  }

  async #askStations({ networks }: ApPlan): Promise<void> {
    for (const { link } of networks) {
      const { out } = await run('iw', ['dev', link, 'station', 'dump']);
      this.#stations.listed(parseStationDump(out));
    }
  }

  async #keepDnsmasq(): Promise<void> {
    if (this.#dnsmasq?.isRunning !== false || this.#stopping.signal.aborted) return;
    this.#book.note('dnsmasq_ended', 'dnsmasq ended and was started again', Date.now());
    this.#book.repairs++;
    this.#events.say('dnsmasq ended; it is started again');
    this.#dnsmasq.start();
  }

  /** The way out may have changed, and a frame between devices may have passed. */
  async #check(plan: ApPlan): Promise<void> {
    const { out } = await run('nft', ['list', 'counter', 'bridge', 'weir', 'local_unicast']);
    this.#observed = Math.max(this.#observed, parseCounter(out));
    const { ap } = this.#config;
    const uplink = ap.uplink || (await findUplink(capturedLinks(this.#config)));
    if (uplink !== plan.networks[0]?.uplink) await this.#followUplink();
    else await addRoutes(plan, this.#changes);
  }

  /** The fence is replaced as a whole; no station has to associate again. */
  async #followUplink(): Promise<void> {
    try {
      const prepared = await prepare(this.#config, this.#changes, this.#withoutIsolation);
      await applyPlan(prepared.plan, this.#changes);
      this.#prepared = prepared;
      this.#events.say(`the way to the Internet is now ${prepared.plan.networks[0]?.uplink || 'none'}`);
    } catch (thrown) {
      this.#events.say(`the way to the Internet cannot be followed: ${toError(thrown).message}`);
    }
  }

  #become(state: ApState, reason: string): void {
    if (state !== this.#state) this.#since = Date.now();
    this.#state = state;
    this.#reason = reason;
    this.#events.say(reason === '' ? state : `${state}: ${reason}`);
    this.#write();
  }

  #write(): void {
    writeStatus(this.#status());
  }

  #status(): ApStatus {
    const { config, state, reason, prepared } = {
      config: this.#config,
      state: this.#state,
      reason: this.#reason,
      prepared: this.#prepared,
    };
    const addresses = parseLeases(readText(LEASE_FILE) ?? '', Date.now() / 1000);
    const local =
      prepared === undefined
        ? { verdict: 'unknown' as const, reason: 'the access point was not up yet' }
        : judgeLocalTraffic({
            driver: prepared.radio.driver,
            isolate: prepared.plan.isolate,
            policy: prepared.plan.localTraffic,
            observed: this.#observed,
          });
    return makeStatus({
      config,
      state,
      reason,
      since: this.#since,
      plan: prepared?.plan,
      local,
      stations: this.#stations,
      addresses,
      book: this.#book,
    });
  }
}
