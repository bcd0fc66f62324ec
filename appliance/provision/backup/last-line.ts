// The last line of a ledger whose appliance moves away. Asked by move-away.ts through provision/owned.ts.

import { sign } from 'node:crypto';
import path from 'node:path';
import { countBoot, kernelBootId } from '../../capture/clock/boot.ts';
import { loadIdentity } from '../../capture/ledger/identity.ts';
import { Ledger } from '../../capture/ledger/ledger.ts';
import { checkAtStart } from '../../capture/ledger/start-check.ts';
import { nodeDisk } from '../../capture/storage/disk.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { systemClock } from '../../model/time/clock.ts';

/** With the rights of the folder's owner. A start's checks first, so that nothing is signed that nobody signed. */
export async function tellMoved(dataDir: string, by: string): Promise<void> {
  const identity = await loadIdentity(nodeDisk, dataDir, null, systemClock);
  const { state, start, findings } = await checkAtStart(dataDir, identity);
  const boot = await countBoot(nodeDisk, path.join(dataDir, 'boot.json'), kernelBootId(), state.highestBoot);
  const signText = (text: string): string => sign(null, Buffer.from(text), identity.privateKey).toString('base64');
  const ledger = new Ledger(nodeDisk, path.join(dataDir, LEDGER_FILE), systemClock, boot.boot, signText, start);
  await ledger.start();
  for (const finding of findings) ledger.append({ type: 'finding', ...finding });
  ledger.append({ type: 'moved', by });
  await ledger.stop();
}
