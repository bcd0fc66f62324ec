// One answer for people or for programs: what the verbs of this room share.

import type { Command } from 'commander';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';

export interface AskOptions extends LocalOptions {
  readonly device?: string;
  readonly phase?: string;
}

/** Options that each of these verbs has. */
export function localOptions(command: Command): Command {
  return command.addOption(configOption()).option('--json', 'the answer as JSON');
}

/** `words` of an address; undefined ones are left out. */
export function addressOf(path: string, words: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(words)) if (value !== undefined) query.set(name, value);
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** As JSON, or as a table; `none` where it would be empty. */
export async function printRows(
  { json }: LocalOptions,
  answer: unknown,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): Promise<void> {
  if (json === true) {
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const { tableText } = await import('../print/print.ts');
  process.stdout.write(rows.length === 0 ? `${none}\n` : `${tableText(head, rows)}\n`);
}
