// What a verb did, for people in words or for programs as JSON: one option, one place that writes.

import type { Command } from 'commander';

export interface AnswerOptions {
  readonly json?: boolean | undefined;
}

export function jsonOption(command: Command): Command {
  return command.option('--json', 'the answer as JSON');
}

/** `text` without its last line end. */
export function printAnswer({ json }: AnswerOptions, answer: unknown, text: string): void {
  process.stdout.write(`${json === true ? JSON.stringify(answer, null, 2) : text}\n`);
}
