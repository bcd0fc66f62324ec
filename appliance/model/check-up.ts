// The words in which `weir doctor` answers.

/**
 * `fail`: something does not work or evidence is lost; `warn`: it works, but is incomplete or will break; `unknown`: it could
 * not be looked at; `not applicable`: this machine is not meant to have it.
 */
export const VERDICTS = ['ok', 'warn', 'fail', 'unknown', 'not applicable'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const AREAS = ['settings', 'machine', 'storage', 'radio', 'network', 'services'] as const;
export type Area = (typeof AREAS)[number];
