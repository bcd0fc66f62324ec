// weir devices: who is there, what they are called, how much they said.

import type { Command } from 'commander';
import type { DevicesResponse } from '../publish/http/schemas.ts';
import type { LocalOptions } from './local-api.ts';

export function declareDevices(weir: Command): void {
  weir
    .command('devices')
    .description('List the captured devices.')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'the answer as JSON')
    .action(run);
}

async function run(options: LocalOptions): Promise<void> {
  const [{ askAppliance }, { bytesText, tableText }] = await Promise.all([
    import('./local-api.ts'),
    import('./print.ts'),
  ]);
  const answer = await askAppliance<DevicesResponse>(options, 'GET', '/api/v1/devices');
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const rows = answer.devices.map((device) => [
    device.mac ?? device.id,
    device.name === '' ? '-' : device.name,
    device.randomised ? 'randomised' : (device.vendor ?? 'unknown'),
    device.present ? 'here' : 'away',
    bytesText(device.bytes_up),
    bytesText(device.bytes_down),
    String(device.destinations),
    device.countries.join(' '),
  ]);
  process.stdout.write(
    `${tableText(['MAC', 'name', 'vendor', '', 'sent', 'received', 'destinations', 'countries'], rows)}\n`,
  );
}
