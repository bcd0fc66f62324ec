// One call of `weir` from its words to its exit code, whichever verbs it was given: verbs.ts gives all, analyze-program.ts one.

import { Command, CommanderError } from 'commander';
import { version } from '../config/version.ts';
import { toError, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { spellOut } from './reproduce/single-dash.ts';

/** Sets the exit code; throws nothing. */
export async function runWeir(verbs: readonly ((weir: Command) => void)[]): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await weirProgram(verbs).parseAsync(spellOut(process.argv));
  } catch (thrown) {
    process.exitCode = report(thrown);
  }
}

export function weirProgram(verbs: readonly ((weir: Command) => void)[]): Command {
  const weir = new Command('weir')
    .description('Records what IoT devices say, works out what it means, and can prove it.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(See `weir help VERB`.)');
  for (const declare of verbs) declare(weir);
  return weir;
}

/** One line for the operator; a stack only for what is our own fault. Exit codes: 1 failed, 2 unusable input or usage. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  if (thrown instanceof WeirError) {
    process.stderr.write(`weir: ${printable(thrown.message, 1000)} [${thrown.code}]\n`);
    return EXIT_CODES[thrown.code] ?? 1;
  }
  process.stderr.write(`weir: internal error (please report): ${toError(thrown).stack ?? ''}\n`);
  return 70;
}

const EXIT_CODES: Readonly<Record<string, number>> = {
  NOT_A_CAPTURE: 2,
  FILE_UNREADABLE: 2,
  CONFIG_INVALID: 2,
  CONFIG_MISSING: 2,
  USAGE: 2,
  ARCHIVE_INVALID: 2,
  BACKUP_INVALID: 2,
};
