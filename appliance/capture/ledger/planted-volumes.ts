// Files with the name of a full volume that do not begin as one, above all that do: nobody but a volume before them could have made them,
// and the next volume would get a number behind theirs. A start renames them before it reads, and says so. Asked by start-check.ts.

import fs from 'node:fs';
import path from 'node:path';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { volumeName } from '../../model/files/ledger-files.ts';
import { MAX_LINE_BYTES, parseLine } from './ledger-chain.ts';
import { fullVolumesBeside } from './ledger-reader.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** The names that were freed, the highest first. `file`: the ledger's. Throws the system's error where one cannot be renamed. */
export function setAsidePlanted(file: string): string[] {
  const folder = path.dirname(file);
  if (!fs.existsSync(folder)) return [];
  const freed: string[] = [];
  for (const volume of fullVolumesBeside(file).toReversed()) {
    // The first one begins with the first line of all.
    if (volume === 1 || beginsAs(path.join(folder, volumeName(volume)), volume)) break;
    const name = volumeName(volume);
    fs.renameSync(path.join(folder, name), freeName(path.join(folder, `aside-${name}`)));
    freed.push(name);
  }
  return freed;
}

function beginsAs(file: string, volume: number): boolean {
  const line = parseLine(firstLine(file));
  return line?.type === 'volume' && line.volume === volume;
}

/** Empty for what is no plain file. */
function firstLine(file: string): string {
  try {
    const fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (!fs.fstatSync(fd).isFile()) return '';
      const bytes = Buffer.alloc(MAX_LINE_BYTES);
      const read = fs.readSync(fd, bytes, 0, bytes.length, 0);
      const end = bytes.subarray(0, read).indexOf(10);
      return end < 0 ? '' : bytes.toString('utf8', 0, end);
    } finally {
      fs.closeSync(fd);
    }
  } catch (thrown) {
    expectOnly(thrown, 'reading the beginning of a volume', ...UNREADABLE, 'EIO');
    return '';
  }
}

/** The name, or that name with a number behind it: a link that leads nowhere holds its name as well. */
export function freeName(wanted: string): string {
  let name = wanted;
  for (let i = 2; fs.lstatSync(name, { throwIfNoEntry: false }) !== undefined; i++) name = `${wanted}.${i}`;
  return name;
}
