// weir export zeek: the logs that Zeek would write of a capture, for everybody's scripts.

import type { Command } from 'commander';
import { printable } from '../../model/text.ts';
import type { ConnTracker } from '../../reproduce/zeek/tracker.ts';

interface ZeekOptions {
  readonly out: string;
  readonly json?: boolean;
}

export function declareExportZeek(exporter: Command): void {
  exporter
    .command('zeek')
    .description(
      "conn, dns, http, ssl and dhcp logs of captures in Zeek's form, with community ids and link addresses.",
    )
    .argument('<captures>', 'capture file, or a folder of them')
    .requiredOption('-o, --out <folder>', 'where the logs are written')
    .option('--json', 'JSON lines instead of TSV')
    // The verb above has --json as well, and takes it.
    .action((path: string, _own: unknown, command: Command) => run(path, command.optsWithGlobals()));
}

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE */
async function run(path: string, options: ZeekOptions): Promise<void> {
  const [{ zeekLogs }, { writeFiles }] = await Promise.all([
    import('../../reproduce/zeek/log-files.ts'),
    import('./write-report.ts'),
  ]);
  const tracker = await trackCaptures(path);
  const files = zeekLogs(tracker, options.json === true ? 'json' : 'tsv');
  writeFiles(options.out, files);
  const { leftOut, apps } = tracker;
  if (leftOut + apps.leftOut > 0)
    process.stderr.write(`weir: ${leftOut} connections and ${apps.leftOut} messages beyond the limits are in no log\n`);
  process.stdout.write(`${printable(options.out)}: ${tracker.rows().length} connections in ${files.length} logs\n`);
}

async function trackCaptures(path: string): Promise<ConnTracker> {
  const [{ ConnTracker }, { readCaptures }] = await Promise.all([
    import('../../reproduce/zeek/tracker.ts'),
    import('../files/read-captures.ts'),
  ]);
  const tracker = new ConnTracker();
  for (const why of await readCaptures(path, tracker)) process.stderr.write(`weir: ${why} It is left out.\n`);
  return tracker;
}
