// The options of `weir reproduce`.

import type { AnswerOptions } from '../print/answer.ts';

export interface ReproduceOptions extends AnswerOptions {
  readonly out: string;
  readonly config?: string;
  readonly router: readonly string[];
  readonly registry?: string;
  readonly measure: boolean;
}
