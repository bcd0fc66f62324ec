// Which start of the machine this is. The kernel's boot id changes with every boot; the counter orders them without a clock.

import fs from 'node:fs';
import { ABSENT, expectOnly, MALFORMED, UNREADABLE } from '../../model/expected-error.ts';
import type { EvidenceDisk } from '../storage/disk.ts';
import { writeDurably } from '../storage/durable-file.ts';
import { readRegular } from '../storage/regular-file.ts';

export interface Boot {
  readonly boot: number;
  readonly boot_id: string;
}

/** The file holds one small JSON object. */
const MAX_FILE_BYTES = 4096;

/** The kernel's id of this boot; `unknown` where there is none. */
export function kernelBootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch (thrown) {
    expectOnly(thrown, 'reading the boot id', ...ABSENT);
    return 'unknown';
  }
}

/** Reads the counter and, when the boot is a new one, counts it durably. `atLeast`: the highest that the ledger names. */
export async function countBoot(disk: EvidenceDisk, file: string, bootId: string, atLeast: number): Promise<Boot> {
  const before = readBoot(file);
  if (before !== undefined && before.boot_id === bootId && bootId !== 'unknown' && before.boot >= atLeast)
    return before;
  const now: Boot = { boot: Math.max(before?.boot ?? 0, atLeast) + 1, boot_id: bootId };
  await writeDurably(disk, file, `${JSON.stringify(now)}\n`);
  return now;
}

function readBoot(file: string): Boot | undefined {
  try {
    const value = JSON.parse(readRegular(file, MAX_FILE_BYTES)) as Partial<Boot> | null;
    if (!Number.isSafeInteger(value?.boot) || typeof value?.boot_id !== 'string') return undefined;
    return { boot: value.boot as number, boot_id: value.boot_id };
  } catch (thrown) {
    expectOnly(thrown, 'reading the boot file', ...UNREADABLE, ...MALFORMED);
    return undefined;
  }
}
