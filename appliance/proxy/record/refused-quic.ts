// QUIC that the rules refused to the device, by the address that it was for: the proxy never sees those datagrams, so that a process that may
// read the rules (root: an order of the tester, the stop) writes down what came since it was last written, under the app of that time.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectOnly, MALFORMED } from '../../model/expected-error.ts';
import type { Round } from './attempt.ts';

const QUIC_FILE = 'refused-quic.ndjson';
/** Of one run's file: half are by address; then each note is one line of the sum, until there are so many. */
const MAX_ROWS = 100_000;
/** Instead of an address, in such a sum. */
export const OTHERS = 'several addresses';

export interface RefusedQuic {
  /** ISO 8601, UTC: when it was written down. */
  readonly ts: string;
  readonly app: string;
  readonly round: Round;
  readonly address: string;
  readonly datagrams: number;
}

/** Datagrams by address since the rules went up, out of `nft -j list set`; none where it is another text. */
export function readQuicSet(text: string): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  try {
    const { nftables } = JSON.parse(text) as { nftables: { set?: { elem?: { elem?: SetElement }[] } }[] };
    for (const { set } of nftables)
      for (const { elem } of set?.elem ?? [])
        if (typeof elem?.val === 'string' && typeof elem.counter?.packets === 'number')
          totals.set(elem.val, elem.counter.packets);
  } catch (thrown) {
    expectOnly(thrown, 'reading how much QUIC was refused', ...MALFORMED);
  }
  return totals;
}

interface SetElement {
  readonly val?: unknown;
  readonly counter?: { readonly packets?: unknown };
}

/** What a run has; a line that a crash tore is left out. */
export function readRefusedQuic(run: string): readonly RefusedQuic[] {
  const path = join(run, QUIC_FILE);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as RefusedQuic];
    } catch (thrown) {
      expectOnly(thrown, `reading ${path}`, SyntaxError);
      return [];
    }
  });
}

/** Adds what is more than was written down. `activity`: what was going on until now. */
export function noteRefusedQuic(
  run: string,
  totals: ReadonlyMap<string, number>,
  activity: { readonly app: string; readonly round: Round },
): void {
  const known = readRefusedQuic(run);
  const more = beyond(totals, known);
  if (more.length === 0 || known.length >= MAX_ROWS) return;
  const isSummed = known.length + more.length > MAX_ROWS / 2;
  const sum = more.reduce((total, { datagrams }) => total + datagrams, 0);
  const { app, round } = activity;
  const ts = new Date().toISOString();
  const rows = (isSummed ? [{ address: OTHERS, datagrams: sum }] : more).map(
    (row): RefusedQuic => ({ ts, app, round, ...row }),
  );
  appendFileSync(join(run, QUIC_FILE), rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 });
}

/** What the totals have beyond the rows. Where some of those are sums, only how much it is in all can be said. */
function beyond(
  totals: ReadonlyMap<string, number>,
  known: readonly RefusedQuic[],
): readonly { readonly address: string; readonly datagrams: number }[] {
  const before = new Map<string, number>();
  for (const { address, datagrams } of known) before.set(address, (before.get(address) ?? 0) + datagrams);
  const sums = before.get(OTHERS) ?? 0;
  const rows = [...totals]
    .map(([address, total]) => ({ address, datagrams: total - (before.get(address) ?? 0) }))
    .filter(({ datagrams }) => datagrams > 0);
  const datagrams = rows.reduce((sum, row) => sum + row.datagrams, 0) - sums;
  if (sums === 0) return rows;
  return datagrams > 0 ? [{ address: OTHERS, datagrams }] : [];
}
