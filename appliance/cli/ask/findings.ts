// weir findings: what deserves attention, the gravest first, in words.

import type { Command } from 'commander';
import { isoText } from '../../model/iso-time.ts';
import { printable } from '../../model/text.ts';
import type { FindingRow, FindingsResponse } from '../../publish/schemas/findings.ts';
import { type AskOptions, addressOf, localOptions } from './print-rows.ts';

const ORDER: Readonly<Record<FindingRow['severity'], number>> = { high: 0, medium: 1, low: 2 };

export function declareFindings(weir: Command): void {
  localOptions(weir.command('findings'))
    .description('Tell what deserves attention, the gravest first.')
    .option('-d, --device <device>', 'only of this device')
    .action(run);
}

async function run(options: AskOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const path = addressOf('/api/v1/findings', { device: options.device });
  const answer = await askAppliance<FindingsResponse>(options, 'GET', path);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : `${findingsText(answer.findings)}\n`,
  );
}

export function findingsText(findings: readonly FindingRow[]): string {
  if (findings.length === 0) return 'no finding';
  const sorted = findings.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
  return sorted.map(findingText).join('\n');
}

function findingText({
  rule,
  severity,
  device,
  count,
  last_ts,
  explanation,
  excerpt_masked,
  remedy,
}: FindingRow): string {
  const times = count === 1 ? 'once' : `${count} times`;
  return [
    `${severity.padEnd(6)} ${rule}  ${device ?? 'the network'}, ${times}, last ${isoText(last_ts)}`,
    `       ${printable(explanation, 1000)}`,
    ...(excerpt_masked === '' ? [] : [`       seen: ${printable(excerpt_masked, 200)}`]),
    ...(remedy === '' ? [] : [`       to do: ${printable(remedy, 1000)}`]),
  ].join('\n');
}
