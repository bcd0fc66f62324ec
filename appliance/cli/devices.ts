// weir devices: who is there, what they are called, how much they said; and saying what they are.

import type { Command } from 'commander';
import { WeirError } from '../model/errors.ts';
import { type BytesByVerdict, protectionWord } from '../model/protection.ts';
import { plainSentences } from '../model/sentences/sentence.ts';
import { printable } from '../model/text.ts';
import type { UserIdentity } from '../model/user-identity.ts';
import type { DevicesResponse } from '../publish/schemas/devices.ts';
import type { SentencesResponse } from '../publish/schemas/sentences.ts';
import { configOption } from './config-option.ts';
import type { LocalOptions } from './local-api.ts';
import { printAnswer } from './print/answer.ts';

interface ConfirmOptions extends Pick<LocalOptions, 'config'>, UserIdentity {
  readonly clear?: boolean;
}

interface ListOptions extends LocalOptions {
  readonly today?: boolean;
}

/** Rows; below it nothing is reported. */
const OLD_SECONDS = 5;

export function declareDevices(weir: Command): void {
  const devices = weir
    .command('devices')
    .description('List the captured devices.')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .option('--today', 'in the sentences only what was said since 00:00 UTC')
    .action(run);
  devices
    .command('confirm')
    .description('Say what a device is: kept in the ledger, wins over everything that is inferred.')
    .argument('<device>', 'its MAC in any form, an IP address of it, or its name')
    .option('--name <name>', 'what you call it', '')
    .option('--vendor <vendor>', 'who made it', '')
    .option('--category <category>', 'camera, light, plug, hub, speaker, …', '')
    .option('--clear', 'take back what was said of it')
    .option('--json', 'the answer as JSON')
    .addOption(configOption())
    .action(confirm);
}

async function run(options: ListOptions): Promise<void> {
  const [{ askAppliance }, { bytesText, tableText }] = await Promise.all([
    import('./local-api.ts'),
    import('./print/print.ts'),
  ]);
  const answer = await askAppliance<DevicesResponse>(options, 'GET', '/api/v1/devices');
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const from = options.today === true ? `?from=${new Date().toISOString().slice(0, 10)}T00:00:00Z` : '';
  const said = await askAppliance<SentencesResponse>(options, 'GET', `/api/v1/sentences${from}`);
  for (const { sentences } of said.devices)
    process.stdout.write(`${printable(plainSentences(sentences)[0] ?? '', 600)}\n`);
  if (said.devices.length > 0) process.stdout.write('\n');
  const rows = answer.devices.map((device) => [
    device.mac ?? device.id,
    device.name === '' ? '-' : device.name,
    device.randomised ? 'randomised' : (device.vendor ?? 'unknown'),
    device.present ? 'here' : 'away',
    bytesText(device.bytes_up),
    bytesText(device.bytes_down),
    String(device.destinations),
    device.countries.join(' '),
    protectionText(device.protection.internet, device.readable),
    protectionText(device.protection.home, device.readable),
  ]);
  const head = ['MAC', 'name', 'vendor', '', 'sent', 'received', 'destinations', 'countries'];
  process.stdout.write(`${tableText([...head, 'to the Internet', 'at home'], rows)}\n`);
  if (answer.age_seconds >= OLD_SECONDS)
    process.stdout.write(`These figures lack what came in the last ${Math.round(answer.age_seconds)} s.\n`);
}

/** By bytes of conversations. */
function protectionText(bytes: BytesByVerdict, hasReadable: boolean): string {
  const word = protectionWord(bytes, hasReadable);
  switch (word.says) {
    case 'nothing':
      return '-';
    case 'clear':
      return `${(word.share * 100).toFixed(1)} % in the clear`;
    case 'readable':
      return `${word.verdict}, but see findings`;
    case 'most':
      return `${word.only ? '' : 'mostly '}${word.verdict}`;
  }
}

async function confirm(text: string, options: ConfirmOptions, command: Command): Promise<void> {
  const { name, vendor, category, clear = false } = options;
  if (!clear && name === '' && vendor === '' && category === '')
    throw new WeirError('USAGE', 'Say --name, --vendor or --category, or --clear; nothing was written.');
  const said: UserIdentity = clear ? { name: '', vendor: '', category: '' } : { name, vendor, category };
  const { askAppliance } = await import('./local-api.ts');
  // The verb above takes the same option and gets it first.
  const where = command.optsWithGlobals<LocalOptions>();
  await askAppliance(where, 'POST', `/api/v1/devices/${encodeURIComponent(text)}/identity`, said);
  printAnswer(
    where,
    { device: text, ...said },
    `${printable(text, 64)}: ${clear ? 'what was said is taken back' : 'confirmed'}; the ledger has it`,
  );
}
