// weir flows: who sent how much to whom, by any of the dimensions of the flow matrix, as the running appliance has it.

import type { Command } from 'commander';
import { printable } from '../../model/text.ts';
import type { DevicesResponse } from '../../publish/schemas/devices.ts';
import type { FlowsResponse } from '../../publish/schemas/flows.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';

/** Options that go into the question as they are. */
const ASKED = [
  ['device', '<device>', 'of this one: its MAC in any form, an IP address of it, or its name'],
  ['phase', '<phase>', 'unlabelled, setup, idle, intensive, scan or proxy'],
  ['scope', '<scope>', 'internet or home'],
  ['address', '<ip>', 'of the peer'],
  ['name', '<domain>', 'registered name of the peer: example.com'],
  ['country', '<code>', 'ISO 3166-1: US'],
  ['organisation', '<owner>', 'owner of the address'],
  ['protocol', '<protocol>', 'tcp or udp'],
  ['service', '<service>', 'https, ntp, …'],
  ['protection', '<verdict>', 'encrypted, cleartext, opaque, …'],
  ['content', '<content>', 'pictures, video, sound, compressed or media'],
  ['search', '<text>', 'a part of address, name, country, owner or service'],
  ['from', '<time>', 'first hour, ISO 8601'],
  ['to', '<time>', 'last hour, ISO 8601'],
  ['limit', '<groups>', 'at most so many groups'],
] as const;

const DEVICES = '/api/v1/devices';
const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** By id, `Kitchen plug (b8:27:eb:00:00:01)`: a name alone may be that of two. */
export function namesOf({ devices }: DevicesResponse): ReadonlyMap<string, string> {
  const called = devices.filter(({ name }) => name !== '');
  return new Map(called.map(({ id, mac, name }) => [id, `${printable(name, 100)} (${mac ?? id})`]));
}

type Asked = Partial<Record<(typeof ASKED)[number][0], string>>;

export function declareFlows(weir: Command): void {
  const flows = weir
    .command('flows')
    .description('Who sent how much to whom: bytes by device, destination, service, protection and hour.')
    .option(
      '--by <dimensions>',
      'device, phase, hour, scope, address, name, country, organisation, protocol, service, protection, content; commas between',
      'device,country',
    )
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(run);
  for (const [name, value, text] of ASKED) flows.option(`--${name} ${value}`, text);
}

async function run(options: LocalOptions & Asked & { readonly by: string }): Promise<void> {
  const [{ askAppliance }, { bytesText, countText, tableText }] = await Promise.all([
    import('../local-api.ts'),
    import('../print/print.ts'),
  ]);
  const query = new URLSearchParams({ by: options.by });
  for (const [name] of ASKED) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  const answer = await askAppliance<FlowsResponse>(options, 'GET', `/api/v1/flows?${query.toString()}`);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const { by, groups, totals, left_out, joined, without_row } = answer;
  const names = by.includes('device')
    ? namesOf(await askAppliance<DevicesResponse>(options, 'GET', DEVICES))
    : NO_NAMES;
  const rows = groups.map((group) => [
    ...by.map((dimension) => (dimension === 'device' && names.get(group.device ?? '')) || group[dimension] || '-'),
    bytesText(group.bytes_up),
    bytesText(group.bytes_down),
    countText(group.packets_up + group.packets_down),
  ]);
  const sum = [...by.map((_, i) => (i === 0 ? 'all' : '')), bytesText(totals.bytes_up), bytesText(totals.bytes_down)];
  rows.push([...sum, countText(totals.packets_up + totals.packets_down)]);
  process.stdout.write(`${tableText([...by, 'sent', 'received', 'packets'], rows)}\n`);
  const bytes = (part: typeof totals) => bytesText(part.bytes_up + part.bytes_down);
  if (left_out.groups > 0)
    process.stdout.write(`${left_out.groups} groups with ${bytes(left_out)} are not shown; --limit has more.\n`);
  if (joined.rows > 0)
    process.stdout.write(
      `${joined.rows} rows with ${bytes(joined)} are listed without their peer: there were too many in one period.\n`,
    );
  if (without_row.conversations > 0)
    process.stdout.write(
      `${without_row.conversations} conversations with ${bytesText(without_row.bytes)} are in no group: the hour had too many.\n`,
    );
}
