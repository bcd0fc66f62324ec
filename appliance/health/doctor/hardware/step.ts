// What a step of the hardware checklist is, and what it may use.

import type { Config } from '../../../config/schema.ts';
import type { Facts } from '../facts.ts';
import type { Host } from '../host.ts';
import type { Figure, StepState } from './report.ts';

export interface Bench {
  readonly host: Host;
  readonly config: Config;
  /** Of the beginning of the checklist. */
  readonly facts: Facts;
  readonly loadSeconds: number;
  /** One line for the person at the terminal. */
  readonly say: (text: string) => void;
  /** Resolves when the person goes on. */
  readonly entered: () => Promise<void>;
}

export interface StepOutcome {
  readonly state: StepState;
  readonly text: string;
  readonly figures?: Readonly<Record<string, Figure>>;
}

export interface Step {
  readonly id: string;
  readonly title: string;
  /** What the person has to do first; null where the machine can do it alone. */
  readonly todo: string | null;
  readonly run: (bench: Bench) => Promise<StepOutcome>;
}

/** A reading of the kernel, as a number; null where there is none. */
export async function reading(host: Host, path: string): Promise<number | null> {
  const value = Number.parseInt((await host.read(path)) ?? '', 10);
  return Number.isFinite(value) ? value : null;
}
