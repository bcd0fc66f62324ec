// weir notify test: a message by every channel that is set, so that one knows before it matters.

import type { Command } from 'commander';
import type { NotificationTest } from '../../publish/schemas/experiment.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';

export function declareNotify(weir: Command): void {
  const notify = weir
    .command('notify')
    .description('Notifications by webhook, ntfy, syslog, e-mail (settings: notify).');
  notify
    .command('test')
    .description('Send a test by every channel that is set, and say what became of each.')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .action(test);
}

async function test(options: LocalOptions): Promise<void> {
  const [{ askAppliance }, { printable }] = await Promise.all([
    import('../local-api.ts'),
    import('../../model/text.ts'),
  ]);
  const answer = await askAppliance<NotificationTest>(options, 'POST', '/api/v1/notifications/test');
  const { channels } = answer;
  if (options.json === true) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  else if (channels.length === 0) process.stdout.write('No channel is set. See notify in `weir config reference`.\n');
  else
    for (const { channel, error } of channels)
      process.stdout.write(`${channel.padEnd(9)}${error === '' ? 'sent' : `not sent: ${printable(error, 300)}`}\n`);
  if (channels.some(({ error }) => error !== '')) process.exitCode = 1;
}
