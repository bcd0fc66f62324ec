// weir findings: what deserves attention, the gravest first, in words; `packet` shows the proof of one, `set-aside` says why it is known.

import type { Command } from 'commander';
import type { PacketView } from '../../model/document/packet.ts';
import { printable } from '../../model/text.ts';
import { isoText } from '../../model/time/iso-time.ts';
import type { FindingRow, FindingsResponse } from '../../publish/schemas/findings.ts';
import type { LocalOptions } from '../local-api.ts';
import { printAnswer } from '../print/answer.ts';
import { type AskOptions, addressOf, localOptions } from './print-rows.ts';

const ORDER: Readonly<Record<FindingRow['severity'], number>> = { high: 0, medium: 1, low: 2 };

export function declareFindings(weir: Command): void {
  const findings = localOptions(weir.command('findings'))
    .description('List the findings, the most severe first.')
    .option('-d, --device <device>', 'only of this device')
    .action(run);
  findings
    .command('packet')
    .argument('<id>', 'of the finding, as the list shows it')
    .option('-e, --evidence <index>', 'which of its packets, from 0', '0')
    .option('--reveal', 'show the payload, too; the ledger keeps that somebody looked')
    .description('Show the packet that proves a finding.')
    .action((id: string, _own: unknown, command: Command) => showPacket(id, command.optsWithGlobals()));
  findings
    .command('set-aside')
    .argument('<id>', 'of the finding, as the list shows it')
    .requiredOption('-r, --reason <text>', 'why it is known; empty takes it back')
    .description('Say in the ledger why a finding is known, so that it is listed apart.')
    .action((id: string, _own: unknown, command: Command) => setAside(id, command.optsWithGlobals()));
}

interface PacketOptions extends LocalOptions {
  readonly evidence: string;
  readonly reveal?: boolean;
}

async function showPacket(id: string, options: PacketOptions): Promise<void> {
  const [{ askAppliance }, { packetText }] = await Promise.all([
    import('../local-api.ts'),
    import('../print/packet-text.ts'),
  ]);
  const path = `/api/v1/findings/${encodeURIComponent(id)}/packet${options.reveal === true ? '/reveal' : ''}`;
  const address = addressOf(path, { evidence: options.evidence });
  const view = await askAppliance<PacketView>(options, options.reveal === true ? 'POST' : 'GET', address);
  process.stdout.write(options.json === true ? `${JSON.stringify(view, null, 2)}\n` : `${packetText(view)}\n`);
}

async function setAside(id: string, options: LocalOptions & { readonly reason: string }): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const { reason } = options;
  await askAppliance(options, 'POST', `/api/v1/findings/${encodeURIComponent(id)}/set-aside`, { reason });
  const isBack = reason.trim() === '';
  const state = isBack ? 'open' : 'set aside';
  printAnswer(options, { id, state, reason }, `${id}: ${isBack ? 'listed with the others again' : state}`);
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
  const [known, open] = [true, false].map((side) => sorted.filter((one) => (one.set_aside !== undefined) === side));
  return [...(open ?? []), ...(known ?? [])].map(findingText).join('\n');
}

function findingText({
  id,
  rule,
  severity,
  device,
  count,
  last_ts,
  explanation,
  excerpt_masked,
  remedy,
  set_aside: setAside,
}: FindingRow): string {
  const times = count === 1 ? 'once' : `${count} times`;
  return [
    `${severity.padEnd(6)} ${rule}  ${device ?? 'the network'}, ${times}, last ${isoText(last_ts)}`,
    `       ${printable(explanation, 1000)}`,
    `       id: ${printable(id)}`,
    ...(excerpt_masked === '' ? [] : [`       seen: ${printable(excerpt_masked, 200)}`]),
    ...(setAside === undefined ? [] : [`       set aside by ${printable(setAside.by)}: ${printable(setAside.reason)}`]),
    ...(remedy === '' ? [] : [`       to do: ${printable(remedy, 1000)}`]),
  ].join('\n');
}
