// `weir move`: the appliance goes to another machine. The ledger here ends with a signed line that says so, the backup is made and read
// back, then the key goes; from then on nothing can be signed here, so that there are never two histories of one key.

import fs from 'node:fs';
import path from 'node:path';
import { isHeld } from '../../capture/control/lock-holder.ts';
import { readRegular } from '../../capture/storage/regular-file.ts';
import { loadConfig } from '../../config/load.ts';
import { WeirError } from '../../model/errors.ts';
import { makeOwned } from '../owned.ts';
import { BACKUP_BYTES, openBackup } from './backup-format.ts';
import { type BackupMade, type BackupWish, makeBackup } from './make-backup.ts';

/** @throws WeirError as `makeBackup`, ALREADY_RUNNING; the key is only gone when the backup was read back. */
export async function moveAway(wish: BackupWish, by: string): Promise<BackupMade> {
  const dataDir = loadConfig(wish.config).config.data.dir;
  if (isHeld(dataDir)) {
    const message = `${dataDir}: \`weir capture\` runs on it; nothing was moved. \`systemctl stop weir weir-capture\`, then move.`;
    throw new WeirError('ALREADY_RUNNING', message);
  }
  const key = path.join(dataDir, 'key', 'ed25519.pem');
  if (!fs.existsSync(key)) {
    const message = `${key} is not there, or not for this user to see; nothing was moved. Run as root; where the appliance moved before, its backup has the key.`;
    throw new WeirError('FILE_UNREADABLE', message);
  }
  if (fs.existsSync(wish.target)) {
    throw new WeirError('DATA_UNWRITABLE', `${wish.target} exists already; nothing was moved. Name another file.`);
  }
  await makeOwned('leave', { dataDir, wanted: by });
  const made = await makeBackup({ ...wish, moved: true });
  openBackup(readRegular(wish.target, BACKUP_BYTES), wish.passphrase, wish.target);
  fs.rmSync(key);
  return made;
}
