// weir scan-worker: the scanner as a program of its own, started by systemd for each order (systemd/weir-scan@.service), or by the
// appliance where there is no systemd. Orders come on standard input, answers go to standard output.

import type { Command } from 'commander';
import { configOption } from '../config-option.ts';

/** Characters of an order after which no more is read; an order that this cuts is refused. */
const MAX_ORDER_BYTES = 1024 * 1024;

export function declareScanWorker(weir: Command): void {
  weir
    .command('scan-worker', { hidden: true })
    .description('Carry out one order of the scanner.')
    .addOption(configOption())
    .action(run);
}

async function run(options: { config?: string }): Promise<void> {
  const [{ loadConfig }, { carryOutOrder }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../experiment/scan/scan-worker.ts'),
  ]);
  const device = loadConfig(options.config).config.capture.interface;
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const line = await firstLine(stop);
  const answer = await carryOutOrder(line, device, stop.signal);
  await new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()));
  process.stdin.destroy();
}

/** The order; when the one who gave it goes away, the work is stopped. */
function firstLine(stop: AbortController): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const { stdin } = process;
    stdin.setEncoding('utf8');
    stdin.on('data', (part: string) => {
      if (text.length < MAX_ORDER_BYTES) text += part;
      const end = text.indexOf('\n');
      if (end !== -1) resolve(text.slice(0, end));
    });
    const gone = () => {
      stop.abort();
      resolve(text);
    };
    stdin.once('end', gone);
    stdin.once('error', gone);
    // The reader of the answer may be gone as well.
    process.stdout.once('error', gone);
  });
}
