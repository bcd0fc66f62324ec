// The dossier of a device or of all devices of a capture: what an examiner prints and files. Made from the analysis document and what
// the ledger's times; the same input makes the same bytes, so it names no moment of its making. Shown by report/html.ts.

import type { AnalysisDocument, DocumentDevice } from '../../model/analysis-document.ts';
import type { Window } from '../../model/experiment/window.ts';
import type { PortScan } from '../../model/scan/port-scan.ts';
import { documentSentences } from '../../model/sentences/document-talks.ts';
import { plainSentences } from '../../model/sentences/sentence.ts';
import { type DeviceTraffic, deviceLabels, trafficByDevice } from '../report/device-traffic.ts';
import { aboutTables, type Report, type ReportSection } from '../report/report.ts';
import type { ReportTable } from '../report/table.ts';
import { destinationFigure, destinationTable } from './destination-part.ts';
import { findingTable, identityTable, portTable, serviceTable, unreachedTable } from './device-part.ts';
import { hourGrid } from './hour-grid.ts';
import { scanTables } from './scan-part.ts';
import { phaseTable, windowTable } from './time-part.ts';

/** A capture file that the dossier rests on. */
export interface DossierFile {
  readonly path: string;
  readonly bytes: number | null;
  readonly sha256: string | null;
  /** `closed`, `open`, `deleted`. */
  readonly state: string;
}

export interface DossierFacts {
  readonly document: AnalysisDocument;
  /** MAC; null for every device. */
  readonly device: string | null;
  /** What the ledger records; empty where there is none. */
  readonly windows: readonly Window[];
  /** Of the data folder; empty where there are none. */
  readonly scans: readonly PortScan[];
  /** In place of the document's own list, which an appliance does not have. */
  readonly files?: readonly DossierFile[];
  /** Documents of the same device by phase, where they are at hand. */
  readonly phases: readonly { readonly phase: string; readonly document: AnalysisDocument }[];
}

/** Beyond these a reader is lost, and the page is too long to print. */
const MAX_DEVICES = 60;

export function dossier(facts: DossierFacts): Report {
  const { document, device, windows, files } = facts;
  const labels = deviceLabels(document);
  const chosen = document.devices.filter(({ mac }) => device === null || mac === device);
  const shown = chosen.slice(0, MAX_DEVICES);
  const traffic = trafficByDevice(document);
  const said = documentSentences(document, 'in these captures');
  const [method, inputs] = aboutTables(document);
  const sections = shown.map((one) => {
    const label = labels.get(one.mac) ?? one.mac;
    const sentences = plainSentences(said.get(one.mac) ?? []);
    return deviceSection(facts, one, label, sentences, traffic.get(one.mac) ?? []);
  });
  const [only] = shown;
  return {
    title: device !== null && only !== undefined ? `Dossier: ${labels.get(only.mac) ?? only.mac}` : 'Dossier',
    source: `Made by Weir ${document.tool.version} from ${document.input.packets} packets. Texts of devices are shown as text. Values that may identify people are masked; the captures hold them.`,
    about: [
      ...(method === undefined ? [] : [method]),
      files === undefined ? (inputs ?? fileTable([])) : fileTable(files),
    ],
    sections: [...sections, ...(windows.length === 0 ? [] : [timeSection(windows)])],
    gaps: gapsOf(facts, chosen.length - shown.length),
  };
}

function deviceSection(
  { document, phases, scans }: DossierFacts,
  device: DocumentDevice,
  label: string,
  sentences: readonly string[],
  traffic: readonly DeviceTraffic[],
): ReportSection {
  const { mac } = device;
  const hours = (document.behaviour?.hours ?? []).filter((hour) => hour.device === mac);
  const figures = [...destinationFigure(mac, traffic), ...(hours.length === 0 ? [] : [hourGrid(mac, hours)])];
  const tables = [
    identityTable(device),
    findingTable(document, mac),
    destinationTable(document, mac, traffic),
    serviceTable(document, mac),
    portTable(mac, traffic),
    unreachedTable(document, mac),
    ...scanTables(mac, scans),
    ...(phases.length === 0 ? [] : [phaseTable(mac, phases)]),
  ].filter(({ rows }) => rows.length > 0);
  return {
    title: label,
    paragraphs: sentences.length === 0 ? ['It said nothing in these captures.'] : sentences,
    tables,
    figures,
  };
}

function timeSection(windows: readonly Window[]): ReportSection {
  return { title: 'What happened when', paragraphs: [], tables: [windowTable(windows)], figures: [] };
}

function fileTable(files: readonly DossierFile[]): ReportTable {
  return {
    name: 'inputs',
    title: 'Captures',
    notes: ['`sha256sum` prints the same hash of an unaltered file; the ledger holds it, signed.'],
    head: ['file', 'bytes', 'sha256', 'state'],
    rows: files.map(({ path, bytes, sha256, state }) => [path, bytes, sha256, state]),
  };
}

function gapsOf({ document, windows, phases }: DossierFacts, devicesLeftOut: number): string[] {
  const gaps = windows.filter(({ kind }) => kind === 'gap' || kind === 'pause');
  const { limits } = document;
  const lists = [
    [limits.conversations_evicted, 'conversations were given up for lack of room'],
    [limits.conversations_left_out ?? 0, 'conversations beyond the largest are in the documents of their devices'],
    [limits.conversations_joined, 'older conversations are joined in one row with others of their service'],
    [limits.names_dropped, 'names were not kept'],
    [limits.findings_dropped, 'findings were not kept'],
    [limits.stream_gaps, 'streams had a gap'],
    [devicesLeftOut, 'further devices are left out; name one to have its dossier'],
  ] as const;
  return [
    gaps.length === 0
      ? 'No gap of the recording is known within these captures; of what was before and behind them nothing is known.'
      : `${gaps.length} gaps or pauses of the recording are listed under “What happened when”: of these times nothing is known.`,
    ...(document.input.damage === null ? [] : [`The file is damaged: ${document.input.damage.reason}.`]),
    ...lists.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}.`),
    ...(phases.length === 0 ? ['Phases are not distinguished here.'] : []),
    'What was encrypted was not read; a country is where the registry or the route says an address is, not a proof.',
  ];
}
