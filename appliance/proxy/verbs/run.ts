// weir proxy run: the proxy in the foreground.

import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { parseMac } from '../../model/mac.ts';
import { isRound } from '../control.ts';
import { DIR_OPTION, type FolderOption } from '../places.ts';

interface Options extends FolderOption {
  readonly listen: string;
  readonly fd?: string;
  readonly device?: string;
  readonly ownAddress?: string;
  readonly app: string;
  readonly round: string;
  readonly serverCa?: string;
  readonly allowPrivate?: true;
}

export function declareRun(proxy: Command): void {
  proxy
    .command('run')
    .description('Run the proxy in the foreground until it is interrupted; the settings of apps name it.')
    .option('-l, --listen <host:port>', 'where apps ask for it', '127.0.0.1:8899')
    .option('--fd <number>', 'a listening socket that was handed over instead (the unit does this)')
    .option('--device <mac>', 'the one device whose connections the firewall leads here (the unit does this)')
    .option('--own-address <address>', "the appliance's own address on the captured side")
    .option('--app <name>', 'the app that is used now', '')
    .option('--round <round>', 'before or after the authority was put on the phone', 'before')
    .option(
      '--server-ca <file>',
      "PEM of an authority that servers' certificates may have in addition to the usual ones",
    )
    .option('--allow-private', 'also to private addresses, for experiments within one machine')
    .option(...DIR_OPTION)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { fd, device, round } = options;
  if (!isRound(round))
    throw new WeirError('USAGE', `there is no round ${round}; nothing was started. There are before and after.`);
  const mac = device === undefined ? null : parseMac(device);
  if (mac === undefined) throw new WeirError('USAGE', `${device} is no MAC address; nothing was started.`);
  const { runProxy } = await import('../run.ts');
  await runProxy({
    folder: options.dir,
    where: fd === undefined ? listening(options.listen) : { fd: Number(fd) },
    device: mac,
    ownAddress: options.ownAddress ?? null,
    app: options.app,
    round,
    serverCa: options.serverCa,
    allowPrivate: options.allowPrivate === true,
  });
}

function listening(text: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(?:\[?([0-9A-Za-z.:-]+?)\]?:)(\d{1,5})$/.exec(text) ?? [];
  if (host === '' || Number(port) > 65_535)
    throw new WeirError('USAGE', `${text} is no address and port, as 127.0.0.1:8899; nothing was started.`);
  return { host, port: Number(port) };
}
