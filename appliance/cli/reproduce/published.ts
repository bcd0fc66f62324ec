// weir analyze FILE -po -cn …: the published analyzer's options on one file. shell.ts asks the same questions many times.

import { openTables } from '../../analysis/document/open-tables.ts';
import { portProfile } from '../../analysis/ports/ports.ts';
import { version } from '../../config/version.ts';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { addressTables } from '../../reproduce/analyzer/address-view.ts';
import { analyzerAnswers, SCAPY } from '../../reproduce/analyzer/answers.ts';
import { AnalyzerCounts } from '../../reproduce/analyzer/counts.ts';
import { type AnalyzedCapture, OVERVIEWS, type Overview, overviewTable } from '../../reproduce/analyzer/views.ts';
import { cellText, type ReportTable, tableCsv } from '../../reproduce/report/table.ts';
import { analyzeFile } from '../analyze/analyze-file.ts';
import { readCaptureFile } from '../files/capture-file.ts';
import { tableText } from '../print/print.ts';

export interface PublishedRequest {
  readonly overviews: readonly Overview[];
  /** Only rows about this address; alone: everything about it. */
  readonly ip?: string | undefined;
  readonly format: string;
}

/**
 * Reads the file twice: once as the published program counts, once as Weir does.
 * @param profileName its secure ports; `paper-tool` is the sheet published with the program
 * @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, USAGE
 */
export async function analyzeAsPublished(
  path: string,
  profileName = 'paper-tool',
): Promise<AnalyzedCapture & { readonly warnings: readonly string[] }> {
  const profile = portProfile(profileName);
  if (profile === undefined) throw new WeirError('USAGE', `There is no port profile "${printable(profileName, 40)}".`);
  const counts = new AnalyzerCounts(profile.secure);
  await readCaptureFile(path, counts, false);
  const { document, warnings } = await analyzeFile(path, profileName);
  const { tables } = openTables(version, profileName);
  return { counts, document, warnings, describe: (ip) => tables.describeAddress(ip) };
}

/** The text of the chosen overviews, ending in a line break. @throws WeirError USAGE for a format that does not exist */
export function publishedText(capture: AnalyzedCapture, request: PublishedRequest): string {
  const { format } = request;
  if (format === 'json') return `${JSON.stringify(publishedJson(capture, request), null, 1)}\n`;
  const tables = chosenTables(capture, request);
  if (format === 'csv') return tables.map(tableCsv).join('\r\n');
  if (format !== 'table')
    throw new WeirError('USAGE', `There is no format "${printable(format, 20)}": json, csv or table.`);
  return `${tables.map(peopleText).join('\n')}${cutText(capture)}`;
}

function chosenTables(capture: AnalyzedCapture, { overviews, ip }: PublishedRequest): readonly ReportTable[] {
  if (overviews.length === 0 && ip !== undefined) return addressTables(capture.document, ip);
  return OVERVIEWS.filter((each) => overviews.includes(each)).map((each) => overviewTable(each, capture, ip));
}

/** The published numbers under the program's own names, and each overview with the right answer. */
function publishedJson(capture: AnalyzedCapture, request: PublishedRequest): object {
  const { document } = capture;
  const about = {
    counted_as: `IoT Network Analyzer as published, over the layers of scapy ${SCAPY}`,
    ports_profile: document.tool.ports_profile,
    input: document.input,
    pairs_left_out: capture.counts.pairsLeftOut,
  };
  const overviews = chosenTables(capture, request).map(({ name, title, notes, head, rows }) => ({
    name,
    title,
    notes,
    head,
    rows,
  }));
  const answers = request.overviews.length === 0 ? {} : analyzerAnswers(capture.counts);
  return { ...about, ...answers, overviews };
}

/** Text of devices follows its row, as far as a person reads it; JSON and CSV have all that was kept. */
function peopleText({ title, notes, head, rows }: ReportTable): string {
  const columns = head.filter((name) => name !== 'text');
  const lines = rows.map((row) => row.slice(0, columns.length).map(cellText));
  const texts = head.includes('text')
    ? rows.map((row) => `${row[0]} > ${row[1]}: ${printable(cellText(row.at(-1) ?? null), 4000)}\n`)
    : [];
  return `${title}\n${notes.map((note) => `  ${note}\n`).join('')}${tableText(columns, lines)}\n${texts.join('')}`;
}

function cutText({ counts }: AnalyzedCapture): string {
  if (counts.pairsLeftOut === 0) return '';
  return `${counts.pairsLeftOut} packets of further pairs of addresses are not in these tables.\n`;
}
