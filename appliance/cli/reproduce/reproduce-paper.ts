// weir reproduce paper: captures to a document, the document to a report, the report to files.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { wholeDocument } from '../../analysis/render-document.ts';
import { loadConfig } from '../../config/load.ts';
import { readScans, SCANS_FOLDER } from '../../experiment/scan/scan-files.ts';
import { compareDatabases } from '../../geo/geo-comparison.ts';
import { openDatabases } from '../../geo/geo-folder.ts';
import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { WeirError } from '../../model/errors.ts';
import { type Mac, parseMac } from '../../model/mac.ts';
import type { PortScan } from '../../model/scan/port-scan.ts';
import { printable } from '../../model/text.ts';
import { paperReport } from '../../reproduce/paper/paper-report.ts';
import { withAnalysis } from '../analyze/analyze-file.ts';
import type { ReproduceOptions } from './reproduce-options.ts';
import { printReported, reportFiles, writeFiles } from './write-report.ts';

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, USAGE, CONFIG_INVALID (registry) */
export async function reproducePaper(path: string, options: ReproduceOptions): Promise<void> {
  const document = await documentOf(path, options);
  const databases = openDatabases(
    options.config === undefined ? undefined : loadConfig(options.config).config.data.dir,
  );
  const comparison = compareDatabases(
    document.destinations.map(({ ip }) => ip),
    databases,
  );
  const files = reportFiles(paperReport(document, comparison, scansBeside(path, options.config)));
  writeFiles(options.out, files);
  if (options.measure) {
    const { measuredFiles } = await import('./measure.ts');
    writeFiles(options.out, await measuredFiles(path));
  }
  printReported(options, files, document);
}

/** Of the data folder: that of the settings, or the one that was named, or in which the captures that were named lie. */
function scansBeside(path: string, config: string | undefined): PortScan[] {
  const folders = config === undefined ? [path, dirname(resolve(path))] : [loadConfig(config).config.data.dir];
  const folder = folders.find((one) => existsSync(join(one, SCANS_FOLDER)));
  return folder === undefined ? [] : readScans(folder, (text) => process.stderr.write(`weir: ${printable(text)}\n`));
}

/** One document of a file or a folder, judged by the paper's own list of secure ports. Warnings go to standard error. */
export async function documentOf(
  path: string,
  options: Pick<ReproduceOptions, 'router' | 'registry'>,
): Promise<AnalysisDocument> {
  const { registry } = options;
  const routers = options.router.map(routerMac);
  return await withAnalysis({ paths: [path], profile: 'paper-appendix-b', routers, registry }, (streamed, warnings) => {
    for (const warning of warnings) process.stderr.write(`weir: ${warning}\n`);
    return wholeDocument(streamed);
  });
}

export function routerMac(text: string): Mac {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw new WeirError(
    'USAGE',
    `A router is written aa:bb:cc:00:01:02, not ${printable(text, 20)}; nothing was reproduced.`,
  );
}
