// weir report FILE|FOLDER: the dossier of a capture, or of one device in it, as one page that opens offline and prints.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { AnalysisDocument, DocumentFinding } from '../../model/analysis-document.ts';
import { systemCode, WeirError } from '../../model/errors.ts';
import type { Window } from '../../model/experiment/window.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { type Mac, parseMac } from '../../model/mac.ts';
import { bytesText } from '../../model/quantity.ts';
import type { PortScan } from '../../model/scan/port-scan.ts';
import { printable } from '../../model/text.ts';
import { type AnswerOptions, printAnswer } from '../print/answer.ts';

interface ReportOptions extends AnswerOptions {
  readonly device?: string;
  readonly output: string;
  readonly home: string;
  readonly router: readonly string[];
}

export function declareReport(weir: Command): void {
  weir
    .command('report')
    .description(
      'Write a dossier: who each device is, what it said, to whom, how protected; one page to print and file.',
    )
    .argument('<path>', 'a capture file, a folder of them, or a data folder')
    .option('-d, --device <device>', 'only this device: its MAC or name')
    .option('-o, --output <file>', 'where to write it', 'report.html')
    .option('--json', 'the answer as JSON')
    .option('--home <country>', 'where the capture was taken, as GB', '')
    .option(
      '--router <mac>',
      'address of the router or access point (repeatable)',
      (mac: string, before: readonly string[]) => [...before, mac],
      [],
    )
    .action(run);
}

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, DEVICE_UNKNOWN, DEVICE_AMBIGUOUS, USAGE */
async function run(path: string, options: ReportOptions): Promise<void> {
  const [{ withAnalysis }, { wholeDocument }, { withFindings }, { dossier }, { reportHtml }] = await Promise.all([
    import('../analyze/analyze-file.ts'),
    import('../../analysis/render-document.ts'),
    import('../../experiment/scan/scan-findings.ts'),
    import('../../reproduce/dossier/dossier.ts'),
    import('../../reproduce/report/html.ts'),
  ]);
  const isDataFolder = existsSync(join(path, LEDGER_FILE)) && existsSync(join(path, 'captures'));
  const captures = isDataFolder ? join(path, 'captures') : path;
  const routers = options.router.map(routerOf);
  const { document, warnings } = await withAnalysis(
    { paths: [captures], home: options.home, routers },
    (streamed, reported) => ({ document: wholeDocument(streamed), warnings: reported }),
  );
  for (const warning of warnings) process.stderr.write(`weir: ${warning}\n`);
  const device = options.device === undefined ? null : chosenDevice(document, options.device);
  const windows = isDataFolder ? await windowsBelow(path) : [];
  const scans = isDataFolder ? await scansBelow(path) : { scans: [], findings: [] };
  const html = reportHtml(
    dossier({ document: withFindings(document, scans.findings), device, windows, scans: scans.scans, phases: [] }),
  );
  try {
    writeFileSync(options.output, html);
  } catch (cause) {
    const why = systemCode(cause) ?? String(cause);
    const message = `${printable(options.output)} cannot be written (${why}). There is no report.`;
    throw new WeirError('FILE_UNREADABLE', message, { cause });
  }
  const bytes = Buffer.byteLength(html);
  printAnswer(options, { file: options.output, bytes, device }, `${options.output}: ${bytesText(bytes)}`);
}

function routerOf(text: string): Mac {
  const mac = parseMac(text);
  if (mac === undefined) throw new WeirError('USAGE', `--router ${printable(text, 40)} is no MAC address.`);
  return mac;
}

async function windowsBelow(folder: string): Promise<Window[]> {
  const [{ readLedgerStory }, { windowsOf }] = await Promise.all([
    import('../../experiment/windows/read-ledger.ts'),
    import('../../experiment/windows/windows.ts'),
  ]);
  return windowsOf(readLedgerStory(folder).recorded).map(({ window }) => window);
}

/** Files that are no scans are named on standard error. */
async function scansBelow(folder: string): Promise<{ scans: PortScan[]; findings: DocumentFinding[] }> {
  const [{ readScans }, { scanFindings }] = await Promise.all([
    import('../../experiment/scan/scan-files.ts'),
    import('../../experiment/scan/scan-findings.ts'),
  ]);
  const scans = readScans(folder, (text) => process.stderr.write(`weir: ${printable(text)}\n`));
  return { scans, findings: scanFindings(scans) };
}

function chosenDevice({ devices }: AnalysisDocument, word: string): string {
  const mac = parseMac(word);
  const folded = word.toLowerCase();
  const meant = devices.filter(
    (device) => device.mac === (mac ?? folded) || device.names.some(({ name }) => name.toLowerCase() === folded),
  );
  const [only] = meant;
  if (only === undefined) {
    const message = `No device of these captures is ${printable(word, 80)}. \`weir analyze\` lists them. There is no report.`;
    throw new WeirError('DEVICE_UNKNOWN', message);
  }
  if (meant.length > 1) {
    const list = meant.map((device) => device.mac).join(', ');
    throw new WeirError('DEVICE_AMBIGUOUS', `${printable(word, 80)} is ${list}. Name one by its address.`);
  }
  return only.mac;
}
