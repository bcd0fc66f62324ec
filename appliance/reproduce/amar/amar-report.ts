// Amar et al. 2018, reproduced: Figs. 2 to 5 and what their text says of each device, as their scripts count and as it is right.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { deviceLabels } from '../report/device-traffic.ts';
import { aboutTables, type Report } from '../report/report.ts';
import type { ReportTable } from '../report/table.ts';
import type { ConnTracker } from '../zeek/tracker.ts';
import {
  addressesOverTime,
  connectionsByPort,
  controlKeys,
  dnsHeads,
  eightAddresses,
  givenAway,
  homeNameHeads,
  locations,
  neverContacted,
  periods,
  presence,
} from './behaviour.ts';
import type { AmarObserver } from './observer.ts';
import { figureThree, figureTwo, hourly, largestEnds } from './volume.ts';

/** @param without MACs that Fig. 5 leaves out */
export function amarReport(
  document: AnalysisDocument,
  tracker: ConnTracker,
  observer: AmarObserver,
  without: readonly string[],
): Report {
  const labels = deviceLabels(document);
  const routers = new Set((document.routers ?? []).map(({ mac }) => mac));
  const names = (mac: string): string => labels.get(mac) ?? (routers.has(mac) ? 'router' : mac);
  const rows = tracker.rows();
  const two = (['protocol', 'service'] as const).map((by) => figureTwo(rows, by, names, routers));
  const three = figureThree(rows, names, routers);
  const four = hourly(observer, without, names);
  const drawn = [...two, three];
  return {
    title: 'An analysis of home IoT network traffic and behaviour, reproduced',
    source:
      'Y. Amar, H. Haddadi, R. Mortier, A. Brown, J. Colley, A. Crabtree: An Analysis of Home IoT Network Traffic and Behaviour. 2018. Scripts: github.com/yousefamar/trace-analysis-scripts.',
    about: aboutTables(document),
    sections: [
      {
        title: 'Volume',
        paragraphs: [],
        tables: [...drawn.map(({ table }) => table), largestEnds(observer)],
        figures: drawn.flatMap(({ figures }) => figures),
      },
      { title: 'Over time', paragraphs: [], tables: [four.table, presence(observer, names)], figures: four.figures },
      section('Names', [dnsHeads(tracker, names), homeNameHeads(tracker, names), neverContacted(document, names)]),
      section('Connections and periods', [connectionsByPort(rows, names), periods(observer, tracker, names)]),
      section('Identity', [addressesOverTime(observer, tracker, names), eightAddresses()]),
      section('Control and inference', [
        locations(tracker, names),
        controlKeys(tracker, names),
        givenAway(tracker, names),
      ]),
    ],
    gaps: [
      'What the paper did with people at home (interactive scenarios) is future work there and not inferred here.',
      'HTTP and DNS are read where a message begins in a packet; a head spread over packets is cut.',
      'A key is shown and how long it was in use; whether it still works is not tried.',
      ...(routers.size === 0
        ? [
            'No router was found in these captures: name it with --router, or Fig. 3 as the script counts has no external part.',
          ]
        : []),
      ...(tracker.leftOut + observer.leftOut + tracker.apps.leftOut > 0
        ? [
            `Beyond the limits: ${tracker.leftOut} connections, ${tracker.apps.leftOut} messages, ${observer.leftOut} frames.`,
          ]
        : []),
    ],
  };
}

function section(title: string, tables: readonly ReportTable[]): Report['sections'][number] {
  return { title, paragraphs: [], tables, figures: [] };
}
