// weir export zeek: the logs that Zeek would write of a capture, for everybody's scripts.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { WeirError } from '../../model/errors.ts';
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
    .action(run);
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

/** All captures of a folder in the order of their names, each from its own first packet. */
export async function trackCaptures(path: string): Promise<ConnTracker> {
  const [{ ConnTracker }, { readCaptureFile }] = await Promise.all([
    import('../../reproduce/zeek/tracker.ts'),
    import('../files/capture-file.ts'),
  ]);
  const tracker = new ConnTracker();
  for (const file of captureFiles(path)) await readCaptureFile(file, tracker, false);
  return tracker;
}

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE where there is none */
export function captureFiles(path: string): string[] {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined)
    throw new WeirError('FILE_UNREADABLE', `${printable(path)} cannot be read: there is no such file.`);
  if (!facts.isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:pcap|pcapng|cap)(?:\.gz)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  if (files.length === 0)
    throw new WeirError('NOT_A_CAPTURE', `${printable(path)} holds no capture file (.pcap, .pcapng).`);
  return files;
}
