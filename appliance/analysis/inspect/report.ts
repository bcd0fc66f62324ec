// Reports a finding with the words of its rule. Called by inspectors and cleartext.ts; the analyzer adds packet and time, joins findings
// of equal rule, device and subject, and caps them per device and hour.

import type { Severity } from '../../model/analysis-document.ts';
import type { FindingSink } from './finding-fact.ts';
import { RULES, type RuleId } from './rules.ts';

export interface Report {
  readonly device: string;
  /** What distinguishes two findings of one rule: host, topic, field; never a secret. */
  readonly subject: string;
  /** Already masked. */
  readonly excerpt: string;
  readonly severity?: Severity;
  readonly confidence?: number;
  /** Instead of the rule's, where that says too much. */
  readonly explanation?: string;
}

export function report(facts: FindingSink, rule: RuleId, details: Report): void {
  const confidence = details.confidence ?? RULES[rule].confidence;
  if (facts.again(rule, details.device, details.subject, confidence)) return;
  const { severity, explanation, remedy } = RULES[rule];
  facts.finding({
    rule,
    severity: details.severity ?? severity,
    confidence,
    device: details.device,
    subject: details.subject,
    excerpt_masked: details.excerpt,
    explanation: details.explanation ?? explanation,
    remedy,
  });
}
