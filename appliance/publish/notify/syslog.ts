// Syslog messages by RFC 5424, one for each notice. Pure.

import type { Severity } from '../../model/analysis-document.ts';
import { type Notification, noticeLine } from './notification.ts';

/** local0; RFC 5424 §6.2.1. */
const FACILITY = 16;
const LEVEL: Readonly<Record<Severity, number>> = { high: 3, medium: 4, low: 5 };
/** The number that RFC 5612 keeps for documentation; a site with its own number rewrites it. */
const ENTERPRISE = 32_473;
/** RFC 5424 §6.1: every receiver takes 480 bytes, most 2048. */
const MAX_BYTES = 2000;

export function syslogMessages(notification: Notification): string[] {
  const { ts, appliance, kind, notices, more, link } = notification;
  const head = (level: number) => `<${FACILITY * 8 + level}>1 ${ts} ${header(appliance, 255)} weir - ${kind}`;
  const messages = notices.map((notice) => {
    const { severity, rule, device, id } = notice;
    const parameters = {
      id,
      severity,
      ...(rule === null ? {} : { rule }),
      ...(device === null ? {} : { device }),
      link: notice.link,
    };
    return cut(`${head(LEVEL[severity])} ${element(parameters)} \u{FEFF}${noticeLine(notice)}`);
  });
  if (more > 0) messages.push(cut(`${head(5)} ${element({ more: String(more), link })} \u{FEFF}${more} more findings`));
  return messages;
}

function element(parameters: Readonly<Record<string, string>>): string {
  const texts = Object.entries(parameters).map(
    ([name, value]) => ` ${name}="${value.replaceAll(/["\\\]]/g, String.raw`\$&`)}"`,
  );
  return `[weir@${ENTERPRISE}${texts.join('')}]`;
}

/** PRINTUSASCII without spaces; `-` where nothing is left. */
function header(text: string, most: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, most) || '-';
}

/** Not in the middle of a character. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_BYTES
    ? text
    : bytes
        .subarray(0, MAX_BYTES)
        .toString('utf8')
        .replace(/\u{FFFD}+$/u, '');
}
