// The shape of a reproduced paper: sections of text, tables and drawings. Made by paper/, amar/ and iotshark/; html.ts shows it.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { ReportTable } from './table.ts';

export interface ReportFigure {
  /** Also the name of its SVG file. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

export interface ReportSection {
  readonly title: string;
  /** Plain text, one paragraph each. */
  readonly paragraphs: readonly string[];
  readonly tables: readonly ReportTable[];
  readonly figures: readonly ReportFigure[];
}

export interface Report {
  readonly title: string;
  /** The paper, as it is cited. */
  readonly source: string;
  readonly about: readonly ReportTable[];
  readonly sections: readonly ReportSection[];
  /** What cannot be had from these captures, one sentence each. Never empty: a report without gaps hides them. */
  readonly gaps: readonly string[];
}

/** Versions, tables, inputs with their hashes: what somebody needs to get the same numbers. */
export function aboutTables(document: AnalysisDocument): readonly ReportTable[] {
  return [toolTable(document), inputTable(document)];
}

function toolTable({ tool, input, devices, routers }: AnalysisDocument): ReportTable {
  return {
    name: 'method',
    title: 'Method and versions',
    notes: [
      'Every number below is made from the analysis document of the captures; `weir analyze --format json` prints it.',
    ],
    head: ['what', 'value'],
    rows: [
      ['weir', tool.version],
      ['country table', tool.geo === null ? 'none' : `${tool.geo.date}, sha256 ${tool.geo.sha256}`],
      ['secure ports', `${tool.ports_profile}, sha256 ${tool.ports_sha256}`],
      ['rules', tool.rules_sha256],
      ['packets', input.packets],
      ['bytes of frames', input.frame_bytes],
      ['first packet', input.first_ts],
      ['last packet', input.last_ts],
      ['devices', devices.length],
      ['routers, left out', (routers ?? []).map(({ mac }) => mac).join(' ')],
    ],
  };
}

function inputTable({ input }: AnalysisDocument): ReportTable {
  const files = input.files ?? [{ ...input, left_out: null }];
  return {
    name: 'inputs',
    title: 'Captures',
    notes: [],
    head: ['file', 'bytes', 'sha256', 'damage'],
    rows: files.map(({ path, bytes, sha256, damage, left_out }) => [
      path,
      bytes,
      sha256,
      left_out ?? damage?.reason ?? null,
    ]),
  };
}
