// Reads a ledger line by line, over all its volumes as one text, whatever its size, and says where its last whole line ends.

import fs from 'node:fs';
import path from 'node:path';
import { fullVolumes, volumeName } from '../../model/files/ledger-files.ts';
import { openRegular } from '../storage/regular-file.ts';
import {
  type ChainState,
  type CheckedLine,
  checkLine,
  EMPTY_CHAIN,
  MAX_LINE_BYTES,
  parseLine,
} from './ledger-chain.ts';

/** One file of the text that was read. */
export interface VolumeSpan {
  readonly volume: number;
  readonly file: string;
  /** Offset of its first byte in the text. */
  readonly start: number;
  readonly bytes: number;
}

export interface LedgerEnd {
  readonly chain: ChainState;
  /** Bytes of the text up to and with the last line feed. */
  readonly wholeBytes: number;
  /** Bytes after it: a line that a power cut tore. */
  readonly tornBytes: number;
  /** The files of the text, the one that is written last. */
  readonly spans: readonly VolumeSpan[];
}

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 10;
/** So much without a line feed is no ledger: nothing behind it is read. */
const MAX_SKIPPED_BYTES = 16 * 1024 * 1024;
/** So many lines in a row that are none: the same of this file. Damage of a card is shorter (2.5 MB of random bytes hold as many). */
const MAX_NOISE_LINES = 10_000;
/** The list of volumes and the file that is written fit together at the second look, or somebody plays with them. */
const MAX_LOOKS = 8;

/** Takes a line, its text, and where in the text it ends. */
export type VisitLine = (checked: CheckedLine, text: string, end: number) => void;

/**
 * Calls `visit` for each whole line in order. `file`: the one that is written; the full volumes are next to it. `first`: the number of
 * the volume to begin with. A missing file is an empty one. Throws the system's error on a bad read.
 */
export async function readLedger(file: string, visit: VisitLine, first = 1): Promise<LedgerEnd> {
  const { full, handle } = await openVolumes(file);
  try {
    const reader = new LineReader(visit, first > 1);
    for (const volume of full) if (volume >= first) await readVolume(reader, file, volume);
    if (handle !== null) await reader.read(handle, { volume: (full.at(-1) ?? 0) + 1, file });
    return reader.end;
  } finally {
    await handle?.close();
  }
}

/** Numbers of the full volumes next to a ledger's file, ascending. */
export function fullVolumesBeside(file: string): number[] {
  return fullVolumes(fs.readdirSync(path.dirname(file)));
}

/** A running capture may end a volume at any moment: the list is of the moment at which the file was opened. */
async function openVolumes(file: string): Promise<{ full: number[]; handle: fs.promises.FileHandle | null }> {
  for (let look = 1; ; look++) {
    const full = listed(file);
    const handle = await openRegular(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    const now = listed(file);
    if (look === MAX_LOOKS || now.at(-1) === full.at(-1)) return { full, handle };
    await handle?.close();
  }
}

function listed(file: string): number[] {
  return fs.existsSync(path.dirname(file)) ? fullVolumesBeside(file) : [];
}

async function readVolume(reader: LineReader, file: string, volume: number): Promise<void> {
  const name = path.join(path.dirname(file), volumeName(volume));
  const handle = await openRegular(name);
  try {
    await reader.read(handle, { volume, file: name });
  } finally {
    await handle.close();
  }
}

class LineReader {
  readonly #visit: VisitLine;
  readonly #spans: VolumeSpan[] = [];
  /** Undefined before the first line of a text that begins amid the ledger. */
  #chain: ChainState | undefined;
  #bytes = 0;
  #wholeBytes = 0;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of an over-long line that are no longer held; it can only be damage and is judged by its first part. */
  #skipped = 0;
  /** Lines of this file in a row that are none. */
  #noise = 0;

  constructor(visit: VisitLine, isAmid: boolean) {
    this.#visit = visit;
    this.#chain = isAmid ? undefined : EMPTY_CHAIN;
  }

  get end(): LedgerEnd {
    const tornBytes = this.#bytes - this.#wholeBytes;
    return { chain: this.#chain ?? EMPTY_CHAIN, wholeBytes: this.#wholeBytes, tornBytes, spans: this.#spans };
  }

  async read(handle: fs.promises.FileHandle, { volume, file }: Pick<VolumeSpan, 'volume' | 'file'>): Promise<void> {
    const start = this.#bytes;
    const isRead = await this.#readChunks(handle);
    // Of a file that grows, what was read of it counts.
    if (!isRead) this.#leaveRest(start + (await handle.stat()).size);
    this.#spans.push({ volume, file, start, bytes: this.#bytes - start });
  }

  /** The next file begins at `end` of the text, and with a line of its own. */
  #leaveRest(end: number): void {
    this.#skipped += this.#rest.length + Math.max(0, end - this.#bytes);
    this.#rest = Buffer.alloc(0);
    this.#bytes = Math.max(end, this.#bytes);
  }

  /** False where nothing that is read any more can be a ledger. */
  async #readChunks(handle: fs.promises.FileHandle): Promise<boolean> {
    const most = this.#skipped + MAX_SKIPPED_BYTES;
    this.#noise = 0;
    for (let position = 0; this.#skipped <= most && this.#noise <= MAX_NOISE_LINES; ) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return true;
      position += bytesRead;
      this.#bytes += bytesRead;
      this.#take(Buffer.concat([this.#rest, chunk.subarray(0, bytesRead)]));
    }
    return false;
  }

  #take(bytes: Buffer): void {
    let begin = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, begin)) {
      const text = bytes.toString('utf8', begin, at);
      const checked = checkLine(text, (this.#chain ??= chainBefore(text)));
      this.#chain = checked.next;
      this.#noise = checked.fault === 'not_json' ? this.#noise + 1 : 0;
      this.#wholeBytes += at + 1 - begin + this.#skipped;
      this.#skipped = 0;
      begin = at + 1;
      this.#visit(checked, text, this.#wholeBytes);
    }
    const rest = bytes.subarray(begin);
    this.#rest = rest.subarray(0, MAX_LINE_BYTES);
    this.#skipped += rest.length - this.#rest.length;
  }
}

/** A reader that begins with a later volume takes the chain's position from its first line; a later signature confirms or refutes it. */
function chainBefore(text: string): ChainState {
  const line = parseLine(text);
  return line === undefined ? EMPTY_CHAIN : { lines: line.n - 1, head: line.previous };
}
