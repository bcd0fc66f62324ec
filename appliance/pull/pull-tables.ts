// The hourly rows of one appliance, from what a pull brought home: figures, and the ledger in the archive.

import { readLedger } from '../capture/ledger/ledger-reader.ts';
import type { AnalysisDocument } from '../model/analysis-document.ts';
import type { FlowGroupRow } from '../publish/schemas/flows.ts';
import type { Figures } from './pull-figures.ts';
import type { SiteLedger } from './site-ledger.ts';
import type { RowsOrigin } from './tables/day-folder.ts';
import { type TableRows, writeHours } from './tables/hourly-files.ts';
import { conversationRows, deviceRows, dnsRows, findingRows, flowRows, hourRows, LedgerRows } from './tables/rows.ts';

/** Answers how many files were written. `now`: milliseconds since 1970, by the clock of the collecting machine. */
export async function pullTables(
  archive: string,
  site: string,
  figures: Figures,
  flows: readonly FlowGroupRow[] | undefined,
  ledger: SiteLedger,
  now: number,
): Promise<number> {
  const lines = new LedgerRows();
  await readLedger(ledger.file, ({ line }, text) => {
    if (line !== undefined) lines.add(line, text);
  });
  const documents = figures.byDevice.map(({ id, document }) => ({ id, document: document as AnalysisDocument }));
  const named = figures.byDevice.flatMap(({ id, names }) => (names === undefined ? [] : [{ id, names }]));
  const tables: TableRows = {
    hour: hourRows(figures.byDevice.map(({ id, hours }) => ({ id, hours: hours.hours }))),
    conversation: conversationRows(documents),
    ...(flows === undefined ? {} : { flow: flowRows(flows) }),
    // An appliance of an older version is not taken for one whose devices ask for nothing.
    ...(named.length < figures.byDevice.length ? {} : { dns: dnsRows(named) }),
    finding: findingRows(figures.findings),
    device: deviceRows(figures.devices.devices),
    accounting: lines.accounting,
    ledger: lines.ledger,
  };
  const origin = { ...rowsOrigin(site, ledger, now), tool: documents[0]?.document.tool ?? null };
  return await writeHours(archive, tables, origin, now / 1000, ledger.book.daysWithDeleted());
}

/** Of rows that no figures are made for. `now`: milliseconds since 1970. */
export function rowsOrigin(site: string, { chain }: SiteLedger, now: number): RowsOrigin {
  return {
    site,
    tool: null,
    ledger: { lines: chain.lines, head: chain.head },
    written: new Date(now).toISOString(),
  };
}
