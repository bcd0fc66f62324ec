// The documents of an appliance list of each protocol the busiest ports only: a scan has 65,536 of each, a megabyte that nobody
// reads. What is left out is counted. `weir analyze` lists all of a file. Used by store/figures/join-analysis.ts.

import type { AnalysisDocument, Counts } from '../../model/analysis-document.ts';

/** No device that serves or asks comes near it; a scan of all ports does. */
export const MOST_PORTS = 4096;

/** The document itself where it has no more. Of equally busy ports those with the lower numbers stay; their order stays too. */
export function withLargestPorts(document: AnalysisDocument, most = MOST_PORTS): AnalysisDocument {
  const { tcp, udp } = document.ports;
  const ports = { tcp: largest(tcp, most), udp: largest(udp, most) };
  if (ports.tcp === tcp && ports.udp === udp) return document;
  const ports_left_out = countOf(tcp) + countOf(udp) - countOf(ports.tcp) - countOf(ports.udp);
  return { ...document, ports, limits: { ...document.limits, ports_left_out } };
}

function largest(counts: Counts, most: number): Counts {
  const ports = Object.keys(counts);
  if (ports.length <= most) return counts;
  const busiest = ports.toSorted((x, y) => (counts[y] ?? 0) - (counts[x] ?? 0) || Number(x) - Number(y));
  const stay = new Set(busiest.slice(0, most));
  return Object.fromEntries(Object.entries(counts).filter(([port]) => stay.has(port)));
}

function countOf(counts: Counts): number {
  return Object.keys(counts).length;
}
