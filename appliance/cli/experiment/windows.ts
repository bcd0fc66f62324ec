// weir windows [FOLDER]: spans of time that the ledger names, of the running appliance or of a folder.

import { type Command, InvalidArgumentError } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { WINDOW_KINDS, type Window, type WindowKind } from '../../model/experiment/window.ts';
import { type DeviceKey, parseDevice } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import { INSTANT_HELP, parseInstant } from '../../model/time/clock.ts';
import type { WindowsResponse } from '../../publish/schemas/windows.ts';
import { type AskOptions, addressOf, localOptions, printRows } from '../ask/print-rows.ts';

interface WindowsOptions extends AskOptions {
  readonly kind?: WindowKind;
  readonly from?: string;
  readonly to?: string;
}

export function declareWindows(weir: Command): void {
  localOptions(weir.command('windows'))
    .argument('[folder]', 'a data folder, bundle or site of an archive; without it the running appliance is asked')
    .description('List windows of time: phases, tags, notes, gaps, pauses, steps of the clock, campaigns, scans.')
    .option('-k, --kind <kind>', `only of this kind: ${WINDOW_KINDS.join(', ')}`, kind)
    .option('-d, --device <device>', 'only of this device, and those of all devices')
    .option('--from <time>', `only what lasted at or after this: ${INSTANT_HELP}`, instantText)
    .option('--to <time>', 'only what began before this', instantText)
    .action(run);
}

async function run(folder: string | undefined, options: WindowsOptions): Promise<void> {
  const answer = folder === undefined ? await ask(options) : await read(folder, options);
  const rows = answer.windows.map((one) => [one.id, one.name, one.from, one.to ?? '-', one.device ?? 'all', said(one)]);
  await printRows(options, answer, ['window', 'name', 'from', 'to', 'device', ''], rows, 'no such window');
  if (options.json !== true && answer.left_out > 0)
    process.stdout.write(`${answer.left_out} older ones are in the ledger only.\n`);
}

async function ask(options: WindowsOptions): Promise<WindowsResponse> {
  const { askAppliance } = await import('../local-api.ts');
  const { kind, device, from, to } = options;
  return askAppliance(options, 'GET', addressOf('/api/v1/windows', { kind, device, from, to }));
}

async function read(folder: string, options: WindowsOptions): Promise<WindowsResponse> {
  const [{ readLedgerStory }, { chosenWindows, windowsOf }] = await Promise.all([
    import('../../experiment/windows/read-ledger.ts'),
    import('../../experiment/windows/windows.ts'),
  ]);
  const { recorded, damagedLines } = readLedgerStory(folder);
  if (damagedLines > 0)
    process.stderr.write(
      `weir: ${damagedLines} lines of the ledger are damaged and were passed over; \`weir verify\` says which\n`,
    );
  const windows = chosenWindows(windowsOf(recorded), {
    kind: options.kind,
    device: options.device === undefined ? undefined : folderDevice(options.device),
    from: options.from === undefined ? undefined : parseInstant(options.from),
    to: options.to === undefined ? undefined : parseInstant(options.to),
  });
  return { ts: new Date().toISOString(), windows, left_out: recorded.leftOut };
}

function said({ made, interaction, companions, note, clock_steps, lost }: Window): string {
  const parts = [
    made === 'afterwards' ? 'marked afterwards' : '',
    interaction ?? '',
    companions === undefined ? '' : `with ${companions.join(', ')}`,
    printable(note ?? '', 80),
    clock_steps === undefined ? '' : `clock set by ${clock_steps.map((step) => step ?? 'unknown').join(', ')} s`,
    lost === undefined || lost === null ? '' : `${lost} frames lost`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** A folder knows no names. */
export function folderDevice(word: string): DeviceKey {
  const device = parseDevice(word.trim().toLowerCase());
  if (device !== undefined) return device;
  const message = `${printable(word, 64)} is no MAC address; in a folder devices are named by their MAC. Nothing is shown.`;
  throw new WeirError('USAGE', message);
}

function kind(text: string): WindowKind {
  const found = WINDOW_KINDS.find((one) => one === text);
  if (found === undefined) throw new InvalidArgumentError(`a kind is one of ${WINDOW_KINDS.join(', ')}.`);
  return found;
}

function instantText(text: string): string {
  if (parseInstant(text) === undefined) throw new InvalidArgumentError(`${INSTANT_HELP}.`);
  return text;
}
