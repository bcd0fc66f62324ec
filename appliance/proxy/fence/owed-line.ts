// The line of its end that the proxy still owes the ledger. What runs is known from /run, which a power cut takes; this stays on the
// card from before the rules go up until the ledger has the stop, so that no run of the proxy lacks its end there.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kernelBootId } from '../../capture/clock/boot.ts';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { writeDurably } from '../../capture/storage/durable-file.ts';
import { readPlainFile } from '../../config/plain-file.ts';
import { type ProxyState, parseProxyState } from '../../model/files/proxy-state.ts';
import { parseMac } from '../../model/mac.ts';

const NAME = 'weir-proxy-owed-line.json';
/** The file holds one small JSON object. */
const MAX_FILE_BYTES = 4096;

export function owedFile(folder: string): string {
  return join(folder, NAME);
}

export interface OwedLine {
  readonly state: ProxyState;
  /** Whether the machine was started again since. */
  readonly isOfAnotherBoot: boolean;
}

/** @throws the system's error: what cannot be owed is not begun. */
export async function oweLine(folder: string, state: ProxyState): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await writeDurably(nodeDisk, owedFile(folder), `${JSON.stringify({ ...state, boot_id: kernelBootId() })}\n`);
}

/** Undefined where none is owed; a file that is none is removed. */
export function owedLine(folder: string): OwedLine | undefined {
  const text = readPlainFile(owedFile(folder), MAX_FILE_BYTES, 'refused');
  if (text === undefined) return undefined;
  const state = parseProxyState(text);
  if (state === undefined || parseMac(state.device) === undefined || Number.isNaN(Date.parse(state.since))) {
    payLine(folder);
    return undefined;
  }
  const { boot_id } = JSON.parse(text) as { readonly boot_id?: unknown };
  return { state, isOfAnotherBoot: boot_id !== kernelBootId() };
}

/** The ledger has it. */
export function payLine(folder: string): void {
  rmSync(owedFile(folder), { force: true });
}
