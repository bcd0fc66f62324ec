// The reference pages in the tree that are drawn from declarations: which file, and its text. main.ts writes them, a test holds
// each against its file.

import { PORT_RULES } from '../../appliance/analysis/inspect/port-rules.ts';
import { RULES } from '../../appliance/analysis/inspect/rules.ts';
import { configurationReference } from '../../appliance/config/reference.ts';
import { checksReference } from '../../appliance/health/doctor/reference.ts';
import { ERROR_CODES } from '../../appliance/model/errors.ts';
import { METRICS } from '../../appliance/publish/metrics/metrics.ts';
import { MQTT_SCHEMAS } from '../../appliance/publish/schemas/mqtt.ts';
import { limitsPage } from './limits.ts';
import { mqttPage } from './mqtt-page.ts';
import { page, table } from './page-parts.ts';
import { ROOMS, roomPage } from './rooms.ts';

export interface ReferencePage {
  /** Below the root of the tree. */
  readonly file: string;
  readonly text: string;
}

export function referencePages(): ReferencePage[] {
  return [
    { file: 'appliance/config/CONFIGURATION.md', text: configurationReference() },
    { file: 'appliance/health/doctor/CHECKS.md', text: checksReference() },
    { file: 'appliance/analysis/inspect/FINDINGS.md', text: findings() },
    { file: 'appliance/model/ERRORS.md', text: errors() },
    { file: 'appliance/LIMITS.md', text: limitsPage() },
    { file: 'appliance/publish/metrics/METRICS.md', text: metrics() },
    { file: 'appliance/publish/mqtt/MQTT.md', text: mqttPage() },
    { file: 'appliance/publish/mqtt/payloads.schema.json', text: payloads() },
    ...Object.keys(ROOMS).map((room) => ({ file: `${room}/README.md`, text: roomPage(room) })),
  ];
}

/** Families of rule ids, in the order of the page. */
const FAMILIES: Readonly<Record<string, string>> = {
  CRED: 'Credentials',
  CLR: 'Readable content',
  PII: 'Personal data and identifiers',
  TLS: 'Weak encryption',
  DNS: 'Names',
  SCAN: 'Looking for what there is',
  PORT: 'Open ports, found by `weir scan`',
  AP: 'The captured network',
  GEO: 'Countries',
  ANOM: 'Changes in behaviour',
};

function findings(): string {
  const families = Object.entries(FAMILIES).map(([family, title]) => {
    const rules = Object.entries({ ...RULES, ...PORT_RULES }).filter(([id]) => id.startsWith(`${family}-`));
    const rows = rules.map(([id, { severity, confidence, explanation, remedy }]) => [
      `\`${id}\``,
      severity,
      String(confidence),
      explanation,
      remedy,
    ]);
    return `## ${title}\n\n${table(['rule', 'severity', 'confidence', 'what it means', 'what to do'], rows)}`;
  });
  const left = Object.keys({ ...RULES, ...PORT_RULES }).filter((id) => FAMILIES[id.split('-')[0] ?? ''] === undefined);
  if (left.length > 0) throw new TypeError(`no family for ${left.join(', ')}`);
  return page(
    'Findings',
    'findings.ts',
    'A finding names the rule, the device, and up to five packets as evidence. Severity and confidence are the defaults of the\nrule; a report may lower the confidence. An id is never used for another rule.',
    families,
  );
}

function errors(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]);
  return page(
    'Error codes',
    'errors.ts',
    'An error for the operator has one of these codes and one line: what, where, what happens now, what to do. A problem\nin captured bytes is never an error.',
    [table(['code', 'what it means and what to do'], rows)],
  );
}

/** JSON Schema of every payload, by the name in its field `schema`. */
function payloads(): string {
  const page = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: 'Generated from publish/schemas/mqtt.ts by `node dist/test/reference/main.js`; a test keeps both alike.',
    $defs: MQTT_SCHEMAS,
  };
  return `${JSON.stringify(page, null, 2)}\n`;
}

function metrics(): string {
  const rows = METRICS.map(({ name, type, help }) => [`\`${name}\``, type, help]);
  return page(
    'Metrics',
    'metrics.ts',
    'Prometheus text exposition at `/metrics`. A value that is not known is absent, never 0. Labels never hold an address or a\nname from the network.',
    [table(['metric', 'type', 'what it counts'], rows)],
  );
}
