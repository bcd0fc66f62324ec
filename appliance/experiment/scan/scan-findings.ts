// What a scan means: findings of the family PORT, from the newest scan of a device that has ended, and the one before. Their evidence is
// the scan's own file, whose hash is in the ledger; the packets are in the captures of its windows. Pure.

import { PORT_RULES, type PortRuleId } from '../../analysis/inspect/port-rules.ts';
import type { AnalysisDocument, DocumentFinding } from '../../model/analysis-document.ts';
import type { PortLook, PortScan } from '../../model/scan/port-scan.ts';
import { diffScans, scanBefore } from '../../model/scan/scan-diff.ts';
import { newestScans } from '../../model/scan/table-two.ts';
import { vulnerablePorts } from '../../model/scan/vulnerable-ports.ts';

/** Of one scan; a device that opens everything has more, which its scan lists. */
const MAX_FINDINGS = 100;
const TELNET: ReadonlySet<number> = new Set([23, 2323]);
const TROJANS: ReadonlySet<string> = new Set(['udp 65000']);

/** Of the newest scan of each device that found anything out. */
export function scanFindings(scans: readonly PortScan[]): DocumentFinding[] {
  return newestScans(scans).flatMap((scan) => findingsOf(scan, scanBefore(scan, scans)));
}

/** What scans found next to what the packets say. */
export function withFindings(document: AnalysisDocument, ofScans: readonly DocumentFinding[]): AnalysisDocument {
  return { ...document, findings: [...document.findings, ...ofScans] };
}

/** The same, made once for the same scans: news, rows and totals ask several times a second. */
export class ScanFindings {
  #scans: readonly PortScan[] = [];
  #findings: DocumentFinding[] = [];

  of(scans: readonly PortScan[]): readonly DocumentFinding[] {
    const isSame = scans.length === this.#scans.length && scans.every((scan, at) => scan === this.#scans[at]);
    if (!isSame) this.#findings = scanFindings(scans);
    this.#scans = scans;
    return this.#findings;
  }
}

function findingsOf(scan: PortScan, before: PortScan | undefined): DocumentFinding[] {
  return [...attacked(scan), ...openDoors(scan), ...opened(scan, before)].slice(0, MAX_FINDINGS);
}

function attacked(scan: PortScan): DocumentFinding[] {
  return vulnerablePorts(scan.tcp.open, scan.udp.open).map(({ proto, port, service, note, source }) => {
    const place = `${proto} ${port}`;
    const rule = TELNET.has(port) ? 'PORT-01' : TROJANS.has(place) ? 'PORT-03' : 'PORT-04';
    const look = scan.looks.find((one) => proto === 'tcp' && one.port === port);
    return finding(scan, rule, place, `${place} (${service}) is open${bannerOf(look)}; ${note} ${source}`);
  });
}

/** A page that answers may be the form for a password: that is less sure. */
function openDoors(scan: PortScan): DocumentFinding[] {
  return scan.looks
    .filter(({ open_access }) => open_access === true)
    .map((look) => {
      const text = `tcp ${look.port} (${look.as}) let in without a password${bannerOf(look)}`;
      const made = finding(scan, 'PORT-02', `tcp ${look.port}`, text);
      return look.as.startsWith('http') ? { ...made, severity: 'low', confidence: 0.4 } : made;
    });
}

function opened(scan: PortScan, before: PortScan | undefined): DocumentFinding[] {
  if (before === undefined) return [];
  return diffScans(before, scan)
    .changes.filter(({ after }) => after === 'open')
    .map(({ proto, port, before: was }) =>
      finding(scan, 'PORT-05', `${proto} ${port}`, `${proto} ${port} is open and was ${was} in scan ${before.id}`),
    );
}

function bannerOf(look: PortLook | undefined): string {
  return look === undefined || look.banner === '' ? '' : ` and said “${look.banner}”`;
}

function finding(scan: PortScan, rule: PortRuleId, subject: string, excerpt: string): DocumentFinding {
  const { severity, confidence, explanation, remedy } = PORT_RULES[rule];
  const [first] = scan.windows;
  return {
    id: `${rule} ${scan.device} ${subject}`,
    rule,
    severity,
    confidence,
    device: scan.device,
    first_ts: secondsText(first?.from ?? scan.begun),
    last_ts: secondsText(scan.ended ?? scan.windows.at(-1)?.from ?? scan.begun),
    count: 1,
    excerpt_masked: excerpt.slice(0, 500),
    explanation,
    remedy,
    evidence: [],
  };
}

function secondsText(iso: string): string {
  return (Date.parse(iso) / 1000).toFixed(9);
}
