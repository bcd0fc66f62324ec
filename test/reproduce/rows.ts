// The rows of REPRODUCED.md, as its test and the script that breaks them read them.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..', '..', '..');

export interface ReproducedRow {
  readonly id: string;
  readonly verb: string;
  /** Undefined where the row is not done. */
  readonly testFile: string | undefined;
  /** Title of the test, or why the row is not done. */
  readonly text: string;
  /** Source file that the row is made in; undefined where it is none of this program's alone. */
  readonly madeIn: string | undefined;
}

export function reproducedRows(): ReproducedRow[] {
  const lines = readFileSync(join(ROOT, 'REPRODUCED.md'), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const cells = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
    const [id = '', , verb = '', text = '', made = ''] = cells;
    if (!/^[PTAKF]\d+$/.test(id)) return [];
    const test = /^`([^`]+)`: (.*)$/.exec(text);
    return [{ id, verb, testFile: test?.[1], text: test?.[2] ?? text, madeIn: /`([^`]+)`/.exec(made)?.[1] }];
  });
}
