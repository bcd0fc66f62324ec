// One life of hostapd: from its start to the moment at which something is wrong. The supervisor decides what happens then.

import { setTimeout as sleep } from 'node:timers/promises';
import { orElse, STOPPED } from '../model/expected-error.ts';
import { printable } from '../model/text.ts';
import { CONTROL_FOLDER, type RenderedFiles, setPorts } from './machine/apply.ts';
import { Daemon } from './machine/daemon.ts';
import { readText, removeFile, run, writeSetting } from './machine/machine.ts';
import { blockOf, isPresent } from './machine/machine-facts.ts';
import type { ApPlan } from './plan.ts';
import type { ApProblem } from './status/status.ts';
import { type HostapdEvent, readHostapd } from './watch/hostapd-output.ts';
import type { StationTable } from './watch/station-table.ts';

export interface SessionEnd {
  readonly kind: ApProblem;
  readonly text: string;
  /** Beacons were sent. */
  readonly wasUp: boolean;
}

/** A radio that has to look around first (40 MHz, 5 GHz) takes some seconds; a Pi's firmware up to ten. */
const UP_MS = 30_000;
/** The interface may go and come within it (regulatory change) without anybody's doing. */
const SETTLE_MS = 3000;

export class Session {
  readonly #plan: ApPlan;
  readonly #stations: StationTable;
  readonly #hostapd: Daemon;
  readonly #abort = new AbortController();
  readonly #ssids: ReadonlyMap<string, string>;
  #end: SessionEnd | undefined;
  #isUp = false;
  #wasUp = false;
  #onUp: () => void = () => undefined;
  #complaint = '';

  constructor(plan: ApPlan, files: RenderedFiles, stations: StationTable) {
    this.#plan = plan;
    this.#stations = stations;
    this.#ssids = new Map(plan.networks.map(({ link, ssid }) => [link, ssid]));
    this.#hostapd = new Daemon('hostapd', ['hostapd', files.hostapd], (line) => this.#hear(readHostapd(line)));
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** `onUp` is called at each AP-ENABLED. Resolves when this life is over and hostapd has ended. */
  async run(onUp: () => void): Promise<SessionEnd> {
    this.#onUp = onUp;
    this.#unblock();
    // hostapd refuses to start where the socket of one that was killed is in its way.
    for (const { link } of this.#plan.networks) removeFile(`${CONTROL_FOLDER}/${link}`);
    this.#hostapd.start();
    const late = setTimeout(
      () => this.#finish('not_up_in_time', `hostapd announced nothing within ${UP_MS / 1000} s`),
      UP_MS,
    );
    void this.#hostapd.ended.then(() => this.#finish(...this.#whatHappened('hostapd ended')));
    this.#stopLate = () => clearTimeout(late);
    await new Promise<void>((resolve) => {
      if (this.#abort.signal.aborted) resolve();
      this.#abort.signal.addEventListener('abort', () => resolve());
    });
    clearTimeout(late);
    this.#isUp = false;
    await this.#hostapd.stop();
    this.#stations.everybodyLeft(Date.now());
    return this.#end ?? { kind: 'other', text: 'stopped', wasUp: this.#wasUp };
  }

  #stopLate: () => void = () => undefined;

  /** Called from outside when this cannot continue. */
  finish(kind: ApProblem, text: string): void {
    this.#finish(kind, text);
  }

  /** What can be wrong although hostapd says nothing; called every few seconds. */
  look(): void {
    if (!this.#isUp) return;
    const { interface: radio, bridge } = this.#plan;
    if (!isPresent(radio) || blockOf(radio) !== undefined) this.#finish(...this.#whatHappened('the radio fell silent'));
    else if (!isPresent(bridge)) this.#finish('bridge_lost', `${bridge} is gone`);
    else setPorts(this.#plan);
  }

  #finish(kind: ApProblem, text: string): void {
    if (this.#end !== undefined) return;
    this.#end = { kind, text, wasUp: this.#wasUp };
    this.#abort.abort();
  }

  /** The cause behind what hostapd saw. */
  #whatHappened(what: string): [ApProblem, string] {
    const { interface: radio } = this.#plan;
    if (!isPresent(radio)) return ['radio_lost', `the radio ${radio} is gone`];
    const block = blockOf(radio);
    if (block?.kind === 'hard') return ['rfkill', `${radio} is switched off by a switch on the machine (rfkill)`];
    if (block !== undefined) return ['rfkill', `${radio} was blocked by software (rfkill)`];
    const kind = this.#wasUp ? 'hostapd_ended' : 'refused';
    return [kind, this.#complaint === '' ? what : `${what}: ${this.#complaint}`];
  }

  #hear(event: HostapdEvent | undefined): void {
    if (event === undefined) return;
    const now = Date.now();
    switch (event.type) {
      case 'enabled':
        if (event.link === this.#plan.interface) this.#enabled();
        return;
      case 'disabled':
        if (event.link === this.#plan.interface) void this.#disabled();
        return;
      case 'joined':
        return this.#stations.joined(event.mac, this.#ssids.get(event.link) ?? '', now);
      case 'left':
        return this.#stations.left(event.mac, now);
      case 'inactive':
        return this.#stations.inactive(event.mac, now);
      case 'wrong-passphrase':
        return this.#stations.wrongPassphrase();
      case 'blocked':
        return this.#finish(...this.#whatHappened('the radio was blocked'));
      case 'complaint':
        if (this.#complaint === '') this.#complaint = printable(event.text, 200);
        return;
      case 'ended':
        return;
    }
  }

  #enabled(): void {
    this.#stopLate();
    this.#isUp = true;
    this.#wasUp = true;
    setPorts(this.#plan);
    // Has no meaning for an access point; where a driver thinks otherwise it costs frames.
    void run('iw', ['dev', this.#plan.interface, 'set', 'power_save', 'off']);
    this.#onUp();
  }

  async #disabled(): Promise<void> {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#stations.everybodyLeft(Date.now());
    await sleep(SETTLE_MS, undefined, { signal: this.#abort.signal }).catch(
      orElse(undefined, 'waiting for the radio', STOPPED),
    );
    if (!this.#isUp) this.#finish(...this.#whatHappened('the radio was taken down'));
  }

  /** The state of the switch outlives a start of the machine (systemd-rfkill) and even a move of the card to another board. */
  #unblock(): void {
    const block = blockOf(this.#plan.interface);
    if (block?.kind === 'soft') writeSetting(`${block.folder}/soft`, '0');
    if (readText(`${block?.folder ?? ''}/soft`) === '1') void run('rfkill', ['unblock', 'wlan']);
  }
}
