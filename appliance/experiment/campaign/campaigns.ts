// Campaigns of a running appliance: starts them from files, carries one out at a time (runner.ts), and reports its state. Owned by
// appliance.ts; asked by page, command line and API through publish/answers/appliance-answers.ts.

import { setTimeout as pause } from 'node:timers/promises';
import { WeirError } from '../../model/errors.ts';
import { expectOnly, STOPPED } from '../../model/expected-error.ts';
import type { LedgerLine } from '../../model/ledger.ts';
import type { DeviceKey } from '../../model/mac.ts';
import { systemClock } from '../../model/time/clock.ts';
import type { CatalogSegment } from '../../store/tail/segment-catalog.ts';
import { ACTION_FOLDER } from './action-folder.ts';
import { type ActionBroker, doAction } from './actions.ts';
import { CampaignCalendar } from './calendar.ts';
import { type CampaignPlace, campaignPlaces, findCampaign, readCampaignFile } from './campaign-files.ts';
import { type CampaignView, campaignView } from './campaign-view.ts';
import { checkCampaign, mistakesText } from './check.ts';
import { planSeconds } from './plan.ts';
import { PROGRAM_SOCKET } from './program.ts';
import { CampaignRunner, type CountedWindow, type RunnerParts } from './runner.ts';
import { deviceWords } from './start-facts.ts';
import { countWindow } from './window-packets.ts';

export interface CampaignSettings extends Pick<RunnerParts, 'capture' | 'status' | 'problem' | 'settleSeconds'> {
  readonly dataDir: string;
  readonly timezone: string;
  readonly segments: () => Iterable<CatalogSegment>;
  readonly broker: ActionBroker;
  readonly actionFolder?: string;
  readonly programSocket?: string;
}

/** A file that could be started. */
export interface CampaignRow {
  readonly name: string;
  readonly isReadyMade: boolean;
  readonly about: string;
  /** Null where it has mistakes. */
  readonly recordings: number | null;
  readonly seconds: number | null;
  readonly mistakes: readonly { readonly line: number; readonly message: string }[];
}

/** What is started: a file of the two folders, or a text that a person on the machine itself hands over. */
export type CampaignSource = { readonly name: string } | { readonly text: string };

/** Capture closes the files of a phase within seconds of its end; one that stays open is read as far as it goes. */
const CLOSING_MS = 15_000;
const LOOK_MS = 100;

export class Campaigns {
  readonly #settings: CampaignSettings;
  readonly #calendar: CampaignCalendar;
  readonly #runner: CampaignRunner;

  constructor(settings: CampaignSettings) {
    this.#settings = settings;
    const { broker, programSocket = PROGRAM_SOCKET, capture, status, problem, settleSeconds, timezone } = settings;
    this.#calendar = new CampaignCalendar(timezone, problem);
    this.#runner = new CampaignRunner({
      capture,
      status,
      problem,
      settleSeconds,
      monotonicNs: () => systemClock.monotonic(),
      wallNs: () => systemClock.wall(),
      act: (action, context, statestream, signal) =>
        doAction(action, context, statestream, { broker, programSocket }, signal),
      awaitCalendar: (cron, signal) => this.#calendar.wait(cron, signal),
      count: (window, signal) => this.#count(window, signal),
    });
  }

  start(): void {
    this.#runner.start();
  }

  stop(): Promise<void> {
    return this.#runner.stop();
  }

  ledger(lines: readonly LedgerLine[]): void {
    this.#runner.ledger(lines);
  }

  /** The clock can be believed; the clock was set. */
  clockBegins(): void {
    this.#calendar.begin();
  }

  clockWasSet(): void {
    this.#calendar.restart();
  }

  rows(): CampaignRow[] {
    return campaignPlaces().map((place) => this.#row(place));
  }

  /** The newest run; null before the first. */
  view(): CampaignView | null {
    const { state, plan, facts } = this.#runner;
    if (state === null || plan === null) return null;
    return campaignView(state, plan, facts, {
      recordedSinceNs: this.#runner.recordedSinceNs,
      monotonicNs: systemClock.monotonic(),
      boot: this.#settings.status()?.clock.boot ?? null,
      calendar: this.#calendar.next,
    });
  }

  /**
   * The name of the run. `meant`: the device that a word means; `device`: for every step, whatever the file says.
   * @throws WeirError REQUEST_INVALID with every mistake, its line and its remedy; DEVICE_UNKNOWN, DEVICE_AMBIGUOUS,
   * CAPTURE_UNREACHABLE. Nothing was started then.
   */
  async begin(
    source: CampaignSource,
    device: string | null,
    by: string,
    meant: (word: string) => DeviceKey,
  ): Promise<string> {
    const name = 'name' in source ? source.name : 'the campaign';
    const text =
      'name' in source ? readCampaignFile(findCampaign(source.name).path) : source.text.replaceAll('\r\n', '\n');
    const { plan, mistakes } = checkCampaign(text, this.#settings.actionFolder ?? ACTION_FOLDER);
    if (plan === null) throw new WeirError('REQUEST_INVALID', mistakesText(name, mistakes));
    const words =
      device === null ? deviceWords(plan).map((word) => [word, meant(word)] as const) : [['', meant(device)] as const];
    return this.#runner.begin(plan, text, Object.fromEntries(words), by);
  }

  confirm(by: string): Promise<void> {
    return this.#runner.confirm(by);
  }

  order(what: 'skip' | 'abort', by: string): Promise<void> {
    return this.#runner.order(what, by);
  }

  #row({ name, path, isReadyMade }: CampaignPlace): CampaignRow {
    const { plan, mistakes } = this.#checked(path);
    const sums =
      plan === null
        ? { recordings: null, seconds: null }
        : { recordings: plan.steps.length, seconds: planSeconds(plan) };
    return { name, isReadyMade, about: plan?.about ?? '', ...sums, mistakes };
  }

  #checked(path: string) {
    try {
      return checkCampaign(readCampaignFile(path), this.#settings.actionFolder ?? ACTION_FOLDER);
    } catch (thrown) {
      if (!(thrown instanceof WeirError)) throw thrown;
      return { plan: null, mistakes: [{ line: 1, message: thrown.message }] };
    }
  }

  async #count(window: CountedWindow, signal: AbortSignal) {
    const { dataDir, segments } = this.#settings;
    const end = performance.now() + CLOSING_MS;
    const isOpen = () => [...segments()].some((one) => one.state === 'open' && isOf(one, window));
    while (isOpen() && performance.now() < end && !signal.aborted)
      await pause(LOOK_MS, undefined, { signal }).catch((thrown: unknown) =>
        expectOnly(thrown, 'waiting for files', STOPPED),
      );
    return countWindow({ dataDir, segments: [...segments()], ...window });
  }
}

/** A file that was opened before the recording ended may hold some of it. */
function isOf({ device, opened }: CatalogSegment, window: CountedWindow): boolean {
  return (window.device === null || device === window.device) && Number(opened) < Number(window.to);
}
