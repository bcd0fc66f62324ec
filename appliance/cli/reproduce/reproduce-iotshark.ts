// weir reproduce iotshark: for each device packetdump_<ip>_<epoch>_<label>.csv, userstate_<ip>_<epoch>.csv and metrics JSON.

import { openTables } from '../../analysis/document/open-tables.ts';
import { version } from '../../config/version.ts';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { iotsharkReport, type WatchedDevice } from '../../reproduce/iotshark/iotshark-report.ts';
import { metricsOf } from '../../reproduce/iotshark/metrics.ts';
import { dumpCsv, PacketDump } from '../../reproduce/iotshark/packet-dump.ts';
import { readCaptures } from '../files/read-captures.ts';
import { printAnswer } from '../print/answer.ts';
import { compareRuns, labelledRuns } from './labelled-runs.ts';
import type { ReproduceOptions } from './reproduce-options.ts';
import { documentOf, routerMac } from './reproduce-paper.ts';
import { type OutputFile, reportFiles, writeFiles } from './write-report.ts';

export interface IotsharkOptions extends ReproduceOptions {
  readonly label: string;
  readonly target: readonly string[];
  readonly run: readonly string[];
}

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, USAGE */
export async function reproduceIotshark(path: string, options: IotsharkOptions): Promise<void> {
  if (!/^\w{0,64}$/.test(options.label))
    throw new WeirError('USAGE', 'A label has letters, digits and underscores, at most 64; nothing was reproduced.');
  const labelled = labelledRuns(path, options.run);
  const document = await documentOf(path, options);
  const found = document.devices.flatMap(({ ips }) => ips.filter((ip) => ip !== '0.0.0.0' && !ip.includes(':')));
  const targets = options.target.length > 0 ? options.target : [...new Set(found)];
  const { tables } = openTables(version);
  const isp = (ip: string): string | null => tables.describeAddress(ip).org;
  const dumps = targets.map((ip) => ({ ip, dump: new PacketDump(ip) }));
  const sink = {
    frame: (...record: Parameters<PacketDump['frame']>): void => dumps.forEach(({ dump }) => dump.frame(...record)),
  };
  await readCaptures(path, sink);
  const devices = dumps
    .filter(({ dump }) => dump.rows.length > 0)
    .map(({ ip, dump: { rows } }) => ({
      ip,
      rows,
      theirs: metricsOf(rows, { counting: 'theirs', isp }),
      right: metricsOf(rows, { counting: 'right', isp }),
    }));
  const leftOut = dumps.reduce((sum, { dump }) => sum + dump.leftOut, 0);
  const [only, ...more] = options.target;
  const device = only !== undefined && more.length === 0 ? only : null;
  const request = { device, routers: options.router.map(routerMac) };
  const runs = labelled.length < 2 ? null : await compareRuns(labelled, tables, request);
  const files = [
    ...devices.flatMap((watched) => deviceFiles(watched, options.label)),
    ...reportFiles(iotsharkReport(document, devices, leftOut, runs)),
  ];
  writeFiles(options.out, files);
  printAnswer(
    options,
    { folder: options.out, devices: devices.length, files: files.map(({ name }) => name) },
    `${printable(options.out)}: ${devices.length} devices in ${files.length} files`,
  );
}

/** Under their names; the metrics in payload bytes have `.right` in theirs. */
function deviceFiles({ ip, rows, theirs, right }: WatchedDevice, label: string): OutputFile[] {
  const epoch = rows[0]?.timestamp ?? 0;
  const name = `packetdump_${ip}_${epoch}${label === '' ? '' : `_${label}`}`;
  return [
    { name: `${name}.csv`, text: dumpCsv(rows) },
    { name: `${name}.json`, text: `${JSON.stringify(theirs, null, 4)}\n` },
    { name: `${name}.right.json`, text: `${JSON.stringify(right, null, 4)}\n` },
    { name: `userstate_${ip}_${epoch}.csv`, text: `${epoch},0\r\n` },
  ];
}
