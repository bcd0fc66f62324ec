// Writes a report: report.html, a CSV file a table, an SVG file a figure. Existing files of these names are replaced.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { systemCode, WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import { reportHtml } from '../../reproduce/report/html.ts';
import type { Report } from '../../reproduce/report/report.ts';
import { tableCsv } from '../../reproduce/report/table.ts';
import { printAnswer } from '../print/answer.ts';
import type { ReproduceOptions } from './reproduce-options.ts';

export interface OutputFile {
  readonly name: string;
  readonly text: string;
}

/** The files of a report, in the order in which they are written. */
export function reportFiles(report: Report, htmlName = 'report.html'): OutputFile[] {
  const tables = [...report.sections.flatMap((section) => section.tables), ...report.about];
  const figures = report.sections.flatMap((section) => section.figures);
  return [
    { name: htmlName, text: reportHtml(report) },
    ...tables.map((table) => ({ name: `${table.name}.csv`, text: tableCsv(table) })),
    ...figures.map((figure) => ({ name: `${figure.name}.svg`, text: figure.svg })),
  ];
}

/** What `weir reproduce` says at its end. */
export function printReported(
  options: ReproduceOptions,
  files: readonly OutputFile[],
  { input }: Pick<AnalysisDocument, 'input'>,
): void {
  printAnswer(
    options,
    { folder: options.out, packets: input.packets, files: files.map(({ name }) => name) },
    `${printable(options.out)}: report.html and ${files.length - 1} further files from ${input.packets} packets`,
  );
}

/** @throws WeirError FILE_UNREADABLE where the folder cannot be written */
export function writeFiles(folder: string, files: readonly OutputFile[]): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
  } catch (cause) {
    const why = systemCode(cause) ?? String(cause);
    throw new WeirError(
      'FILE_UNREADABLE',
      `${printable(folder)} cannot be written (${why}); the report is not complete.`,
      { cause },
    );
  }
}
