// The ledger of a folder (data folder, bundle, site of an archive), read once from its first line to its last: what it says of time and of
// segments. The running appliance follows it instead (store/live-analysis.ts).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toError, WeirError } from '../../model/errors.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { printable } from '../../model/text.ts';
import { Identities } from '../../store/tail/identities.ts';
import { LedgerTail } from '../../store/tail/ledger-tail.ts';
import { RecordedTime } from '../../store/tail/recorded-time.ts';
import { SegmentCatalog } from '../../store/tail/segment-catalog.ts';

export interface LedgerStory {
  readonly recorded: RecordedTime;
  readonly catalog: SegmentCatalog;
  readonly identities: Identities;
  /** Lines that are none; `weir verify` explains them. */
  readonly damagedLines: number;
}

/** @throws WeirError FILE_UNREADABLE */
export function readLedgerStory(folder: string): LedgerStory {
  const path = join(folder, LEDGER_FILE);
  if (!existsSync(path)) {
    const message = `${printable(folder)} holds no ${LEDGER_FILE}: it is no data folder, bundle or site of an archive. Nothing was read.`;
    throw new WeirError('FILE_UNREADABLE', message);
  }
  const tail = new LedgerTail(path);
  const [recorded, catalog, identities] = [new RecordedTime(), new SegmentCatalog(), new Identities()];
  try {
    for (let more = true; more; ) {
      const read = tail.poll();
      for (const line of read.lines) {
        recorded.apply(line);
        catalog.apply(line);
        identities.apply(line);
      }
      more = read.more;
    }
    return { recorded, catalog, identities, damagedLines: tail.damagedLines };
  } catch (thrown) {
    const message = `${printable(path)} cannot be read (${toError(thrown).message}). Nothing is shown. Check its owner and mode.`;
    throw new WeirError('FILE_UNREADABLE', message, { cause: thrown });
  } finally {
    tail.close();
  }
}
