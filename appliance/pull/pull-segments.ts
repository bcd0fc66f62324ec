// Sidecars of all segments that are still on the appliance, and the captures that were asked for: each is compared with its hash in the
// ledger before it gets its name in the archive. What the appliance deletes later stays here.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { hashFile } from '../capture/evidence/file-hash.ts';
import { sidecarPath } from '../capture/evidence/segment.ts';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { readRegularJson, statBelow } from '../capture/storage/regular-file.ts';
import type { SegmentSidecar } from '../model/segment.ts';
import type { FindingRow } from '../publish/schemas/findings.ts';
import type { HostLine } from './host-line.ts';
import type { BookedSegment, SegmentBook } from './segment-book.ts';
import { evidenceOf, isWanted, type PullSelection } from './selection.ts';

/** Of one sidecar; a larger one counts as empty where captures are chosen by tag or time. */
const MAX_SIDECAR_BYTES = 1024 * 1024;
/** A file that comes wrong is asked for once more: a byte may have been hurt where no check sum saw it. */
const TRIES = 2;

export interface SegmentTally {
  sidecars: number;
  captures: number;
  bytes: number;
  /** Not served: deleted on the appliance since the ledger was read, or not in its catalogue yet. The next pull knows. */
  gone: number;
  /** One line each: files that are not what the ledger says. */
  readonly altered: string[];
}

export interface SegmentWish {
  readonly folder: string;
  readonly line: HostLine;
  readonly book: SegmentBook;
  readonly selection: PullSelection;
  readonly findings: readonly FindingRow[];
  readonly progress: (done: number, of: number) => void;
}

export async function pullSegments(wish: SegmentWish): Promise<SegmentTally> {
  const tally: SegmentTally = { sidecars: 0, captures: 0, bytes: 0, gone: 0, altered: [] };
  const evidence = evidenceOf(wish.findings, wish.selection.rules ?? []);
  const present = [...wish.book.segments.values()].filter(({ isDeleted }) => !isDeleted);
  for (const [i, segment] of present.entries()) {
    await pullOne(wish, segment, evidence, tally);
    wish.progress(i + 1, present.length);
  }
  return tally;
}

async function pullOne(
  wish: SegmentWish,
  segment: BookedSegment,
  evidence: ReadonlySet<number>,
  tally: SegmentTally,
): Promise<void> {
  if (!(await pullSidecar(wish, segment, tally))) return;
  const file = join(wish.folder, 'captures', sidecarPath(segment.path));
  const sidecar = (readRegularJson(file, MAX_SIDECAR_BYTES) ?? {}) as Partial<SegmentSidecar>;
  if (isWanted(segment, sidecar, wish.selection, evidence)) await pullCapture(wish, segment, tally);
}

/** Whether it is there now. */
async function pullSidecar(
  { folder, line }: SegmentWish,
  segment: BookedSegment,
  tally: SegmentTally,
): Promise<boolean> {
  const name = `captures/${sidecarPath(segment.path)}`;
  if (statBelow(folder, name)?.isFile() === true) return true;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const bytes = await line.bytes(`/api/v1/segments/${segment.seq}/sidecar`);
    if (bytes === undefined) {
      tally.gone++;
      return false;
    }
    if (createHash('sha256').update(bytes).digest('hex') !== segment.sidecarSha256) continue;
    fs.mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o750 });
    await writeDurably(nodeDisk, join(folder, name), bytes);
    tally.sidecars++;
    return true;
  }
  tally.altered.push(`the sidecar of segment ${segment.seq} is not the one that the ledger names; it was not taken`);
  return false;
}

async function pullCapture({ folder, line }: SegmentWish, segment: BookedSegment, tally: SegmentTally): Promise<void> {
  const name = `captures/${segment.path}`;
  if (statBelow(folder, name)?.size === segment.bytes) return;
  const incoming = join(folder, `incoming-${segment.seq}.pcap`);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const isThere = await fetchCapture(line, segment, incoming);
    if (!isThere) {
      tally.gone++;
      return fs.rmSync(incoming, { force: true });
    }
    if ((await hashFile(incoming)) === segment.sha256) {
      fs.renameSync(incoming, join(folder, name));
      await nodeDisk.syncFolder(dirname(join(folder, name)));
      tally.captures++;
      tally.bytes += segment.bytes;
      return;
    }
    fs.rmSync(incoming, { force: true });
  }
  tally.altered.push(
    `segment ${segment.seq} (${segment.path}) is not the file that the ledger names; it was not taken`,
  );
}

async function fetchCapture(line: HostLine, segment: BookedSegment, incoming: string): Promise<boolean> {
  const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = fs.constants;
  const file = await fs.promises.open(incoming, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o640);
  try {
    let have = (await file.stat()).size;
    if (have > segment.bytes) have = 0;
    await file.truncate(have);
    if (have === segment.bytes) return true;
    const isThere = await line.file(
      `/api/v1/segments/${segment.seq}/pcap`,
      segment.sha256,
      () => have,
      async (at, part) => {
        // No more than the ledger says, whatever is sent.
        const kept = part.subarray(0, Math.max(0, segment.bytes - at));
        await file.write(kept, 0, kept.length, at);
        have = at + kept.length;
      },
    );
    await file.truncate(have);
    await file.sync();
    return isThere;
  } finally {
    await file.close();
  }
}
