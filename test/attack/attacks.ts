// What somebody with write access to the data folder, but not to the key, does to it: each is reported before capture starts again, and
// after. The table in appliance/capture/EVIDENCE.md is this list. Done by a process of its own user (person.ts).

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { chainHash, lineHash } from '../../appliance/capture/ledger/ledger-chain.ts';
import {
  append,
  closings,
  flipLast,
  type Line,
  pathOf,
  readLedgerLines,
  readTexts,
  replaceKey,
  rewrite,
  sidecarOf,
} from './folder.ts';

/** A segment changed, with a sidecar that fits; what its closing line would have to say. */
function forge(folder: string, name: string): { sha256: string; sidecar_sha256: string } {
  const file = pathOf(folder, name);
  const hash = createHash('sha256').update(flipLast(file)).digest('hex');
  const sidecar = fs.readFileSync(sidecarOf(file), 'utf8').replace(/"sha256": "[0-9a-f]{64}"/, `"sha256": "${hash}"`);
  fs.writeFileSync(sidecarOf(file), sidecar);
  return { sha256: hash, sidecar_sha256: lineHash(sidecar) };
}

/** As `weir forget` writes it, of the device whose segment was closed first. */
function forgetting(folder: string): Line {
  const [first] = closings(folder);
  return { type: 'device-forgotten', device: first!['device'], up_to: 9999, by: 'root', reason: '' } as never;
}

export const ledger = (folder: string): string => path.join(folder, 'ledger.ndjson');
const head = (folder: string): string => path.join(folder, 'ledger.head');

/** Everything here is a problem at once and stays one after capture has started again. */
export const ATTACKS: Readonly<Record<string, (folder: string) => void>> = {
  'A1 a segment is altered and closed again behind the signed head': (folder) => {
    const [first] = closings(folder);
    append(folder, [{ ...first!, ...forge(folder, first!.path) }]);
  },
  'A1 a segment is removed and a deletion is written behind the signed head': (folder) => {
    const [first] = closings(folder);
    fs.rmSync(pathOf(folder, first!.path));
    const { path: name, sha256: hash } = first!;
    append(folder, [{ type: 'segment-deleting', path: name, sha256: hash, reason: 'retention' }]);
  },
  'A1 a segment is altered and opened again behind the signed head': (folder) => {
    const opened = readLedgerLines(folder).find((line) => line.type === 'segment-opened');
    flipLast(pathOf(folder, String(opened?.['path'])));
    append(folder, [opened!]);
  },
  'A1 a segment is added under a new number behind the signed head': (folder) => {
    const [first] = closings(folder);
    const name = first!.path.replace(/_\d{8}_/, '_00009999_');
    fs.copyFileSync(pathOf(folder, first!.path), pathOf(folder, name));
    append(folder, [{ ...first!, path: name, seq: 9999 }]);
  },
  'A2 the whole history is rewritten around an altered packet': (folder) => {
    const [first] = closings(folder);
    const forged = forge(folder, first!.path);
    rewrite(folder, (line) => {
      if (line.type === 'seal') return { ...line, type: 'annotation', by: 'x', text: '' };
      return line['path'] === first!.path && line.type === 'segment-closed' ? { ...line, ...forged } : line;
    });
  },
  'A2 ledger and head are removed, a segment and its sidecar altered': (folder) => {
    forge(folder, closings(folder)[0]!.path);
    fs.rmSync(ledger(folder));
    fs.rmSync(head(folder));
    fs.writeFileSync(ledger(folder), '');
  },
  'A2 a closed segment is altered and made an open one': (folder) => {
    const file = pathOf(folder, closings(folder)[0]!.path);
    flipLast(file);
    fs.renameSync(file, `${file}.part`);
    fs.rmSync(sidecarOf(file));
  },
  'A2 a capture is added that no line opened': (folder) => {
    const [first] = closings(folder);
    const name = first!.path.replace(/_\d{8}_/, '_00009998_');
    fs.copyFileSync(pathOf(folder, first!.path), pathOf(folder, name));
  },
  'own: a device is forgotten by a line behind the signed head': (folder) => {
    append(folder, [forgetting(folder)]);
  },
  'own: a device is forgotten by a line in the place of a signed one': (folder) => {
    const at = readLedgerLines(folder).find((line) => line.type === 'device')?.n;
    rewrite(folder, (line) => (line.n === at ? { ...line, ...forgetting(folder) } : line));
  },
  'own: segments are removed behind a line that says their device is forgotten': (folder) => {
    append(folder, [forgetting(folder)]);
    fs.rmSync(path.dirname(pathOf(folder, closings(folder)[0]!.path)), { recursive: true });
  },
  'A5 key and known key are other ones, the ledger is as it was': (folder) => void replaceKey(folder, true),
  'own: the ledger is emptied': (folder) => fs.writeFileSync(ledger(folder), ''),
  'own: the end of the ledger is cut off, which was on the card': (folder) => {
    fs.writeFileSync(ledger(folder), `${readTexts(folder).slice(0, -6).join('\n')}\n`);
  },
  'own: the head is removed and the last lines with it': (folder) => {
    const name = closings(folder).at(-1)!.path;
    const at = readLedgerLines(folder).findIndex((line) => line.type === 'segment-closed' && line['path'] === name);
    fs.writeFileSync(ledger(folder), `${readTexts(folder).slice(0, at).join('\n')}\n`);
    fs.rmSync(head(folder));
    fs.rmSync(pathOf(folder, name));
    fs.rmSync(sidecarOf(pathOf(folder, name)));
  },
  'own: a head without a signature': (folder) => {
    fs.writeFileSync(
      head(folder),
      fs.readFileSync(head(folder), 'utf8').replace(/"signature":"..../, '"signature":"AAAA'),
    );
  },
  'own: signed lines are copied behind the end': (folder) => {
    fs.appendFileSync(ledger(folder), `${readTexts(folder).slice(3).join('\n')}\n`);
  },
  'own: a line is represented by its hash, as only exports may': (folder) => {
    const texts = readTexts(folder);
    const omitted = JSON.stringify({ n: 6, omitted: [lineHash(texts[5]!)] });
    fs.writeFileSync(ledger(folder), `${texts.with(5, omitted).join('\n')}\n`);
  },
  'own: an open file is next to a closed one': (folder) => {
    const file = pathOf(folder, closings(folder)[0]!.path);
    fs.copyFileSync(file, `${file}.part`);
  },
  'own: the folder of a device is a link': (folder) => {
    const device = path.dirname(path.dirname(path.dirname(path.dirname(closings(folder)[0]!.path))));
    fs.renameSync(pathOf(folder, device), path.join(folder, 'elsewhere'));
    fs.symlinkSync('../elsewhere', pathOf(folder, device));
  },
  'own: a segment is a pipe': (folder) => {
    const file = pathOf(folder, closings(folder)[0]!.path);
    fs.rmSync(file);
    execFileSync('mkfifo', [file]);
  },
  'own: two segments change places': (folder) => {
    const [first, second] = closings(folder).map((line) => pathOf(folder, line.path));
    fs.renameSync(first!, `${first!}.x`);
    fs.renameSync(second!, first!);
    fs.renameSync(`${first!}.x`, second!);
  },
};

/** What passes, and is then said in words; what is reported from the next start on; what is done to exports. */
const OTHERS: Readonly<Record<string, (folder: string) => void>> = {
  'the key is read': (folder) => void fs.readFileSync(path.join(folder, 'key', 'ed25519.pem')),
  'another private key': (folder) => void replaceKey(folder, false),
  'ledger and head are kept for later': (folder) => {
    for (const file of [ledger(folder), head(folder)]) fs.copyFileSync(file, `${file}.kept`);
  },
  'ledger and head are set back': (folder) => {
    for (const file of [ledger(folder), head(folder)]) fs.renameSync(`${file}.kept`, file);
  },
  'everything is signed again by another key': (folder) => {
    rewrite(folder, (line) => line, replaceKey(folder, true));
  },
  'the signature of an export is removed': (folder) => fs.rmSync(path.join(folder, 'SHA256SUMS.minisig')),
  'a data folder is passed off as an export of two segments': (folder) => {
    const last = readTexts(folder).at(-1)!;
    const { n, previous } = JSON.parse(last) as { n: number; previous: string };
    const two = closings(folder).slice(0, 2);
    const files = two.map(({ path: name, sha256 }) => ({ path: name, sha256, bytes: 1 }));
    const selection = { devices: [], phases: [], from: null, to: null };
    const ends = { lines: n, head_sha256: chainHash(previous, last), omitted: 0 };
    const { id } = JSON.parse(fs.readFileSync(path.join(folder, 'appliance.json'), 'utf8')) as { id: string };
    const custody = { schema: 'weir.custody/1', appliance: id, selection, ledger: ends, files };
    fs.writeFileSync(path.join(folder, 'custody.json'), JSON.stringify(custody));
  },
};

export const DEEDS = { ...ATTACKS, ...OTHERS };
