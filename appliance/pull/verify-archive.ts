// `weir verify ARCHIVE/sites/SITE`: is what came home what was recorded, and does the history still hold every head that was ever seen? A
// capture that was not fetched is no problem, nor one that the appliance has deleted since; a held file must be the one of the ledger.

import fs from 'node:fs';
import path from 'node:path';
import { hashFile } from '../capture/evidence/file-hash.ts';
import { sidecarPath } from '../capture/evidence/segment.ts';
import { isSignedBy } from '../capture/ledger/identity.ts';
import { headText, parseHead, standsAt } from '../capture/ledger/ledger-chain.ts';
import { readLedger } from '../capture/ledger/ledger-reader.ts';
import { decodePublicKey, keyFingerprint } from '../capture/ledger/minisign.ts';
import type { VerifyReport, Witness } from '../capture/ledger/verify.ts';
import { VerifyLedger } from '../capture/ledger/verify-ledger.ts';
import { VerifyFindings } from '../capture/ledger/verify-report.ts';
import { scanCaptures } from '../capture/storage/folder-scan.ts';
import { readRegularJson } from '../capture/storage/regular-file.ts';
import { readPlainFile } from '../config/plain-file.ts';
import { printable } from '../model/text.ts';
import { type BookedSegment, SegmentBook } from './segment-book.ts';
import { checkTokens, type TimeToken, tokenLines } from './time-tokens.ts';
import { firmest, readHeads, type SeenHead } from './witness-heads.ts';

/** Marks and keys are small files. */
const MAX_SMALL_BYTES = 64 * 1024;

export interface ArchiveReport extends Omit<VerifyReport, 'kind'> {
  readonly kind: 'archive';
  /** Captures that are here, of those that the ledger says were ever closed. */
  readonly captures: { readonly held: number; readonly recorded: number };
  /** Heads of this appliance that were seen, and since when. */
  readonly heads: { readonly seen: number; readonly since: string | null };
  /** The ledger up to a line existed before a time, as an authority signed; empty where none was named. */
  readonly times: readonly TimeToken[];
}

/** Whether a folder is a site of an archive. */
export function isSiteFolder(folder: string): boolean {
  const { schema } = readRegularJson(path.join(folder, 'site.json'), MAX_SMALL_BYTES) ?? {};
  return schema === 'weir.site/1';
}

/** What an archive witnesses of an appliance, for `weir verify` of the appliance's own folder; undefined where it does not know it. */
export function witnessOf(archive: string, dataDir: string): Required<Witness> | undefined {
  const { public_key: text } = readRegularJson(path.join(dataDir, 'appliance.json'), MAX_SMALL_BYTES) ?? {};
  const key = typeof text === 'string' ? keyFingerprint(text) : undefined;
  const firm = key === undefined ? undefined : firmest(readHeads(path.join(archive, 'sites', key)));
  return key === undefined || firm === undefined ? undefined : { key, head: { lines: firm.lines, head: firm.head } };
}

/** `authority`: a file with the certificates (PEM) that time tokens must lead to. */
export async function verifySite(folder: string, witness: Witness = {}, authority?: string): Promise<ArchiveReport> {
  const findings = new VerifyFindings();
  const { id, public_key: keyText } = readRegularJson(path.join(folder, 'appliance.json'), MAX_SMALL_BYTES) ?? {};
  const publicKey = typeof keyText === 'string' ? decodePublicKey(keyText) : undefined;
  const fingerprint = (typeof keyText === 'string' ? keyFingerprint(keyText) : undefined) ?? '';
  checkKey(folder, fingerprint, witness, findings);
  const isSigned = (text: string, signature: unknown) =>
    publicKey !== undefined && isSignedBy(publicKey, text, signature);
  const head = parseHead(readPlainFile(path.join(folder, 'ledger.head'), MAX_SMALL_BYTES, 'refused') ?? '');
  const isRight = head !== undefined && isSigned(headText(head), head.signature);
  if (!isRight) findings.problem('signature', 'ledger.head', 'it is not a head that the appliance signed');
  const ledger = new VerifyLedger(
    { folder, head: isRight ? head : undefined, isSigned, isExport: false, isRunning: false, witness: witness.head },
    findings,
  );
  await ledger.check();
  const heads = readHeads(folder);
  const book = await checkHeads(folder, heads, isSigned, findings);
  const { files, bytes, held } = await checkFiles(folder, book, findings);
  const times = authority === undefined ? [] : await checkTimes(folder, fingerprint, authority, findings);
  const { problems, warnings } = findings;
  const { lines, head: hash } = ledger.covered.chain;
  return {
    ok: problems.length === 0,
    kind: 'archive',
    appliance: typeof id === 'string' ? id : '',
    key: fingerprint,
    format: ledger.format,
    earlierFormats: ledger.earlierFormats,
    files,
    bytes,
    ledgerLines: ledger.end.chain.lines,
    omittedLines: ledger.omitted,
    seals: ledger.seals,
    head: { lines, head: hash, ts: ledger.headTs },
    running: false,
    problems,
    warnings,
    unknown: unknownOf(witness),
    unsynced: ledger.unsynced,
    corrections: ledger.corrections.all,
    captures: { held, recorded: book.segments.size },
    heads: { seen: heads.length, since: heads[0]?.seen ?? null },
    times,
  };
}

async function checkTimes(
  folder: string,
  site: string,
  authority: string,
  findings: VerifyFindings,
): Promise<TimeToken[]> {
  const wanted = new Set(tokenLines(folder));
  const hashes = new Map<number, string>();
  await readLedger(path.join(folder, 'ledger.ndjson'), ({ next }) => {
    if (wanted.has(next.lines)) hashes.set(next.lines, next.head);
  });
  const { good, bad } = await checkTokens(folder, site, authority, (lines) => hashes.get(lines));
  for (const { file, why } of bad) findings.problem('signature', file, why);
  return good;
}

function unknownOf({ head, key }: Witness): string[] {
  if (head !== undefined || key !== undefined) return [];
  return [
    'whether this archive itself was recreated by someone with write access: compare the key’s fingerprint (--key) or a head that was kept elsewhere (--head)',
  ];
}

function checkKey(folder: string, fingerprint: string, witness: Witness, findings: VerifyFindings): void {
  const { site } = readRegularJson(path.join(folder, 'site.json'), MAX_SMALL_BYTES) ?? {};
  if (fingerprint === '') findings.problem('unreadable', 'appliance.json', 'there is no readable public key');
  else if (site !== fingerprint || (witness.key !== undefined && !fingerprint.startsWith(witness.key)))
    findings.problem('signature', 'appliance.json', `the key is ${fingerprint}, not the one of this site`);
}

/** Every head that was seen is signed, and what was on the card then is in the ledger now. */
async function checkHeads(
  folder: string,
  heads: readonly SeenHead[],
  isSigned: (text: string, signature: unknown) => boolean,
  findings: VerifyFindings,
): Promise<SegmentBook> {
  const book = new SegmentBook();
  const wanted = new Map(heads.map((head) => [head.durable, head]));
  for (const [i, head] of heads.entries()) {
    const { seen: _seen, durable_head: _hash, ...signed } = head;
    const isRight =
      isSigned(headText(signed), head.signature) ||
      isSigned(headText({ lines: head.lines, head: head.head }), head.signature);
    if (!isRight) findings.problem('signature', `heads.ndjson:${i + 1}`, 'the head is not signed by the appliance');
  }
  const { chain } = await readLedger(path.join(folder, 'ledger.ndjson'), ({ line, next }) => {
    if (line !== undefined) book.apply(line);
    const head = wanted.get(next.lines);
    if (head === undefined) return;
    wanted.delete(next.lines);
    if (!standsAt(next, { lines: head.durable, head: head.durable_head }))
      findings.problem(
        'altered',
        `ledger.ndjson:${next.lines}`,
        `the line is not the one that was seen on ${printable(head.seen, 40)}`,
      );
  });
  const later = [...wanted.values()].find(({ durable }) => durable > chain.lines);
  if (later !== undefined)
    findings.problem(
      'missing',
      'ledger.ndjson',
      `${later.durable} lines were seen on ${printable(later.seen, 40)}, ${chain.lines} are here`,
    );
  return book;
}

async function checkFiles(
  folder: string,
  book: SegmentBook,
  findings: VerifyFindings,
): Promise<{ files: number; bytes: number; held: number }> {
  const expected = new Map<string, { segment: BookedSegment; sha256: string }>();
  for (const segment of book.segments.values()) {
    expected.set(segment.path, { segment, sha256: segment.sha256 });
    expected.set(sidecarPath(segment.path), { segment, sha256: segment.sidecarSha256 });
  }
  const tally = { files: 0, bytes: 0, held: 0 };
  for (const found of await scanCaptures(path.join(folder, 'captures'))) {
    const where = `captures/${printable(found.path)}`;
    const known = expected.get(found.path);
    const file = path.join(folder, 'captures', found.path);
    if (known === undefined || !fs.lstatSync(file).isFile()) {
      findings.problem('extra', where, 'the ledger does not know it');
      continue;
    }
    tally.files++;
    tally.bytes += found.bytes;
    if (found.path === known.segment.path) tally.held++;
    if ((await hashFile(file)) !== known.sha256)
      findings.problem('altered', where, 'SHA-256 is another one than the ledger’s');
  }
  return tally;
}
