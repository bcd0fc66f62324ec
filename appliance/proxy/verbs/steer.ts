// weir proxy status, app, round, retest: orders of the tester to a running proxy.

import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { askProxy, isRound, type ProxyRequest } from '../control.ts';
import { readQuicTotals } from '../fence/fence.ts';
import { DIR_OPTION, type FolderOption } from '../places.ts';
import { noteRefusedQuic } from '../record/refused-quic.ts';

export function declareSteering(proxy: Command): void {
  proxy
    .command('status')
    .description('What the proxy is doing.')
    .option('--json', 'the answer as JSON')
    .option(...DIR_OPTION)
    .action(async ({ dir, json }: FolderOption & { json?: true }) => {
      const status = await askProxy(dir, { verb: 'status' });
      if (json === true) return void process.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
      const whose = status.device === null ? 'for apps whose settings name it' : `for ${status.device}`;
      const kept = status.attempts_not_kept === 0 ? '' : `, ${status.attempts_not_kept} more not kept`;
      process.stdout.write(
        `the app proxy runs ${whose} since ${status.since}, port ${status.port}\n` +
          `app: ${status.app === '' ? '(not named)' : status.app}; round: ${status.round}; ` +
          `${status.attempts} connections${kept}, ${status.open} open\n${status.folder}\n`,
      );
    });
  proxy
    .command('app')
    .argument('<name>', 'as the table is to call it')
    .description('Name the app that is used from now on.')
    .option(...DIR_OPTION)
    .action((app: string, { dir }: FolderOption) => send(dir, { verb: 'app', app }));
  proxy
    .command('round')
    .argument('<round>', 'before or after the authority was put on the phone')
    .description('Say whether the phone has the authority from now on.')
    .option(...DIR_OPTION)
    .action((round: string, { dir }: FolderOption) => {
      if (!isRound(round))
        throw new WeirError('USAGE', `there is no round ${round}; nothing was changed. There are before and after.`);
      return send(dir, { verb: 'round', round });
    });
  proxy
    .command('retest')
    .description('Look again into hosts that were let through because they refused.')
    .option(...DIR_OPTION)
    .action(({ dir }: FolderOption) => send(dir, { verb: 'retest' }));
}

async function send(folder: string, request: ProxyRequest): Promise<void> {
  // What QUIC came until now is the former app's.
  const former = await askProxy(folder, { verb: 'status' });
  if (former.device !== null) noteRefusedQuic(former.folder, readQuicTotals(), former);
  const { app, round } = await askProxy(folder, request);
  process.stdout.write(`app: ${app === '' ? '(not named)' : app}; round: ${round}\n`);
}
