// The order of severities, for every list of findings.

import type { Severity } from './analysis-document.ts';

/** The gravest first. */
export const SEVERITIES = ['high', 'medium', 'low'] as const satisfies readonly Severity[];

const ORDER: readonly string[] = SEVERITIES;

/** For `sort`: the gravest first. A word that is none comes before them all, so that it is seen. */
export function compareSeverities(x: { readonly severity: string }, y: { readonly severity: string }): number {
  return ORDER.indexOf(x.severity) - ORDER.indexOf(y.severity);
}
