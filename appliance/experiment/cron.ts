// Which expressions calendar jobs and campaigns take. The library knows more than we want: seconds.

import { validate } from 'node-cron';

/** What is wrong with an expression; empty for one of five fields. */
export function cronProblem(expression: string): string {
  if (expression.trim().split(/\s+/).length !== 5) return `"${expression}" is no cron expression of five fields`;
  return validate(expression) ? '' : `"${expression}" is no cron expression`;
}
