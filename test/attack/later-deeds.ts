// What is done to a ledger of several volumes, after a power cut, to names and to exports: the rows of appliance/capture/EVIDENCE.md that a
// ledger of one file does not have. Done by a process of its own user (person.ts).

import fs from 'node:fs';
import path from 'node:path';
import { fullVolumes, volumeName } from '../../appliance/model/files/ledger-files.ts';
import { closings, flipLast, parts, pathOf, readHead, readLedgerLines, readTexts } from './folder.ts';

type Deeds = Readonly<Record<string, (folder: string) => void>>;

const full = (folder: string, volume: number): string => path.join(folder, volumeName(volume));
const newest = (folder: string): number => fullVolumes(fs.readdirSync(folder)).at(-1) ?? 0;

/** Each is a problem at once, and stays one after capture has started again. */
export const VOLUME_ATTACKS: Deeds = {
  'own: a full volume is removed': (folder) => fs.rmSync(full(folder, 1)),
  'own: a full volume is cut': (folder) => fs.truncateSync(full(folder, newest(folder)), 3000),
  'own: a line of a full volume says something else': (folder) => {
    const text = fs.readFileSync(full(folder, 1), 'utf8');
    fs.writeFileSync(
      full(folder, 1),
      text.replace(/"packets":(\d)/, (_, digit) => `"packets":${(+digit % 9) + 1}`),
    );
  },
  'own: two full volumes change places': (folder) => {
    fs.renameSync(full(folder, 1), full(folder, 999));
    fs.renameSync(full(folder, 2), full(folder, 1));
    fs.renameSync(full(folder, 999), full(folder, 2));
  },
  'own: a full volume is there a second time, behind the last': (folder) =>
    fs.copyFileSync(full(folder, 1), full(folder, newest(folder) + 1)),
  'own: a full volume is a link': (folder) => {
    fs.renameSync(full(folder, 1), path.join(folder, 'elsewhere'));
    fs.symlinkSync('elsewhere', full(folder, 1));
  },
};

/** Names that are not capture's, next to a segment: of other letters, of letters that look alike, of two lines, in two places. */
export const NAMES: Deeds = {
  'own: a segment’s name in capital letters': (folder) => beside(folder, (name) => name.toUpperCase()),
  'own: a segment’s name with a letter that looks alike': (folder) =>
    beside(folder, (name) => name.replace('idle', 'іdle')),
  'own: a segment’s name with a line end and a colour': (folder) =>
    beside(folder, (name) => `${name}\n\u001b[31mverified`),
};

export const LINKS: Deeds = {
  'own: a segment has a second name elsewhere': (folder) =>
    fs.linkSync(pathOf(folder, closings(folder)[0]!.path), path.join(folder, 'second')),
  'own: the ledger has a second name elsewhere': (folder) =>
    fs.linkSync(path.join(folder, 'ledger.ndjson'), path.join(folder, 'second')),
};

const AFTER_A_CRASH: Deeds = {
  'what was not on the card is cut off': (folder) => {
    const { durable } = readHead(folder);
    fs.writeFileSync(path.join(folder, 'ledger.ndjson'), `${readTexts(folder).slice(0, durable).join('\n')}\n`);
  },
  'an open segment is altered and another one removed': (folder) => {
    const [first, second] = parts(folder);
    flipLast(first!);
    fs.rmSync(second!);
  },
};

const OF_EXPORTS: Deeds = {
  'a segment is taken out of an export and of its lists': (folder) => {
    const [first] = readLedgerLines(folder).filter(({ type }) => type === 'segment-closed');
    const name = String(first?.['path']);
    const custody = JSON.parse(fs.readFileSync(path.join(folder, 'custody.json'), 'utf8')) as {
      files: { path: string }[];
    };
    const files = custody.files.filter((file) => file.path !== name);
    fs.writeFileSync(path.join(folder, 'custody.json'), JSON.stringify({ ...custody, files }));
    const stem = name.replace(/\.pcap$/, '');
    for (const end of ['.pcap', '.json']) fs.rmSync(pathOf(folder, `${stem}${end}`));
  },
};

export const LATER_DEEDS: Deeds = { ...VOLUME_ATTACKS, ...NAMES, ...LINKS, ...AFTER_A_CRASH, ...OF_EXPORTS };

function beside(folder: string, change: (name: string) => string): void {
  const file = pathOf(folder, closings(folder)[0]!.path);
  fs.copyFileSync(file, path.join(path.dirname(file), change(path.basename(file))));
}
