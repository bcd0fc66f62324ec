// Things that somebody who may write the data folder puts into it, to keep capture from starting or to use up what it counts with: none
// of them does. `isProblem`: verify calls it one for ever.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { append, closings, pathOf, readTexts } from './folder.ts';

export interface Plant {
  readonly put: (folder: string) => void;
  readonly isProblem: boolean;
}

const volume = (folder: string, number: number): string =>
  path.join(folder, `ledger-${String(number).padStart(6, '0')}.ndjson`);

/** A copy of a segment under another number. */
function renumber(folder: string, number: string): void {
  const [first] = closings(folder);
  fs.copyFileSync(pathOf(folder, first!.path), pathOf(folder, first!.path.replace(/_\d{8}_/, `_${number}_`)));
}

export const PLANTS: Readonly<Record<string, Plant>> = {
  'own: a volume with the last number there is': {
    put: (folder) => fs.writeFileSync(volume(folder, 999_999), ''),
    isProblem: true,
  },
  'own: ten volumes of noise': {
    put: (folder) => {
      for (let i = 0; i < 10; i++) fs.writeFileSync(volume(folder, 100 + i), 'x\n'.repeat(20_000));
    },
    isProblem: true,
  },
  'own: a volume that is a pipe': {
    put: (folder) => void execFileSync('mkfifo', [volume(folder, 7)]),
    isProblem: true,
  },
  'own: nine thousand lines of wrong fields behind the end': {
    put: (folder) => {
      const line = { type: 'segment-opened', path: 7, seq: 'x', device: null };
      append(
        folder,
        Array.from({ length: 9000 }, () => line),
      );
    },
    isProblem: true,
  },
  'own: a link that leads nowhere where unsigned lines are set aside': {
    put: (folder) => {
      fs.symlinkSync('nowhere', path.join(folder, `ledger.unsigned-${readTexts(folder).length}.ndjson`));
      append(folder, [{ type: 'annotation', by: 'x', text: 'y' }]);
    },
    isProblem: true,
  },
  'own: a segment with the last number there is': {
    put: (folder) => renumber(folder, '999999999999'),
    isProblem: true,
  },
  'own: folders so deep that no path reaches their end': {
    put: (folder) => {
      process.chdir(path.join(folder, 'captures'));
      for (let depth = 0; depth < 30; depth++) {
        fs.mkdirSync('d'.repeat(200));
        process.chdir('d'.repeat(200));
      }
      process.chdir('/');
    },
    isProblem: false,
  },
  'own: a folder among the captures that capture may not read': {
    put: (folder) => fs.mkdirSync(path.join(folder, 'captures', 'lost+found'), { mode: 0o700 }),
    isProblem: false,
  },
  'own: the boot counter is a pipe': {
    put: (folder) => {
      fs.rmSync(path.join(folder, 'boot.json'));
      execFileSync('mkfifo', [path.join(folder, 'boot.json')]);
    },
    isProblem: false,
  },
};

export const PUTS: Readonly<Record<string, Plant['put']>> = Object.fromEntries(
  Object.entries(PLANTS).map(([name, { put }]) => [name, put]),
);
