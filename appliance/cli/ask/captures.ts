// weir captures: which segments there are, newest first.

import { type Command, InvalidArgumentError } from 'commander';
import { bytesText } from '../../model/quantity.ts';
import type { SegmentsResponse } from '../../publish/schemas/captures.ts';
import { type AskOptions, addressOf, localOptions, printRows } from './print-rows.ts';

export function declareCaptures(weir: Command): void {
  localOptions(weir.command('captures'))
    .description('List the capture files, newest first.')
    .option('-d, --device <device>', 'only of this device')
    .option('-p, --phase <phase>', 'only of this phase')
    .option('-n, --limit <count>', 'at most so many, 1 to 1000', limit, 50)
    .action(run);
}

async function run(options: AskOptions & { limit: number }): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const { device, phase } = options;
  const path = addressOf('/api/v1/segments', { device, phase, limit: String(options.limit) });
  const answer = await askAppliance<SegmentsResponse>(options, 'GET', path);
  const rows = answer.segments.map((segment) => [
    String(segment.seq),
    segment.state,
    segment.phase,
    segment.opened,
    segment.packets === null ? 'unknown' : String(segment.packets),
    segment.bytes === null ? 'unknown' : bytesText(segment.bytes),
    segment.device,
  ]);
  await printRows(
    options,
    answer,
    ['number', '', 'phase', 'opened', 'packets', 'size', 'device'],
    rows,
    'no capture yet',
  );
  const left = answer.total - answer.segments.length;
  if (options.json !== true && left > 0) process.stdout.write(`${left} more are older; --limit shows more.\n`);
}

function limit(text: string): number {
  const count = Number(text);
  if (!/^\d{1,4}$/.test(text) || count < 1 || count > 1000)
    throw new InvalidArgumentError('not a whole number from 1 to 1000.');
  return count;
}
