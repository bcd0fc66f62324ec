// Which programs a campaign may have run: plain files in one folder that only root can have put there. Looked at when a campaign is
// checked, and again by the process that runs one (cli/experiment/run-action.ts).

import { lstatSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemCode } from '../../model/errors.ts';

/** Root's, for the owner of the machine to fill. */
export const ACTION_FOLDER = '/etc/weir/actions';

/** What is said of the rights of one thing on the way; as `lstat` has it. */
export type Rights = Pick<Stats, 'uid' | 'mode'> & {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
};

const OTHERS_WRITE = 0o022;
const OTHERS_RUN = 0o001;
const STICKY = 0o1000;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Why a program may not be run, one line; empty where it may. `look`: lstat, or a test's. */
export function actionProblem(folder: string, name: string, look: (path: string) => Rights = lstatSync): string {
  if (!NAME.test(name))
    return `"${name.slice(0, 64)}" is no name of a program in ${folder}: letters, digits, _ and - only`;
  const path = join(resolve(folder), name);
  for (const parent of parents(path)) {
    const wrong = rightsProblem(parent, look, folderProblem);
    if (wrong !== '') return `${parent} ${wrong}`;
  }
  const wrong = rightsProblem(path, look, fileProblem);
  return wrong === '' ? '' : `${path} ${wrong}`;
}

/** From the root to the folder that holds it. */
function parents(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...(parent === dirname(parent) ? [] : parents(parent)), parent];
}

function rightsProblem(path: string, look: (path: string) => Rights, judge: (rights: Rights) => string): string {
  try {
    return judge(look(path));
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'is not there; put the program there as root: install -m 755';
    if (code === 'EACCES') return 'may not be looked at by this user; ask as root';
    throw thrown;
  }
}

function folderProblem(rights: Rights): string {
  if (rights.isSymbolicLink()) return 'is a link; links are not followed: make a real folder';
  if (!rights.isDirectory()) return 'is no folder';
  if (rights.uid !== 0) return 'does not belong to root; chown root it';
  // Of a sticky folder nobody can exchange what is root's.
  if ((rights.mode & OTHERS_WRITE) !== 0 && (rights.mode & STICKY) === 0)
    return 'can be written by others than root; chmod go-w it';
  return '';
}

function fileProblem(rights: Rights): string {
  if (rights.isSymbolicLink()) return 'is a link; links are not followed: put the program itself there';
  if (!rights.isFile()) return 'is no plain file';
  if (rights.uid !== 0) return 'does not belong to root; chown root it';
  if ((rights.mode & OTHERS_WRITE) !== 0) return 'can be written by others than root; chmod go-w it';
  if ((rights.mode & OTHERS_RUN) === 0) return 'may not be run by others; chmod 755 it';
  return '';
}
