// Finds what only the kernel log reports: that the firmware of a radio has stopped. Reads /dev/kmsg without waiting (one record a
// read, Documentation/ABI/testing/dev-kmsg); records of before the start are not news.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { systemCode } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';

const RECORD_BYTES = 8192;
/** In one look; a log that is flooded is read on at the next one. */
const MAX_RECORDS = 2000;

export class KernelLog {
  readonly #path: string;
  readonly #buffer = Buffer.alloc(RECORD_BYTES);
  #descriptor: number | undefined;

  constructor(path = '/dev/kmsg') {
    this.#path = path;
  }

  /** False where the log may not be read; then halts are seen only by their effect. */
  start(): boolean {
    try {
      this.#descriptor = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (thrown) {
      expectOnly(thrown, 'opening the kernel log', ...UNREADABLE);
      return false;
    }
    while (this.news().length === MAX_RECORDS);
    return true;
  }

  stop(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** What was said since the last look. */
  news(): string[] {
    const records: string[] = [];
    while (this.#descriptor !== undefined && records.length < MAX_RECORDS) {
      try {
        const bytes = readSync(this.#descriptor, this.#buffer, 0, RECORD_BYTES, null);
        if (bytes === 0) break;
        records.push(this.#buffer.toString('latin1', 0, bytes));
      } catch (thrown) {
        // EPIPE: records were overwritten before they were read.
        if (systemCode(thrown) !== 'EPIPE') break;
      }
    }
    return records;
  }
}

/** brcmfmac and its kin (research/hwsim.md §6.1), mt76, ath10k, iwlwifi. */
export function isFirmwareHalt(record: string): boolean {
  const text = record.slice(record.indexOf(';') + 1);
  return (
    /brcmf\w*: .*(firmware (has )?halted|firmware trap)/i.test(text) ||
    /(firmware crashed|Microcode SW error detected|Hardware restart was requested)/.test(text)
  );
}
