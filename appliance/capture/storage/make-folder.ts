// Makes a folder and those above it. Not Node's recursive mkdir: where a parent exists but takes no child (no inodes left,
// /proc), the kernel says ENOENT, and Node then goes round for ever.

import fs from 'node:fs';
import path from 'node:path';
import { systemCode } from '../../model/errors.ts';

/** A folder that is there already is left as it is. Throws the system's error. */
export function makeFolder(folder: string, mode: number): void {
  try {
    fs.mkdirSync(folder, { mode });
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && fs.statSync(folder).isDirectory()) return;
    const parent = path.dirname(folder);
    if (systemCode(error) !== 'ENOENT' || parent === folder || fs.existsSync(parent)) throw error;
    makeFolder(parent, mode);
    fs.mkdirSync(folder, { mode });
  }
}
