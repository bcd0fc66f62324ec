// What is decided at the start of a campaign and is in its `started` line: which file, and which devices its words meant then.

import { createHash } from 'node:crypto';
import { expectOnly } from '../../model/expected-error.ts';
import { type DeviceKey, parseDevice } from '../../model/mac.ts';
import type { CampaignPlan } from './plan.ts';

export interface StartFacts {
  readonly name: string;
  /** Of the file as UTF-8. */
  readonly sha256: string;
  /** Words of the file and the addresses they meant; the word "" is what was named at the start, for every step. */
  readonly devices: Readonly<Record<string, DeviceKey>>;
}

export function makeFacts(plan: CampaignPlan, text: string, devices: StartFacts['devices']): StartFacts {
  return { name: plan.name, sha256: createHash('sha256').update(text).digest('hex'), devices };
}

/** Words for devices that a plan holds, each once. */
export function deviceWords({ steps }: CampaignPlan): string[] {
  return [...new Set(steps.flatMap(({ device }) => (device === null ? [] : [device])))];
}

/** From the ledger, where anybody who can write there may have written anything; null for what are none. */
export function parseFacts(json: string): StartFacts | null {
  try {
    const { name, sha256, devices } = JSON.parse(json) as Partial<Record<keyof StartFacts, unknown>>;
    if (typeof name !== 'string' || typeof sha256 !== 'string' || typeof devices !== 'object' || devices === null)
      return null;
    const known = Object.entries(devices).flatMap(([word, mac]) => {
      const key = typeof mac === 'string' ? parseDevice(mac) : undefined;
      return key === undefined ? [] : [[word, key] as const];
    });
    return { name: name.slice(0, 64), sha256, devices: Object.fromEntries(known) };
  } catch (thrown) {
    expectOnly(thrown, 'reading how a campaign was started', SyntaxError);
    return null;
  }
}

/** Whom a step is about; null for all. */
export function deviceOf({ devices }: StartFacts, word: string | null): DeviceKey | null {
  const chosen = devices[''];
  if (chosen !== undefined) return chosen;
  return word === null ? null : (devices[word] ?? null);
}
