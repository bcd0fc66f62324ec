// Findings that no single packet shows: anomalies of behaviour and countries that cannot be. Reported in the words of their
// rules (rules.ts) with the figures behind them; made when a document is rendered.

import type { DocumentAnomaly, DocumentDestination, DocumentFinding } from '../../model/analysis-document.ts';
import { RULES, type RuleId } from '../inspect/rules.ts';
import { homeFindings, type KeptFindings } from './home-findings.ts';
import type { HomeMap } from './home-map.ts';

/** Of one document; further ones are counted as not kept. */
const MAX_FINDINGS = 200;

export function derivedFindings(
  anomalies: readonly DocumentAnomaly[],
  destinations: readonly DocumentDestination[],
  home: HomeMap,
): KeptFindings {
  const atHome = homeFindings(home);
  const all = [...atHome.kept, ...anomalies.map(ofAnomaly), ...destinations.flatMap(ofDestination)];
  const kept = all.slice(0, MAX_FINDINGS);
  return { kept, dropped: atHome.dropped + all.length - kept.length };
}

function ofAnomaly({ rule, device, subject, ts, explanation, evidence }: DocumentAnomaly): DocumentFinding {
  const words = RULES[rule as RuleId];
  return {
    id: `${rule} ${device} ${subject}`,
    rule,
    severity: words.severity,
    confidence: words.confidence,
    device: device === '' ? null : device,
    first_ts: ts,
    last_ts: ts,
    count: 1,
    excerpt_masked: explanation,
    explanation: words.explanation,
    remedy: words.remedy,
    evidence,
  };
}

function ofDestination({ ip, country, devices, round_trip: trip }: DocumentDestination): DocumentFinding[] {
  if (trip?.claim !== 'impossible') return [];
  const ts = trip.evidence[0]?.ts ?? '';
  const { severity, confidence, explanation, remedy } = RULES['GEO-01'];
  return [
    {
      id: `GEO-01 ${ip}`,
      rule: 'GEO-01',
      severity,
      confidence,
      device: devices.length === 1 ? (devices[0] ?? null) : null,
      first_ts: ts,
      last_ts: ts,
      count: trip.handshakes,
      excerpt_masked: `${ip} in ${country ?? 'no country'}: ${trip.explanation}`,
      explanation,
      remedy,
      evidence: trip.evidence,
    },
  ];
}
