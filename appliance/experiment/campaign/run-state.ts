// The state of a campaign: a fold over the lines of the ledger and nothing else, so that a reader of the ledger after a power cut
// knows what the process knew that died. What is decided from it is in next-move.ts. Pure.

import type { LedgerLine } from '../../model/ledger.ts';
import { parseSeconds } from '../../model/time/clock.ts';

/** `step`: nothing of this attempt was written yet. */
export type Stage = 'step' | 'guard' | 'calendar' | 'before' | 'ready' | 'recording' | 'recorded';
export type Outcome = 'accepted' | 'failed' | 'skipped';

export interface StepResult {
  readonly step: number;
  readonly outcome: Outcome;
  readonly attempts: number;
  readonly reason: string;
  /** Decimal seconds since 1970; null where nothing of it counts. */
  readonly from: string | null;
  readonly to: string | null;
}

/** A moment that a step of the wall clock does not move. */
export interface Moment {
  readonly boot: number;
  readonly monotonicNs: bigint;
}

/** What happened while the newest attempt was recorded. */
export interface Recording {
  readonly from: string;
  readonly to: string | null;
  /** Time covered by capture. */
  readonly recordedNs: bigint;
  /** Reasons of gaps within it, at most a few. */
  readonly gaps: readonly string[];
  /** Totals of lost frames when it began and ended; null where nobody knew. */
  readonly lostBefore: number | null;
  readonly lostAfter: number | null;
  readonly acted: boolean;
}

export interface RunState {
  readonly run: string;
  readonly state: 'running' | 'finished' | 'aborted';
  readonly by: string;
  readonly started: string;
  /** JSON of the `started` line (start-facts.ts). */
  readonly facts: string;
  readonly text: string;
  readonly at: number;
  readonly attempt: number;
  /** Attempts that ended with `refused`; and those that an interruption ended, which are no fault of the step. */
  readonly refusals: number;
  readonly interruptions: number;
  /** Of the newest refusal or interruption of this step. */
  readonly reason: string;
  readonly stage: Stage;
  readonly since: Moment;
  readonly sinceTs: string;
  readonly recording: Recording | null;
  readonly results: readonly StepResult[];
}

/** Pieces of a file that nobody ever starts are forgotten. */
const MAX_PIECES = 64;
/** Gaps of one recording that are kept; further ones are not. Where a step refuses gaps, one suffices. */
const MAX_GAPS = 8;

/** Every line of the ledger in its order. `state` is null before the first campaign was started. */
export class RunFold {
  #pieces: { run: string; texts: string[] } = { run: '', texts: [] };
  #state: RunState | null = null;
  #last: Moment | null = null;
  /** Capture runs and is not paused, as far as the lines show. */
  #isCovering = false;
  #n = 0;

  get state(): RunState | null {
    return this.#state;
  }

  /** Moment of the newest line, and whether the time since then is recorded while capture says that it records. */
  get last(): { readonly moment: Moment; readonly isCovering: boolean } | null {
    return this.#last === null ? null : { moment: this.#last, isCovering: this.#isCovering };
  }

  apply(line: LedgerLine): void {
    const moment = momentOf(line);
    if (moment === undefined || parseSeconds(line.ts) === undefined) return;
    // Another ledger replaced the old one.
    if (line.n <= this.#n) this.#forget();
    this.#n = line.n;
    this.#pass(line, moment);
    if (line.type === 'campaign') this.#campaign(line, moment);
  }

  #forget(): void {
    this.#pieces = { run: '', texts: [] };
    this.#state = null;
    this.#last = null;
    this.#isCovering = false;
  }

  /** Time goes on: what capture covered since the line before counts as recorded. */
  #pass(line: LedgerLine, moment: Moment): void {
    const last = this.#last;
    const covered = this.#isCovering && line.type !== 'start' && last?.boot === moment.boot;
    if (covered && last !== null) this.#record(moment.monotonicNs - last.monotonicNs);
    if (line.type === 'start' || (last !== null && last.boot !== moment.boot)) this.#rebase(moment);
    if (line.type === 'start') this.#isCovering = true;
    else if (line.type === 'stop' || line.type === 'paused') this.#isCovering = false;
    else if (line.type === 'gap') this.#gap(line);
    this.#last = moment;
  }

  #record(ns: bigint): void {
    const state = this.#state;
    if (state?.recording == null || state.stage !== 'recording' || ns < 0n) return;
    this.#state = { ...state, recording: { ...state.recording, recordedNs: state.recording.recordedNs + ns } };
  }

  /** Machine or capture started again: quiet time begins again, and so does the wait for a gap that may be reported. */
  #rebase(moment: Moment): void {
    if (this.#state !== null) this.#state = { ...this.#state, since: moment };
  }

  /** Reported when it is over, and some of them a moment late. */
  #gap({ from, to, reason }: LedgerLine & { readonly type: 'gap' }): void {
    this.#isCovering = true;
    const state = this.#state;
    const recording = state?.recording;
    if (state == null || recording == null || (state.stage !== 'recording' && state.stage !== 'recorded')) return;
    if (Number(to) <= Number(recording.from)) return;
    if (recording.to !== null && Number(from) >= Number(recording.to)) return;
    if (recording.gaps.length >= MAX_GAPS) return;
    this.#state = { ...state, recording: { ...recording, gaps: [...recording.gaps, String(reason).slice(0, 200)] } };
  }

  #campaign(line: LedgerLine & { readonly type: 'campaign' }, moment: Moment): void {
    if (line.event === 'text') return this.#piece(line);
    if (line.event === 'started') return this.#start(line, moment);
    const state = this.#state;
    if (state === null || state.run !== line.run || state.state !== 'running') return;
    if (line.event === 'finished' || line.event === 'aborted') {
      this.#state = { ...state, state: line.event, reason: line.text };
      return;
    }
    // A line that was written twice, because nobody knew that it had been written, says nothing new.
    if (line.step !== state.at || line.attempt !== state.attempt) return;
    this.#state = { ...advance(state, line), since: moment, sinceTs: line.ts };
  }

  #piece({ run, step, text }: LedgerLine & { readonly type: 'campaign' }): void {
    if (step === 0) this.#pieces = { run, texts: [] };
    const { texts } = this.#pieces;
    if (run === this.#pieces.run && step === texts.length && step < MAX_PIECES) texts.push(text);
  }

  #start({ run, ts, by, text: facts }: LedgerLine & { readonly type: 'campaign' }, since: Moment): void {
    if (run !== this.#pieces.run || this.#state?.run === run) return;
    const text = this.#pieces.texts.join('');
    const fresh = { at: 0, attempt: 1, refusals: 0, interruptions: 0, reason: '', recording: null, results: [] };
    const stage = { stage: 'step', since, sinceTs: ts } as const;
    this.#state = { run, state: 'running', by, started: ts, facts, text, ...fresh, ...stage };
  }
}

function momentOf({ boot, monotonic_ns }: LedgerLine): Moment | undefined {
  if (!Number.isSafeInteger(boot) || typeof monotonic_ns !== 'string' || !/^\d{1,20}$/.test(monotonic_ns))
    return undefined;
  return { boot, monotonicNs: BigInt(monotonic_ns) };
}

function advance(state: RunState, line: LedgerLine & { readonly type: 'campaign' }): RunState {
  switch (line.event) {
    case 'guard':
    case 'calendar':
    case 'before':
    case 'ready':
      return { ...state, stage: line.event };
    case 'recording':
      return { ...state, stage: 'recording', recording: begin(line) };
    case 'acted':
      return state.recording === null ? state : { ...state, recording: { ...state.recording, acted: true } };
    case 'recorded':
      return state.recording === null
        ? state
        : { ...state, stage: 'recorded', recording: { ...state.recording, to: line.ts, lostAfter: lostIn(line.text) } };
    case 'refused':
      return again({ ...state, refusals: state.refusals + 1 }, line.text);
    case 'interrupted':
      return again({ ...state, interruptions: state.interruptions + 1 }, line.text);
    case 'accepted':
    case 'failed':
    case 'skipped':
      return onward(state, line.event, line.text);
    case 'text':
    case 'started':
    case 'finished':
    case 'aborted':
      return state;
  }
}

function begin({ ts, text }: LedgerLine & { readonly type: 'campaign' }): Recording {
  return { from: ts, to: null, recordedNs: 0n, gaps: [], lostBefore: lostIn(text), lostAfter: null, acted: false };
}

function again(state: RunState, reason: string): RunState {
  return { ...state, attempt: state.attempt + 1, stage: 'step', recording: null, reason };
}

function onward(state: RunState, outcome: Outcome, reason: string): RunState {
  const counted = outcome === 'accepted' ? state.recording : null;
  const span = { from: counted?.from ?? null, to: counted?.to ?? null };
  const result: StepResult = { step: state.at, outcome, attempts: state.attempt, reason, ...span };
  const fresh = { attempt: 1, refusals: 0, interruptions: 0, reason: '', recording: null, stage: 'step' } as const;
  return { ...state, ...fresh, at: state.at + 1, results: [...state.results, result] };
}

/** Of the text `lost N`. */
function lostIn(text: string): number | null {
  const digits = /^lost (\d{1,15})$/.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}
