// Reads one packet out of a segment, closed or growing, in pieces, and hashes a closed one on the way: packet-desk.ts asks for it.

import { createHash } from 'node:crypto';
import path from 'node:path';
import { CaptureReader } from '../../decode/files/capture-reader.ts';
import { type FoundPacket, PacketSearch } from '../../decode/packet/packet-search.ts';
import { WeirError } from '../../model/errors.ts';
import { orElse, UNREADABLE } from '../../model/expected-error.ts';
import { openRegular, statBelow } from '../storage/regular-file.ts';

/** Some milliseconds of work at a time on the smallest board. */
const PIECE_BYTES = 128 * 1024;

export interface PacketInFile {
  /** Undefined where the file has no packet of that number. */
  readonly found: FoundPacket | undefined;
  /** Of the whole file; null while it is open. */
  readonly sha256: string | null;
}

/** @param segment path below the captures folder, made by `segmentPath`. Rejects with PACKET_UNKNOWN where its file is gone. */
export async function findPacket(captures: string, segment: string, packet: number): Promise<PacketInFile> {
  const closed = await openSegment(captures, segment);
  const file = closed ?? (await openSegment(captures, `${segment}.part`)) ?? (await openSegment(captures, segment));
  if (file === undefined) {
    const message = `captures/${segment} is gone, or cannot be read. Nothing was shown.`;
    throw new WeirError('PACKET_UNKNOWN', message);
  }
  try {
    const hash = closed === undefined ? undefined : createHash('sha256');
    const search = new PacketSearch(packet);
    const reader = new CaptureReader(search, PIECE_BYTES);
    for (;;) {
      const space = reader.space();
      const { bytesRead } = await file.read(space, 0, Math.min(space.length, PIECE_BYTES), null);
      if (bytesRead === 0 || (hash === undefined && search.isDone)) break;
      hash?.update(space.subarray(0, bytesRead));
      reader.filled(bytesRead);
    }
    return { found: search.found(), sha256: hash?.digest('hex') ?? null };
  } finally {
    await file.close();
  }
}

async function openSegment(captures: string, relative: string) {
  if (statBelow(captures, relative)?.isFile() !== true) return undefined;
  const file = path.join(captures, relative);
  return await openRegular(file).catch(orElse(undefined, 'opening a segment', ...UNREADABLE));
}
