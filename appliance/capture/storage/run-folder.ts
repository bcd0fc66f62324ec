// The folder `run/` of the data folder: lock, control socket and the engines' pipes. Earlier versions let the page's user write
// there; what lies in such a folder may be a link to the ledger, a pipe that blocks any process that opens it, or a folder in a file's place.
// So nothing in it is opened before the folder is closed to others and emptied by name.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { APPLIANCE_RUN_FOLDER } from '../../model/files/run-files.ts';
import { makeFolder } from './make-folder.ts';

export const LOCK_NAME = 'capture.lock';

const OTHERS_WRITE = 0o022;
const APPLIANCE = path.basename(APPLIANCE_RUN_FOLDER);

/** Makes it, or takes an existing one from others who may write there. Throws the system's error. */
export function claimRunFolder(folder: string): void {
  makeFolder(folder, 0o750);
  const fd = fs.openSync(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    const { mode, uid } = fs.fstatSync(fd);
    if ((mode & OTHERS_WRITE) === 0 || uid !== process.geteuid?.()) return;
    fs.fchmodSync(fd, mode & 0o7777 & ~OTHERS_WRITE);
    makeRoomForOthers(path.join(folder, APPLIANCE), mode);
  } finally {
    fs.closeSync(fd);
  }
}

/** Who could write in `run/` until now keeps a place: a folder that capture never looks into. */
function makeRoomForOthers(folder: string, mode: number): void {
  setAside(folder);
  fs.mkdirSync(folder);
  // Not left to the umask, which keeps others out.
  fs.chmodSync(folder, mode & 0o7777);
}

/** Removes what earlier runs and others left. To be called by who holds the lock, so that nothing of a running capture goes. */
export function emptyRunFolder(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const isKept = entry.name === LOCK_NAME || (entry.name === APPLIANCE && entry.isDirectory());
    if (!isKept) setAside(path.join(folder, entry.name));
  }
}

/**
 * Frees a name without following or opening what is there. A folder that is not empty is only renamed: its content may
 * change while it is being traversed.
 */
export function setAside(file: string): void {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) return fs.unlinkSync(file);
  if (path.basename(file).startsWith(ASIDE)) return;
  fs.renameSync(file, path.join(path.dirname(file), `${ASIDE}${randomBytes(8).toString('hex')}`));
}

const ASIDE = 'aside-';
