// weir export: a bundle of segments, ledger and custody record that is self-contained and that `weir verify` accepts.

import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { toError } from '../model/errors.ts';
import { CAPTURE_SOCKET } from '../model/files/run-files.ts';
import { freeFloor } from '../model/free-floor.ts';
import { type DeviceKey, parseDevice } from '../model/mac.ts';
import { isPhase, type Phase } from '../model/phase.ts';
import { printable } from '../model/text.ts';
import { INSTANT_HELP, parseInstant } from '../model/time/clock.ts';
import type { DevicesResponse } from '../publish/schemas/devices.ts';
import { configOption } from './config-option.ts';
import { type AnswerOptions, printAnswer } from './print/answer.ts';
import { declareExportZeek } from './reproduce/export-zeek.ts';

interface ExportFlags extends AnswerOptions {
  readonly config?: string;
  readonly device?: readonly string[];
  readonly phase?: readonly Phase[];
  readonly from?: bigint;
  readonly to?: bigint;
  readonly reason: string;
}

export function declareExport(weir: Command): void {
  const exporter = weir
    .command('export')
    .argument('<folder>', 'a folder that does not exist yet')
    .description('Copy segments with ledger and custody record into a folder that can be verified anywhere.')
    .option(
      '-d, --device <device>',
      'only this device: MAC in any form, IP address or name (may be repeated)',
      wordList,
    )
    .option('-p, --phase <phase>', 'only this phase (may be repeated)', phaseList)
    .option('--from <time>', 'segments with a packet at or after this time (ISO 8601, or seconds since 1970)', instant)
    .option('--to <time>', 'segments with a packet at or before this time', instant)
    .option('--reason <text>', 'why, for the custody record', 'not given')
    .option('--json', 'what was copied as JSON')
    .addOption(configOption())
    .action(run);
  declareExportZeek(exporter);
}

async function run(target: string, flags: ExportFlags): Promise<void> {
  const [{ loadConfig }, { exportBundle }, { version }, { CaptureClient }] = await Promise.all([
    import('../config/load.ts'),
    import('../capture/ledger/export.ts'),
    import('../config/version.ts'),
    import('../experiment/capture-client.ts'),
  ]);
  const { device, phase, from, to, reason } = flags;
  const selection = {
    ...(device === undefined ? {} : { devices: await devicesOf(device, flags) }),
    ...(phase === undefined ? {} : { phases: phase }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const { config } = loadConfig(flags.config);
  const by = userInfo().username;
  const custody = await exportBundle(config.data.dir, target, selection, {
    by,
    reason,
    version,
    floor: freeFloor(config.retention),
  });
  printAnswer(
    flags,
    { folder: target, files: custody.files.length, custody },
    `${target}: ${custody.files.length} segments; \`weir verify ${target}\` checks them`,
  );
  const note = { type: 'export', by, files: custody.files.length, detail: reason.slice(0, 256) } as const;
  const noted = new CaptureClient(join(config.data.dir, CAPTURE_SOCKET)).ask({ verb: 'note', ...note });
  await noted.catch((thrown: unknown) =>
    process.stderr.write(
      `weir: the ledger does not know of this export: ${printable(toError(thrown).message, 1000)}\n`,
    ),
  );
}

function wordList(text: string, list: readonly string[] = []): readonly string[] {
  return [...list, text];
}

/** A MAC needs nobody; names and IP addresses are the appliance's to know. */
async function devicesOf(words: readonly string[], flags: ExportFlags): Promise<DeviceKey[]> {
  const keys = words.map((word) => parseDevice(word.trim().toLowerCase()));
  if (keys.every((key) => key !== undefined)) return keys;
  const [{ askAppliance }, { meantDevice }] = await Promise.all([
    import('./local-api.ts'),
    import('../publish/device-word.ts'),
  ]);
  const { devices } = await askAppliance<DevicesResponse>(flags, 'GET', '/api/v1/devices');
  return words.map((word) => meantDevice(word, () => devices));
}

function phaseList(text: string, list: readonly Phase[] = []): readonly Phase[] {
  if (!isPhase(text)) throw new InvalidArgumentError('not a phase.');
  return [...list, text];
}

function instant(text: string): bigint {
  const ns = parseInstant(text);
  if (ns === undefined) throw new InvalidArgumentError(`${INSTANT_HELP}.`);
  return ns;
}
