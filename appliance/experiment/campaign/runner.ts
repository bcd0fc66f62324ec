// Carries a campaign out: asks next-move.ts what is next, does it, has capture write it down, and waits until the ledger says so. What
// it knows is folded from the ledger (run-state.ts), so it goes on where a process that died left off. Capture never waits for it.

import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { CaptureStatus } from '../../model/capture-status.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { expectOnly, STOPPED } from '../../model/expected-error.ts';
import type { LedgerLine } from '../../model/ledger.ts';
import { formatCompactUtc } from '../../model/time/clock.ts';
import type { ActionContext } from './actions.ts';
import { CaptureHand, type CaptureOrders, type Note } from './capture-hand.ts';
import { gapThatCounts, type Move, nextMove, promptNow } from './next-move.ts';
import type { CampaignPlan, PlannedStep } from './plan.ts';
import type { ActionResult } from './program.ts';
import { readCampaign } from './read.ts';
import { RunFold, type RunState } from './run-state.ts';
import type { Action } from './schema.ts';
import { deviceOf, makeFacts, parseFacts, type StartFacts } from './start-facts.ts';
import { type FoundPackets, judge } from './verdict.ts';

export interface RunnerParts {
  readonly capture: CaptureOrders;
  /** As capture said last; null while it does not answer. */
  readonly status: () => CaptureStatus | null;
  readonly monotonicNs: () => bigint;
  readonly wallNs: () => bigint;
  readonly act: (
    action: Action,
    context: ActionContext,
    statestream: string,
    signal: AbortSignal,
  ) => Promise<ActionResult>;
  /** True when it is due; false where the signal ended the wait. */
  readonly awaitCalendar: (cron: string, signal: AbortSignal) => Promise<boolean>;
  /** Once the files of the recording are closed, or late enough. */
  readonly count: (window: CountedWindow, signal: AbortSignal) => Promise<FoundPackets>;
  readonly problem: (text: string) => void;
  /** So long after a recording its verdict is given (next-move.ts). */
  readonly settleSeconds: number;
  /** By a clock that nobody sets; a test's goes faster. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface CountedWindow {
  readonly device: ReturnType<typeof deviceOf>;
  readonly from: string;
  readonly to: string;
  readonly packets: number;
  readonly data: boolean;
}

/** Looks again at least so often, whatever was planned: the newest lines of the ledger may not have been read. */
const LONGEST_WAIT_MS = 1000;
const RETRY_MS = 1000;
/** An action that begins late, on a busy machine, is done all the same. */
const LEAST_ACTION_MS = 30_000;
/** For a line that capture took to come back by the file. */
const ECHO_MS = 8000;

type Order = { readonly do: 'skip' | 'abort'; readonly by: string };

interface Attempt {
  readonly state: RunState;
  readonly plan: CampaignPlan;
  readonly step: PlannedStep;
}

export class CampaignRunner {
  readonly #parts: RunnerParts;
  readonly #hand: CaptureHand;
  readonly #fold = new RunFold();
  readonly #stopping = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  /** `lines`: something was read. */
  readonly #news = new EventEmitter();
  #order: Order | null = null;
  #isStarting = false;
  /** Ends the wait or the action of the current recording: a person's order, or news in the ledger. */
  #wait = new AbortController();
  /** Ends whatever is current: a person's order, or the end of the process. */
  #ordered = new AbortController();
  #plan: { readonly run: string; readonly plan: CampaignPlan | null } = { run: '', plan: null };
  #lastN = 0;
  /** The attempt that this process began to record, and the one whose calendar moment it saw. */
  #owned = '';
  #due = '';
  #reported = '';

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#hand = new CaptureHand(parts.capture);
  }

  get state(): RunState | null {
    return this.#fold.state;
  }

  /** The plan of the newest run; null without one, and where the ledger's text is none. */
  get plan(): CampaignPlan | null {
    const { state } = this.#fold;
    if (state === null) return null;
    if (this.#plan.run !== state.run) this.#plan = { run: state.run, plan: readCampaign(state.text).plan };
    return this.#plan.plan;
  }

  get facts(): StartFacts | null {
    return this.#fold.state === null ? null : parseFacts(this.#fold.state.facts);
  }

  /** Recorded since the newest line of the ledger, in nanoseconds. */
  get recordedSinceNs(): bigint {
    const status = this.#parts.status();
    const last = this.#fold.last;
    const isRecording = status?.state === 'capturing' || status?.state === 'degraded';
    // Where lines have not been read yet, one of them may report a gap.
    if (!isRecording || last === null || !last.isCovering || status.ledger.lines > this.#lastN) return 0n;
    if (status.clock.boot !== last.moment.boot) return 0n;
    const passed = this.#parts.monotonicNs() - last.moment.monotonicNs;
    return passed > 0n ? passed : 0n;
  }

  /** From the newest tail of the ledger, every line in its order. */
  ledger(lines: readonly LedgerLine[]): void {
    for (const line of lines) {
      this.#fold.apply(line);
      this.#lastN = line.n;
    }
    this.#news.emit('lines');
    if (lines.some(({ type }) => type === 'campaign' || type === 'gap' || type === 'start')) this.#wait.abort();
  }

  start(): void {
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wait.abort();
    this.#ordered.abort();
    await this.#ended;
  }

  /**
   * Writes the file and its devices into the ledger; the name of the run.
   * @throws WeirError REQUEST_INVALID while another campaign runs; CAPTURE_UNREACHABLE.
   */
  async begin(plan: CampaignPlan, text: string, devices: StartFacts['devices'], by: string): Promise<string> {
    this.#refuseSecond();
    this.#isStarting = true;
    try {
      return await this.#begin(plan, text, devices, by);
    } finally {
      this.#isStarting = false;
    }
  }

  async #begin(plan: CampaignPlan, text: string, devices: StartFacts['devices'], by: string): Promise<string> {
    const stamp = formatCompactUtc(this.#parts.wallNs());
    const run = this.#fold.state?.run.startsWith(stamp) === true ? `${stamp}2_${plan.name}` : `${stamp}_${plan.name}`;
    const facts = makeFacts(plan, text, devices);
    const met = new Set(plan.steps.map((step) => deviceOf(facts, step.device)));
    // As a window it is of its device, where all its steps have the same.
    const [device = null] = met.size === 1 ? met : [];
    await this.#hand.begin(run, text, JSON.stringify(facts), device, by);
    await this.#until(() => this.#fold.state?.run === run);
    return run;
  }

  #refuseSecond(): void {
    const { state } = this.#fold;
    if (this.#isStarting)
      throw new WeirError('REQUEST_INVALID', 'Another campaign is being started; nothing was started.');
    if (state?.state !== 'running') return;
    throw new WeirError(
      'REQUEST_INVALID',
      `${state.run} is running; nothing was started. weir campaign abort ends it.`,
    );
  }

  /** A person did what was asked for. @throws WeirError REQUEST_INVALID where nobody is asked. */
  async confirm(by: string): Promise<void> {
    const { state } = this.#fold;
    const step = this.#stepNow();
    const isAsked = state !== null && step !== null && promptNow(state, step) !== null;
    if (!isAsked) throw new WeirError('REQUEST_INVALID', 'Nobody is asked for anything now; nothing was written.');
    const before = keyOf(state);
    await this.#hand.note(
      state,
      { event: state.stage === 'before' ? 'ready' : 'acted', text: 'confirmed', by },
      this.#deviceNow(),
    );
    await this.#until(() => keyOf(this.#fold.state) !== before);
  }

  /** @throws WeirError REQUEST_INVALID where none runs. */
  async order(what: Order['do'], by: string): Promise<void> {
    const { state } = this.#fold;
    if (state?.state !== 'running')
      throw new WeirError('REQUEST_INVALID', 'No campaign is running; nothing was changed.');
    const before = what === 'abort' ? `${state.run} ${state.state}` : `${state.run} ${state.state} ${state.at}`;
    const order: Order = { do: what, by };
    this.#order = order;
    this.#wait.abort();
    this.#ordered.abort();
    const isDone = () => {
      const { run = '', state: word = '', at = 0 } = this.#fold.state ?? {};
      return (what === 'abort' ? `${run} ${word}` : `${run} ${word} ${at}`) !== before;
    };
    await this.#until(isDone);
    if (this.#order === order) this.#order = null;
    if (isDone()) return;
    throw new WeirError('CAPTURE_UNREACHABLE', 'Capture did not write the order down; nothing was changed. Try again.');
  }

  #stepNow(): PlannedStep | null {
    return this.plan?.steps[this.#fold.state?.at ?? -1] ?? null;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wait = new AbortController();
      this.#ordered = new AbortController();
      try {
        await this.#once(this.#wait.signal);
        this.#reported = '';
      } catch (thrown) {
        this.#report(`campaign: ${toError(thrown).message}; tried again`);
        await this.#sleep(RETRY_MS, this.#stopping.signal);
      }
    }
  }

  #report(text: string): void {
    if (text !== this.#reported) this.#parts.problem(text);
    this.#reported = text;
  }

  async #once(signal: AbortSignal): Promise<void> {
    const { state } = this.#fold;
    if (state === null || state.state !== 'running') return this.#sleep(LONGEST_WAIT_MS, signal);
    const { plan } = this;
    if (plan === null)
      return this.#over(state, { event: 'aborted', text: 'the ledger holds no campaign that can be read', by: 'weir' });
    if (this.#order !== null) return this.#carryOut(state, plan, this.#order);
    // Nothing can be written down, so nothing is done.
    if (this.#parts.status() === null) return this.#sleep(RETRY_MS, signal);
    await this.#move(state, plan, nextMove(plan, state, this.#now(state)), signal);
  }

  #now(state: RunState) {
    const boot = this.#parts.status()?.clock.boot ?? 0;
    const moment = { boot, monotonicNs: this.#parts.monotonicNs() };
    const key = attemptOf(state);
    return {
      moment,
      recordedSinceNs: this.recordedSinceNs,
      ownsAttempt: this.#owned === key,
      isDue: this.#due === key,
      settleSeconds: this.#parts.settleSeconds,
    };
  }

  async #move(state: RunState, plan: CampaignPlan, move: Move, signal: AbortSignal): Promise<void> {
    if (move.do === 'rest') return;
    if (move.do === 'note') {
      if (move.event === 'finished') return this.#over(state, { event: 'finished', text: '' });
      return this.#noted(state, { event: move.event, text: '' });
    }
    const step = plan.steps[state.at];
    if (step !== undefined) await this.#moveStep({ state, plan, step }, move, signal);
  }

  async #moveStep(attempt: Attempt, move: Exclude<Move, { do: 'rest' | 'note' }>, signal: AbortSignal): Promise<void> {
    switch (move.do) {
      case 'wait':
        return this.#sleep(move.seconds * 1000, signal);
      case 'await-calendar':
        if (await this.#parts.awaitCalendar(move.cron, this.#ordered.signal)) this.#due = attemptOf(attempt.state);
        return undefined;
      case 'prepare':
        return this.#prepare(attempt, signal);
      case 'begin':
        return this.#beginRecording(attempt);
      case 'act':
        return this.#act(attempt, move.seconds, signal);
      case 'end':
        await this.#hand.closeLabels(attempt.plan, attempt.step, 'tag-stop');
        return this.#noted(attempt.state, { event: 'recorded', text: await this.#hand.lost() });
      case 'interrupt':
        return this.#withdraw(attempt, { event: 'interrupted', text: move.reason });
      case 'judge':
        return this.#judge(attempt);
      case 'fail':
        return this.#noted(attempt.state, { event: 'failed', text: move.reason });
    }
  }

  async #prepare(attempt: Attempt, signal: AbortSignal): Promise<void> {
    const { before } = attempt.step;
    if (before === null || before.prompt !== undefined) return this.#sleep(LONGEST_WAIT_MS, signal);
    const { signal: ordered } = this.#ordered;
    const { ok, text } = await this.#parts.act(before, this.#context(attempt), attempt.plan.statestream, ordered);
    return ordered.aborted ? undefined : this.#noted(attempt.state, { event: ok ? 'ready' : 'refused', text });
  }

  async #act(attempt: Attempt, left: number, signal: AbortSignal): Promise<void> {
    const { action } = attempt.step;
    if (action === null || action.prompt !== undefined) return this.#sleep(left * 1000, signal);
    // A gap or a person's order ends it; lines of other steps cannot come meanwhile.
    const ended = AbortSignal.any([signal, AbortSignal.timeout(Math.max(LEAST_ACTION_MS, Math.ceil(left * 1000)))]);
    const { ok, text } = await this.#parts.act(action, this.#context(attempt), attempt.plan.statestream, ended);
    if (this.#stopping.signal.aborted) return undefined;
    if (signal.aborted) return this.#withdraw(attempt, { event: 'interrupted', text: 'the action was broken off' });
    if (ok) return this.#noted(attempt.state, { event: 'acted', text });
    return this.#withdraw(attempt, { event: 'refused', text: `the action failed: ${text}` });
  }

  async #beginRecording({ state, plan, step }: Attempt): Promise<void> {
    const lost = await this.#hand.lost();
    const note = `step ${state.at + 1}, ${step.name}, attempt ${state.attempt}`;
    const refusal = await this.#hand.openLabels(plan, step, note, this.#device(step));
    if (refusal !== '') return this.#noted(state, { event: 'refused', text: refusal });
    this.#owned = attemptOf(state);
    return this.#noted(state, { event: 'recording', text: lost });
  }

  async #judge({ state, step }: Attempt): Promise<void> {
    const { recording } = state;
    const { signal } = this.#ordered;
    const { tag: withdrawn, accept } = step;
    if (recording?.to == null)
      return this.#noted(state, { event: 'interrupted', text: 'the ledger does not say when it ended', withdrawn });
    const window = { device: this.#device(step), from: recording.from, to: recording.to };
    const found = await this.#parts.count({ ...window, packets: accept.packets, data: accept.data }, signal);
    // A gap may have been reported while packets were counted.
    const newest = this.#fold.state;
    const isStill = newest !== null && keyOf(newest) === keyOf(state);
    if (signal.aborted || !isStill || gapThatCounts(step, newest.recording) !== undefined) return undefined;
    const { accepted, text } = judge(step, newest.recording ?? recording, found);
    return this.#noted(state, accepted ? { event: 'accepted', text } : { event: 'refused', text, withdrawn });
  }

  /** What was recorded of this attempt does not count. */
  async #withdraw({ state, plan, step }: Attempt, note: Note): Promise<void> {
    const { stage } = state;
    const withdrawn = stage === 'recording' || stage === 'recorded' ? step.tag : null;
    if (stage === 'recording' || stage === 'ready') await this.#hand.closeLabels(plan, step, 'tag-cancel');
    return this.#noted(state, { ...note, withdrawn });
  }

  async #carryOut(state: RunState, plan: CampaignPlan, { do: what, by }: Order): Promise<void> {
    const step = plan.steps[state.at];
    const text = `${what === 'skip' ? 'skipped' : 'aborted'} by ${by}`;
    if (step !== undefined) await this.#withdraw({ state, plan, step }, { event: 'skipped', text, by });
    if (what === 'abort') await this.#over(this.#fold.state ?? state, { event: 'aborted', text: `by ${by}`, by });
    this.#order = null;
  }

  async #over(state: RunState, note: Note): Promise<void> {
    await this.#hand.note(state, note, this.#deviceNow());
    await this.#until(() => this.#fold.state?.state !== 'running');
  }

  async #noted(state: RunState, note: Note): Promise<void> {
    const before = keyOf(state);
    await this.#hand.note(state, note, this.#deviceNow());
    await this.#until(() => keyOf(this.#fold.state) !== before);
  }

  /** Until the ledger says so; not for ever. */
  async #until(isSo: () => boolean): Promise<void> {
    const ended = AbortSignal.any([AbortSignal.timeout(ECHO_MS), this.#stopping.signal]);
    const stopped = (thrown: unknown) => expectOnly(thrown, 'waiting for the ledger', STOPPED);
    while (!isSo() && !ended.aborted) await once(this.#news, 'lines', { signal: ended }).catch(stopped);
  }

  #deviceNow() {
    const step = this.#stepNow();
    return step === null ? null : this.#device(step);
  }

  #device(step: PlannedStep) {
    const { facts } = this;
    return facts === null ? null : deviceOf(facts, step.device);
  }

  #context({ state: { run, attempt }, plan, step }: Attempt): ActionContext {
    const { name, round, repeat, phase, interaction, tag } = step;
    const device = this.#device(step);
    return { campaign: plan.name, run, step: name, round, repeat, attempt, phase, interaction, tag, device };
  }

  async #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const length = Math.max(1, Math.min(LONGEST_WAIT_MS, Math.ceil(milliseconds)));
    const { sleep = pauseFor } = this.#parts;
    await sleep(length, signal).catch((thrown: unknown) => expectOnly(thrown, 'a campaign’s wait', STOPPED));
  }
}

function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return pause(milliseconds, undefined, { signal });
}

function attemptOf({ run, at, attempt }: RunState): string {
  return `${run} ${at} ${attempt}`;
}

function keyOf(state: RunState | null): string {
  return state === null ? '' : `${attemptOf(state)} ${state.state} ${state.stage} ${state.recording?.acted ?? ''}`;
}
