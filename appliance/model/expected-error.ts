// What may fail names how it may fail. Any other error is reported once, with its cause, before the caller goes on with what
// it has: capture and page do not stop for it, and nobody has to guess why something is missing.

import { systemCode, toError } from './errors.ts';
import { printable } from './text.ts';

/** An error's code, its class, or a pattern over code and message where it has neither. */
type Expected = string | RegExp | (new (...parameters: never[]) => Error);

/** Files that are not there. */
export const ABSENT = ['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO', 'ESRCH'] as const;
/** Files that are not there, or that are not for this user to read. */
export const UNREADABLE = [...ABSENT, 'EACCES', 'EPERM', 'ELOOP', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EFBIG'] as const;
/** A card that is full, read-only, or failing. What writes the evidence meets it too, and it is reported there. */
export const CARD = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENOENT', 'EACCES', 'EPERM'] as const;
/** A program that is missing, refused, or ended with a code of its own or a signal. */
export const PROGRAM = ['ENOENT', 'EACCES', 'EXIT', 'KILLED'] as const;
/** Text that is not JSON, or not in the form that its reader knows. */
export const MALFORMED = [SyntaxError, TypeError] as const;
/** AES-GCM: the key is another, or the bytes were altered. Node gives it no code. */
export const WRONG_KEY = /unable to authenticate/;
/** A wait that `stop` ended early. */
export const STOPPED = 'ABORT_ERR';

/** Places and kinds of errors that were reported; more are not. */
const MAX_REPORTS = 256;
/** Of one line of the log. */
const MAX_CHARACTERS = 1000;

const reported = new Set<string>();
let report = (line: string): void => void process.stderr.write(`weir: ${line}\n`);

/** Where reports go: one line each. Standard error by default. */
export function reportUnexpectedTo(sink: (line: string) => void): void {
  report = sink;
}

/** For `catch (thrown)`: reports what is not expected at `place`, a few words that say what was tried. */
export function expectOnly(thrown: unknown, place: string, ...expected: readonly Expected[]): void {
  if (expected.some((one) => isOf(thrown, one))) return;
  const kind = `${place} ${codeOf(thrown)} ${toError(thrown).name}`;
  if (reported.has(kind) || reported.size >= MAX_REPORTS) return;
  reported.add(kind);
  report(printable(`${place} failed unexpectedly: ${describe(thrown)}`, MAX_CHARACTERS));
}

/** For `.catch()`: the value to go on with; reports what is not expected. */
export function orElse<T>(value: T, place: string, ...expected: readonly Expected[]): (thrown: unknown) => T {
  return (thrown) => {
    expectOnly(thrown, place, ...expected);
    return value;
  };
}

function isOf(thrown: unknown, expected: Expected): boolean {
  if (typeof expected === 'string') return codeOf(thrown) === expected;
  if (expected instanceof RegExp) return expected.test(`${codeOf(thrown)} ${toError(thrown).message}`);
  return thrown instanceof expected;
}

/** Of a program that ran (`execFile`), how it ended. */
function codeOf(thrown: unknown): string {
  const { code, killed } = (thrown ?? {}) as { code?: unknown; killed?: unknown };
  if (killed === true) return 'KILLED';
  return typeof code === 'number' ? 'EXIT' : (systemCode(thrown) ?? '');
}

/** With its causes, and where a bug was thrown. */
function describe(thrown: unknown): string {
  const error = toError(thrown);
  const code = codeOf(thrown);
  const at =
    code === ''
      ? (error.stack
          ?.split('\n')
          .find((line) => line.startsWith('    at '))
          ?.trim() ?? '')
      : '';
  const cause = error.cause === undefined || error.cause === thrown ? '' : `; cause: ${toError(error.cause).message}`;
  return `${error.name}: ${error.message}${code === '' ? '' : ` [${code}]`}${cause}${at === '' ? '' : ` (${at})`}`;
}
