// weir registry import|export|set|show: what people say the devices are, as the ledger of the running appliance keeps it.

import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { systemCode, WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { FACT_TEXTS, FACT_WORDS } from '../../model/user-identity.ts';
import type { DevicesResponse, RegistryResponse } from '../../publish/schemas/devices.ts';
import { localOptions, printRows } from '../ask/print-rows.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';
import { printAnswer } from '../print/answer.ts';

const PATH = '/api/v1/registry';

export function declareRegistry(weir: Command): void {
  const registry = weir.command('registry').description('What the devices are: name, maker, model, category, role, …');
  registry
    .command('import')
    .argument('<file>', '`MAC name` a line as Mon(IoT)r has it, or CSV as `export` writes it')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .description('Write what a file says into the ledger; what it does not say stays as it was.')
    .action(importFile);
  registry
    .command('export')
    .argument('<file>', 'a file that does not exist yet; - for standard output')
    .option('--format <format>', 'csv, or moniotr: `MAC name` a line', 'csv')
    .option('--unpadded', 'for moniotr: addresses as 0:17:88:…')
    .addOption(configOption())
    .description('Write the registry into a file.')
    .action(exportFile);
  const set = registry
    .command('set')
    .argument('<device>', 'its MAC, an IP address of it, or its name')
    .option('--name <name>', 'what you call it')
    .option('--vendor <vendor>', 'who made it')
    .option('--category <category>', 'camera, light, plug, hub, speaker, …');
  for (const [name, words] of Object.entries(FACT_WORDS)) set.option(`--${name} <${name}>`, words.join(', '));
  for (const name of FACT_TEXTS) set.option(`--${name} <text>`, TEXT_HELP[name]);
  set
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .description('Say more of one device; an empty text takes back what was said.')
    .action(setOne);
  localOptions(registry.command('show')).description('List what was said of the devices.').action(show);
}

const TEXT_HELP: Readonly<Record<(typeof FACT_TEXTS)[number], string>> = {
  model: 'its model',
  firmware: 'its version',
  assistants: 'assistants that it is paired with',
  children: 'what is behind it, as Zigbee lamps behind a hub',
};

async function importFile(file: string, options: LocalOptions): Promise<void> {
  const [{ askAppliance }, { readRegistry }] = await Promise.all([
    import('../local-api.ts'),
    import('../../experiment/registry/registry-file.ts'),
  ]);
  const devices = readRegistry(file);
  const { written } = await askAppliance<{ written: number }>(options, 'POST', PATH, { devices });
  printAnswer(
    options,
    { file, devices: devices.length, written },
    `${printable(file, 200)}: ${devices.length} devices, ${written} with something new; the ledger has it`,
  );
}

async function exportFile(
  file: string,
  options: LocalOptions & { readonly format: string; readonly unpadded?: boolean },
): Promise<void> {
  const { format, unpadded } = options;
  if (format !== 'csv' && format !== 'moniotr')
    throw new WeirError(
      'USAGE',
      `${printable(format, 20)} is no format of a registry: csv or moniotr. Nothing was written.`,
    );
  const [{ askAppliance }, { csvText, pairText }] = await Promise.all([
    import('../local-api.ts'),
    import('../../experiment/registry/registry-text.ts'),
  ]);
  const { devices } = await askAppliance<RegistryResponse>(options, 'GET', PATH);
  const text = format === 'csv' ? csvText(devices) : pairText(devices, unpadded);
  if (file === '-') process.stdout.write(text);
  else writeNew(file, text);
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (thrown) {
    const why = systemCode(thrown) === 'EEXIST' ? 'it exists already' : (systemCode(thrown) ?? String(thrown));
    throw new WeirError('DATA_UNWRITABLE', `${printable(file, 200)} was not written: ${why}. Name another file.`, {
      cause: thrown,
    });
  }
}

async function setOne(word: string, options: LocalOptions & Readonly<Record<string, unknown>>): Promise<void> {
  const { config: _config, json: _json, ...said } = options;
  if (Object.keys(said).length === 0)
    throw new WeirError(
      'USAGE',
      'Say --name, --role or another option; nothing was written. `weir help registry set` lists them.',
    );
  const [{ askAppliance }, { meantDevice }] = await Promise.all([
    import('../local-api.ts'),
    import('../../publish/device-word.ts'),
  ]);
  const { devices } = await askAppliance<DevicesResponse>(options, 'GET', '/api/v1/devices');
  const mac = meantDevice(word, () => devices);
  await askAppliance(options, 'POST', PATH, { devices: [{ mac, ...said }] });
  printAnswer(options, { device: mac, ...said }, `${mac}: said; the ledger has it`);
}

async function show(options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const answer = await askAppliance<RegistryResponse>(options, 'GET', PATH);
  const rows = answer.devices.map((one) => [
    one.mac,
    one.name || '-',
    [one.vendor, one.model ?? ''].filter((text) => text !== '').join(' ') || '-',
    one.code ?? (one.category || '-'),
    one.role ?? '-',
    one.link ?? '-',
    one.firmware ?? '-',
  ]);
  await printRows(
    options,
    answer,
    ['MAC', 'name', 'maker, model', 'category', 'role', 'link', 'firmware'],
    rows,
    'nothing was said yet',
  );
}
