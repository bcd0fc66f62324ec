// Whether Weir lives after an update: its program says the version, the services that ran before run again and answer with it, and
// still do a while later. Called by update.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { toError } from '../../model/errors.ts';
import { lastWords, type RunProgram } from './run-program.ts';

/** Versions of the processes that answer; rejects where none does. */
export interface Answers {
  readonly capture: () => Promise<string>;
  readonly appliance: () => Promise<string>;
}

export interface Patience {
  /** Milliseconds until what is not up counts as failed: an index of an older layout is being rebuilt meanwhile, but the page answers. */
  readonly withinMs: number;
  /** It must be up at both ends of this: a service that ends each few seconds is up in between. */
  readonly holdMs: number;
  readonly pauseMs: number;
}

export const PATIENCE: Patience = { withinMs: 240_000, holdMs: 20_000, pauseMs: 1000 };

/** In the order in which they start. */
const UNITS = ['weir-capture.service', 'weir.service', 'weir-ap.service'] as const;

/** None where no systemd runs. */
export async function activeUnits(run: RunProgram): Promise<readonly string[]> {
  const active: string[] = [];
  for (const unit of UNITS) if (await isActive(run, unit)) active.push(unit);
  return active;
}

async function isActive(run: RunProgram, unit: string): Promise<boolean> {
  return (await run('systemctl', 'is-active', '--quiet', unit)).status === 0;
}

export interface Wanted {
  readonly version: string;
  /** Active before. */
  readonly units: readonly string[];
}

/** Null where it came up and stayed; else why not, in a few words. */
export async function whyNotUp(
  run: RunProgram,
  wanted: Wanted,
  answers: Answers,
  patience: Patience = PATIENCE,
): Promise<string | null> {
  const end = performance.now() + patience.withinMs;
  let why = await lacking(run, wanted, answers);
  while (why !== null && performance.now() < end) {
    await sleep(patience.pauseMs);
    why = await lacking(run, wanted, answers);
  }
  if (why !== null || wanted.units.length === 0) return why;
  await sleep(patience.holdMs);
  return await lacking(run, wanted, answers);
}

async function lacking(run: RunProgram, { version, units }: Wanted, answers: Answers): Promise<string | null> {
  const program = await run('/usr/bin/weir', '--version');
  if (program.status !== 0) return `the program does not start: ${lastWords(program)}`;
  if (program.out.trim() !== version) return `the program says version ${program.out.trim()}, not ${version}`;
  for (const unit of units) if (!(await isActive(run, unit))) return `${unit} is not active`;
  const asked = [
    ['weir-capture.service', answers.capture],
    ['weir.service', answers.appliance],
  ] as const;
  for (const [unit, ask] of asked) {
    if (!units.includes(unit)) continue;
    const said = await ask().catch((thrown: unknown) => toError(thrown).message);
    if (said !== version) return `${unit} answers ${said}`;
  }
  return null;
}
