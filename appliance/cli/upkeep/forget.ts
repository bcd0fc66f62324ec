// weir forget: what was recorded of one device goes from this appliance, on the request of a person who has a right to that. Only here, on the
// machine itself: neither page nor broker can delete evidence.

import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ForgetAnswer } from '../../model/capture-status.ts';
import { type DeviceKey, parseMac } from '../../model/mac.ts';
import type { DevicesResponse } from '../../publish/schemas/devices.ts';
import { configOption } from '../config-option.ts';

interface ForgetFlags {
  readonly config?: string;
  readonly reason: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function declareForget(weir: Command): void {
  weir
    .command('forget')
    .argument('<device>', 'its MAC address, or the name that it has here')
    .option('--reason <text>', 'goes into the ledger; name nobody in it', '')
    .option('--yes', 'do it; without this only what would happen is said')
    .option('--json', 'what was done as JSON')
    .addOption(configOption())
    .description('Delete captures, figures, findings, scans and names of one device; the ledger says that it happened.')
    .action(run);
}

/** The ledger keeps lines that name the address, what others recorded of an exchange with it is theirs, and copies are out of reach. */
const STAYS = [
  'lines of the ledger that name its address (a chain that could lose lines would prove nothing)',
  'frames that it exchanged with other devices, in their captures and figures',
  'what was copied elsewhere: exports, downloads, backups, messages sent, the journal of this machine (an archive follows with its next `weir pull`)',
];

async function run(word: string, flags: ForgetFlags): Promise<void> {
  const [{ loadConfig }, { CaptureClient }, { OWNER_SOCKET }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../experiment/capture-client.ts'),
    import('../../model/files/run-files.ts'),
  ]);
  const device = await deviceOf(word, flags);
  if (flags.yes !== true) {
    process.stdout.write(
      `${device}: its captures, figures, findings, scans and names would be deleted, for good. These stay:\n${staysText()}\nNothing was deleted. To do it: weir forget ${device} --yes\n`,
    );
    process.exitCode = 2;
    return;
  }
  const capture = new CaptureClient(join(loadConfig(flags.config).config.data.dir, OWNER_SOCKET));
  const order = { verb: 'forget', device, by: userInfo().username, reason: flags.reason } as const;
  const { up_to } = (await capture.ask(order)) as ForgetAnswer;
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ device, up_to, stays: STAYS }, null, 2)}\n`);
  else
    process.stdout.write(
      `${device} is forgotten: its segments up to number ${up_to} are being deleted, and the appliance begins again without it.\nThese stay:\n${staysText()}\nStill in the network, it is recorded from now on as a new device.\n`,
    );
}

function staysText(): string {
  return STAYS.map((what) => `  ${what}`).join('\n');
}

/** @throws WeirError DEVICE_UNKNOWN, DEVICE_AMBIGUOUS; APPLIANCE_UNREACHABLE where a name is to be looked up. */
async function deviceOf(word: string, flags: ForgetFlags): Promise<DeviceKey> {
  const mac = parseMac(word);
  if (mac !== undefined) return mac;
  const [{ askAppliance }, { meantDevice }] = await Promise.all([
    import('../local-api.ts'),
    import('../../publish/device-word.ts'),
  ]);
  const { devices } = await askAppliance<DevicesResponse>(flags, 'GET', '/api/v1/devices');
  return meantDevice(word, () => devices);
}
