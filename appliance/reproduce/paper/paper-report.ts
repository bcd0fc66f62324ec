// Wu, Breitinger and Niemann 2021, reproduced from the analysis document of any captures: every table, figure and number.

import type { GeoComparison } from '../../geo/geo-comparison.ts';
import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { PortScan } from '../../model/scan/port-scan.ts';
import { aboutTables, type Report } from '../report/report.ts';
import type { ReportTable } from '../report/table.ts';
import { deviceChannels, tableFour, tableThree, thresholdList } from './channels.ts';
import { appendixA, bytesByCountry, countryBars, figureFour, tableFive, tableSix } from './places.ts';
import { printedChecks } from './printed-checks.ts';
import { APPENDIX_A_TOTALS, TABLE_2, TABLE_3, TABLE_4, TABLE_5 } from './printed-tables.ts';
import { scannedTables } from './scanned-table.ts';
import { tableTwo, textNumbers } from './text-numbers.ts';

/**
 * @param comparison the document's destinations by every database that is installed
 * @param scans of the same devices, where there are any
 */
export function paperReport(
  document: AnalysisDocument,
  comparison: GeoComparison,
  scans: readonly PortScan[] = [],
): Report {
  const devices = deviceChannels(document);
  const bytes = bytesByCountry(document);
  const four = figureFour(document, bytes);
  const five = tableFive(bytes, comparison, document);
  return {
    title: 'IoT network traffic analysis, reproduced',
    source:
      'T. Wu, F. Breitinger, S. Niemann: IoT network traffic analysis: Opportunities and challenges for forensic investigators? DFRWS APAC 2021.',
    about: aboutTables(document),
    sections: [
      section('Ports (RQ1)', [...scannedTables(document, scans), tableTwo(document)]),
      section('Encryption (RQ2)', [tableThree(devices), tableFour(document, devices), thresholdList(devices)]),
      {
        ...section('Destinations (RQ3)', [
          five,
          four.table,
          appendixA(document, bytes),
          tableSix(document, comparison),
        ]),
        figures: [four.figure, countryBars(five)],
      },
      section('Numbers of the text', [textNumbers(document, devices, bytes)]),
      section('What the paper prints', [printedChecks(), ...printed()]),
      {
        title: 'Fig. 6: time, processor and memory over the size of a capture',
        paragraphs: [
          'Measured on this machine, so that the numbers differ from run to run: they are in figure-6-measured.html and figure-6.csv next to this report. The paper needed 1 s to 6 min for 0.5 to 75 MB.',
        ],
        tables: [],
        figures: [],
      },
    ],
    gaps: [
      ...(scans.length > 0
        ? []
        : [
            'Table 2: captures show which ports answered, not which are open; an nmap scan is an active step of its own.',
          ]),
      'RQ4, the proxy on the app: the payload of an app is only here where a proxy or a key log recorded it.',
      'Table 6: IPStack and IP2Location-Lite cannot be had; the databases that are installed replace them.',
      'App-to-cloud: a phone’s connection is given to a device by the organisation it reaches, not by the app that opened it.',
      ...(document.tool.geo === null ? ['No country table is installed: every country is unknown.'] : []),
      ...((document.routers ?? []).length > 0
        ? ['The router is left out of devices: what it sent of its own is in no row.']
        : []),
    ],
  };
}

function section(title: string, tables: readonly ReportTable[]): Report['sections'][number] {
  return { title, paragraphs: [], tables, figures: [] };
}

function printed(): ReportTable[] {
  const asPrinted = (name: string, title: string, head: string[], rows: ReportTable['rows']): ReportTable => ({
    name,
    title,
    notes: ['As printed.'],
    head,
    rows,
  });
  const ports = (cell: readonly number[] | string): string => (typeof cell === 'string' ? cell : cell.join(' '));
  return [
    asPrinted(
      'printed-table-2',
      'Table 2 as printed',
      ['device', 'tcp', 'udp', 'vulnerable'],
      TABLE_2.map(([device, tcp, udp, bad]) => [device, ports(tcp), ports(udp), bad.join(' ')]),
    ),
    asPrinted(
      'printed-table-3',
      'Table 3 as printed',
      [
        'device',
        ...['device-to-cloud', 'app-to-cloud', 'app-to-device'].flatMap((channel) =>
          ['entropy', 'cleartext', 'protocol'].map((column) => `${channel} ${column}`),
        ),
      ],
      TABLE_3.map(([device, ...channels]) => [device, ...channels.flat()]),
    ),
    asPrinted(
      'printed-table-4',
      'Table 4 as printed',
      ['channel', 'device', 'entropy', 'protocol', 'cleartext', 'camera'],
      TABLE_4,
    ),
    asPrinted('printed-table-5', 'Table 5 as printed', ['country', 'devices'], TABLE_5),
    asPrinted(
      'printed-appendix-a',
      'Totals of Appendix A that can be read',
      ['device', 'countries'],
      APPENDIX_A_TOTALS,
    ),
  ];
}
