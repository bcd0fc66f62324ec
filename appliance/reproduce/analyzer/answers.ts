// The published analyzer's answers in one object, under the names of its source: what `--format json` prints.

import type { AnalyzerCounts, PacketOverview } from './counts.ts';

/** The version of scapy whose layers decide the numbers; the paper used 2.4.3. */
export const SCAPY = '2.5.0';

export interface AnalyzerAnswers {
  readonly ips: readonly string[];
  /** [source, destination, packets, secure, insecure]. */
  readonly connections: readonly (readonly [string, string, number, number, number])[];
  readonly ports: Readonly<Record<string, number>>;
  readonly entropy: Readonly<Record<string, Readonly<Record<string, { averageEntropy: number; amount: number }>>>>;
  readonly packets: PacketOverview & { readonly amountTotalProcessed: number };
  readonly cleartext_chars: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export function analyzerAnswers(counts: AnalyzerCounts): AnalyzerAnswers {
  const { packets } = counts;
  const amountTotalProcessed =
    packets.amountDoneUtf + packets.amountByteBased + packets.amountNoRaw + packets.amountDoneUtfExcluded;
  return {
    ips: [...counts.ips].toSorted(byText),
    connections: [...counts.connections.values()]
      .map((c) => [c.source, c.destination, c.packets, c.secure, c.insecure] as const)
      .toSorted((a, b) => byText(a[0], b[0]) || byText(a[1], b[1])),
    ports: Object.fromEntries([...counts.ports].toSorted(([a], [b]) => a - b)),
    entropy: nested(counts.entropies.values(), ({ sum, packets: amount }) => ({
      averageEntropy: sum / amount,
      amount,
    })),
    packets: { ...packets, amountTotalProcessed },
    cleartext_chars: nested(counts.cleartext.values(), ({ characters }) => characters),
  };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function nested<T extends { readonly source: string; readonly destination: string }, V>(
  rows: Iterable<T>,
  value: (row: T) => V,
): Record<string, Record<string, V>> {
  const answer: Record<string, Record<string, V>> = {};
  for (const row of rows) (answer[row.source] ??= {})[row.destination] = value(row);
  return answer;
}
