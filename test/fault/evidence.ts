// Reads everything that capture left in a data folder and says what is there and what is wrong with it: files against
// their frames, sidecars and ledger lines. Shares no code with the writer but the names of the fields.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { SegmentSidecar } from '../../appliance/model/segment.ts';
import { readFrame } from './frame.ts';
import { type LedgerBook, linesOf, readLedgerBook } from './ledger-book.ts';
import { walkPcap } from './pcap-walk.ts';
import { GATEWAY } from './traffic.ts';

/** The numbers of one run that are in the file where they count (not the copies for the receiving device). */
export class Tally {
  /** Time of each stored number in nanoseconds since 1970 (as a double, exact to about 256 ns); 0 where it is missing. */
  #times = new Float64Array(1024);
  /** Different numbers seen. */
  unique = 0;
  /** The highest number seen, or -1. */
  highest = -1;

  /** False when the number was there before. */
  add(number: number, time: number): boolean {
    while (number >= this.#times.length) this.#grow();
    if (this.#times[number] !== 0) return false;
    this.#times[number] = time;
    this.unique++;
    this.highest = Math.max(this.highest, number);
    return true;
  }

  /** Stretches of missing numbers below the highest seen, between the times of their stored neighbors. */
  holes(): { readonly count: number; readonly after: number; readonly before: number }[] {
    const holes = [];
    let last = -1;
    for (let n = 0; n <= this.highest; n++) {
      if (this.#times[n] === 0) continue;
      if (n > last + 1) holes.push({ count: n - last - 1, after: this.time(last), before: this.time(n) });
      last = n;
    }
    return holes;
  }

  time(number: number): number {
    return this.#times[number] ?? 0;
  }

  #grow(): void {
    const larger = new Float64Array(this.#times.length * 4);
    larger.set(this.#times);
    this.#times = larger;
  }
}

export interface EvidenceFile {
  readonly path: string;
  readonly device: string;
  readonly bytes: number;
  readonly packets: number;
  readonly open: boolean;
  readonly sidecar: SegmentSidecar | null;
}

/** Frames that arrive on two processors at once may be queued in another order than they were stamped. */
const ARRIVAL_JITTER_NS = 50e6;

/** The file that is being read, and the last number of each run in it. */
interface Place {
  readonly name: string;
  readonly device: string;
  readonly infra: ReadonlySet<string>;
  readonly order: Map<number, number>;
}

export class Evidence {
  readonly problems: string[] = [];
  readonly files: EvidenceFile[] = [];
  readonly runs = new Map<number, Tally>();
  /** Frames in files of both speakers, beyond the first copy. */
  copies = 0;
  /** Stored frames that no generator sent. */
  foreign = 0;
  readonly ledger: LedgerBook;
  readonly #folder: string;

  /** @param data the data folder (`data.dir`) as the test sees it. */
  constructor(data: string) {
    this.#folder = join(data, 'captures');
    this.ledger = readLedgerBook(join(data, 'ledger.ndjson'));
    this.problems.push(...this.ledger.problems);
    for (const path of pcapsBelow(this.#folder)) this.#readFile(path);
    this.#compareLedger();
  }

  /** Different frames of a run found where they count. */
  unique(run: number): number {
    return this.runs.get(run)?.unique ?? 0;
  }

  #readFile(path: string): void {
    const bytes = readFileSync(path);
    const name = relative(this.#folder, path);
    const device = (name.split('/')[0] ?? '').replaceAll('-', ':');
    const open = path.endsWith('.part');
    const infra = infraOf(path);
    const order = new Map<number, number>();
    let shared = 0;
    let last = 0;
    const walk = walkPcap(bytes, (frame, seconds, nanos, original) => {
      const now = seconds * 1e9 + nanos;
      if (now < last - ARRIVAL_JITTER_NS) this.problems.push(`${name}: time runs back`);
      last = now;
      if (this.#readRecord({ name, device, infra, order }, frame, original, now)) shared++;
    });
    if (walk.damage !== null && !open) this.problems.push(`${name}: ${walk.damage}`);
    const sidecar = open ? null : this.#readSidecar(path, name, bytes, walk.records, shared);
    this.files.push({ path: name, device, bytes: bytes.length, packets: walk.records, open, sidecar });
  }

  /** True for a copy: the frame counts in the file of its sender. */
  #readRecord(place: Place, frame: Buffer, original: number, time: number): boolean {
    const { name, device, order } = place;
    const read = readFrame(frame, original);
    if (read === 'altered') this.problems.push(`${name}: a frame is not as it was sent`);
    if (read === 'foreign') {
      this.foreign++;
      return isForeignCopy(place, frame);
    }
    if (read === 'altered') return false;
    if (!belongs(device, read.source, read.target)) this.problems.push(`${name}: holds a frame of ${read.source}`);
    if (read.number < (order.get(read.run) ?? -1)) this.problems.push(`${name}: frame ${read.number} is out of order`);
    order.set(read.run, read.number);
    const isCopy = read.source !== device && read.source !== GATEWAY && !device.startsWith('_');
    if (isCopy) this.copies++;
    else if (!this.#tally(read.run).add(read.number, time))
      this.problems.push(`${name}: frame ${read.number} counts twice`);
    return isCopy;
  }

  #tally(run: number): Tally {
    const tally = this.runs.get(run) ?? new Tally();
    this.runs.set(run, tally);
    return tally;
  }

  #readSidecar(path: string, name: string, bytes: Buffer, packets: number, shared: number): SegmentSidecar | null {
    const file = path.replace(/\.pcap$/, '.json');
    if (!existsSync(file)) {
      this.problems.push(`${name}: has no sidecar`);
      return null;
    }
    const sidecar = JSON.parse(readFileSync(file, 'utf8')) as SegmentSidecar;
    const expected = {
      sha256: sha256(bytes),
      bytes: bytes.length,
      packets,
      file: basename(path),
      shared_packets: shared,
    };
    for (const [field, value] of Object.entries(expected)) {
      const said = sidecar[field as keyof typeof expected];
      if (said !== value) this.problems.push(`${name}: its sidecar says ${field} ${said}, but it is ${value}`);
    }
    return sidecar;
  }

  #compareLedger(): void {
    const closed = new Map(linesOf(this.ledger, 'segment-closed').map((line) => [line.path, line]));
    const deleted = new Set(linesOf(this.ledger, 'segment-deleted').map((line) => line.path));
    for (const file of this.files.filter((f) => !f.open)) {
      const line = closed.get(file.path);
      if (line === undefined) this.problems.push(`${file.path}: is in no ledger line`);
      else if (line.packets !== file.packets || line.bytes !== file.bytes || line.sha256 !== file.sidecar?.sha256)
        this.problems.push(`${file.path}: its ledger line says something else than the file`);
      else if (line.sidecar_sha256 !== this.#hashOf(file.path.replace(/\.pcap$/, '.json')))
        this.problems.push(`${file.path}: its sidecar is not the one in the ledger`);
    }
    const present = new Set(this.files.map((f) => f.path));
    for (const path of closed.keys()) {
      if (!present.has(path) && !deleted.has(path)) this.problems.push(`${path}: is in the ledger but not on the disk`);
    }
  }

  #hashOf(path: string): string {
    const file = join(this.#folder, path);
    return existsSync(file) ? sha256(readFileSync(file)) : 'missing';
  }
}

/** The access point's addresses as the sidecar names them; of an open file or a bare one, the generator's. */
function infraOf(path: string): ReadonlySet<string> {
  try {
    const sidecar = JSON.parse(readFileSync(path.replace(/\.pcap$/, '.json'), 'utf8')) as SegmentSidecar;
    return new Set(sidecar.infra ?? [GATEWAY]);
  } catch {
    return new Set([GATEWAY]);
  }
}

/** A frame of a real device in the file of another one that it was sent to. */
function isForeignCopy({ device, infra }: Place, frame: Buffer): boolean {
  const source = frame.toString('hex', 6, 12).replace(/(..)(?=.)/g, '$1:');
  return !device.startsWith('_') && source !== device && !infra.has(source);
}

/** A frame is in the file of its sender or of its receiver, or in a shared one. */
function belongs(device: string, source: string, target: string): boolean {
  return device.startsWith('_') || source === device || target === device;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function pcapsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pcapsBelow(path);
      return /\.pcap(\.part)?$/.test(entry.name) ? [path] : [];
    });
}
