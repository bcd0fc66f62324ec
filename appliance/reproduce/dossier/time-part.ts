// What a dossier says of time: phases side by side, and the events of the ledger. Pure.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { Window } from '../../model/experiment/window.ts';
import { trafficByDevice } from '../report/device-traffic.ts';
import type { Cell, ReportTable } from '../report/table.ts';
import { cutTable, tableName } from './device-part.ts';

interface PhaseDocument {
  readonly phase: string;
  readonly document: AnalysisDocument;
}

export function phaseTable(mac: string, phases: readonly PhaseDocument[]): ReportTable {
  const measures: readonly (readonly [string, (document: AnalysisDocument) => number])[] = [
    ['bytes sent', (document) => sum(document, mac, ({ bytesSent }) => bytesSent)],
    ['bytes received', (document) => sum(document, mac, ({ bytesReceived }) => bytesReceived)],
    ['conversations', (document) => sum(document, mac, () => 1)],
    ['destinations on the Internet', (document) => externals(document, mac).size],
    ['findings', ({ findings }) => findings.filter(({ device }) => device === mac).length],
  ];
  return {
    name: tableName('phases', mac),
    title: 'Phases side by side',
    notes: [
      'A phase without packets of the device is all zero; whether it was recorded is under “What happened when”.',
    ],
    head: ['', ...phases.map(({ phase }) => phase)],
    rows: measures.map(([name, of]): Cell[] => [name, ...phases.map(({ document }) => of(document))]),
  };
}

type Traffic = NonNullable<ReturnType<ReturnType<typeof trafficByDevice>['get']>>[number];

function sum(document: AnalysisDocument, mac: string, of: (one: Traffic) => number): number {
  return (trafficByDevice(document).get(mac) ?? []).reduce((total, one) => total + of(one), 0);
}

function externals(document: AnalysisDocument, mac: string): Set<string> {
  const traffic = trafficByDevice(document).get(mac) ?? [];
  return new Set(traffic.filter(({ external }) => external).map(({ peerIp }) => peerIp));
}

const KINDS: Readonly<Record<Window['kind'], string>> = {
  phase: 'phase',
  tag: 'tag',
  note: 'note',
  gap: 'not recorded',
  pause: 'paused',
  clock: 'clock set',
  campaign: 'campaign',
  scan: 'scan',
};

export function windowTable(windows: readonly Window[]): ReportTable {
  return cutTable({
    name: 'windows',
    title: 'Phases, tags, notes, gaps and steps of the clock',
    notes: ['Times are UTC, as the ledger has them.'],
    head: ['what', 'name', 'from', 'to', 'device', 'note'],
    rows: windows.map(({ kind, name, from, to, device, note = '' }): Cell[] => [
      KINDS[kind],
      name === kind ? '' : name,
      from,
      to ?? 'not ended',
      device ?? 'all',
      note,
    ]),
  });
}
