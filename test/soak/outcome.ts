// What a scenario hands back.

export interface Outcome {
  /** For people. */
  readonly lines: readonly string[];
  /** The same, for programs. */
  readonly data: unknown;
  /** Whether a verdict fails. */
  readonly failed: boolean;
}
