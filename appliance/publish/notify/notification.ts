// What is sent to people: findings, warnings of the appliance, the summary of a day, a test. Masked like everything that leaves the
// machine: no excerpt, no payload. Pure.

import type { DocumentFinding, Severity } from '../../model/analysis-document.ts';
import { SEVERITIES } from '../../model/severity.ts';
import { printable } from '../../model/text.ts';

/** One statement, with the view of the page that shows its evidence. */
export interface Notice {
  /** The same as long as it is the same matter. */
  readonly id: string;
  readonly severity: Severity;
  /** null for what concerns the appliance itself. */
  readonly rule: string | null;
  /** The MAC; null where none is concerned. */
  readonly device: string | null;
  /** The device's name; empty where there is none. */
  readonly name: string;
  readonly text: string;
  readonly link: string;
}

export interface Notification {
  readonly schema: 'weir.notification/1';
  readonly ts: string;
  readonly appliance: string;
  readonly kind: 'findings' | 'daily' | 'test';
  readonly title: string;
  readonly notices: readonly Notice[];
  /** Further ones that no message has room for; the page has them. */
  readonly more: number;
  readonly link: string;
}

/** Characters of one finding in a message. */
const MAX_TEXT = 500;

export function findingNotice(finding: DocumentFinding, name: string, pageUrl: string): Notice {
  const { id, rule, severity, device, explanation } = finding;
  const query = device === null ? '' : `?device=${encodeURIComponent(device.replaceAll(':', ''))}`;
  const text = printable(explanation, MAX_TEXT);
  return { id, rule, severity, device, name: printable(name, 100), text, link: `${pageUrl}/#/findings${query}` };
}

/** Numbers change while the matter stays: they are no part of the id. */
export function warningNotice(warning: string, pageUrl: string): Notice {
  const text = printable(warning, MAX_TEXT);
  const id = `warning ${text.replaceAll(/[\d.,]+/g, '#')}`;
  return { id, rule: null, severity: 'high', device: null, name: '', text, link: `${pageUrl}/#/health` };
}

export function findingsTitle(notices: readonly Notice[], more: number): string {
  const [only] = notices;
  if (only !== undefined && notices.length === 1 && more === 0) return noticeLine(only);
  const severities = SEVERITIES.map(
    (severity) => [notices.filter((notice) => notice.severity === severity).length, severity] as const,
  )
    .filter(([count]) => count > 0)
    .map(([count, severity]) => `${count} ${severity}`);
  return `${notices.length + more} new: ${severities.join(', ')}${more > 0 ? `, ${more} more` : ''}`;
}

/** `CRED-01 high, Hall camera (aa:bb:cc:00:01:02): Log-in without encryption.` */
export function noticeLine({ rule, severity, device, name, text }: Notice): string {
  const whose = device === null ? '' : `, ${name === '' ? device : `${name} (${device})`}`;
  return `${rule ?? 'Warning'} ${severity}${whose}: ${text}`;
}

/** For mail and ntfy: a line each, the link below it. */
export function plainText({ notices, more, link }: Notification): string {
  const lines = notices.map((notice) => `${notice.rule === null ? notice.text : noticeLine(notice)}\n  ${notice.link}`);
  if (more > 0) lines.push(`${more} more: ${link}`);
  return `${lines.join('\n')}\n`;
}
