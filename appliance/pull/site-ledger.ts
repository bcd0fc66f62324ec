// One appliance's ledger in the archive: takes what is new, line by line against the chain up to a signed head, and refuses what
// contradicts what it has. On refusal nothing changes. What the lines say of segments is in segment-book.ts.

import fs from 'node:fs';
import { join } from 'node:path';
import { isSignedBy } from '../capture/ledger/identity.ts';
import {
  type ChainState,
  type CheckedLine,
  checkLine,
  EMPTY_CHAIN,
  headText,
  type SignedHead,
  standsAt,
} from '../capture/ledger/ledger-chain.ts';
import { readLedger } from '../capture/ledger/ledger-reader.ts';
import { decodePublicKey } from '../capture/ledger/minisign.ts';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { WeirError } from '../model/errors.ts';
import { IncomingLines } from './incoming-lines.ts';
import { openOwn } from './own-file.ts';
import { SegmentBook } from './segment-book.ts';
import { appendHead, type FirmLine, firmest, readHeads, type SeenHead } from './witness-heads.ts';

/** What the appliance shows. */
export interface LedgerSource {
  readonly head: SignedHead;
  /** The text of `ledger.head`. */
  readonly headFile: string;
  /** A page of lines behind a number; empty behind the end. */
  readonly text: (after: number) => Promise<string>;
  /** By the clock of the collecting machine, ISO 8601. */
  readonly now: string;
}

export interface Taken {
  readonly lines: number;
  /** One line for a person; empty while all is ordinary. */
  readonly remark: string;
}

/** A chain, and how many bytes of the file lead to it. */
interface Place {
  readonly chain: ChainState;
  readonly bytes: number;
}

const START: Place = { chain: EMPTY_CHAIN, bytes: 0 };
const NOTHING: Taken = { lines: 0, remark: '' };

export class SiteLedger {
  readonly #folder: string;
  readonly #publicKey: string;
  #heads: SeenHead[] = [];
  #end: Place = START;
  /** Where the part of the copy ends that no power cut can have taken from the appliance. */
  #firm: Place = START;
  /** Seen, and not in the copy yet, since a pull was cut in between. */
  #promised: FirmLine | undefined;
  #book = new SegmentBook();

  private constructor(folder: string, publicKey: string) {
    this.#folder = folder;
    this.#publicKey = publicKey;
  }

  /** @throws WeirError ARCHIVE_INVALID where the archive's own copy is damaged. */
  static async open(folder: string, publicKey: string): Promise<SiteLedger> {
    const ledger = new SiteLedger(folder, publicKey);
    await ledger.#load();
    return ledger;
  }

  get file(): string {
    return join(this.#folder, 'ledger.ndjson');
  }

  get chain(): ChainState {
    return this.#end.chain;
  }

  get book(): SegmentBook {
    return this.#book;
  }

  /** @throws WeirError SITE_REFUSED; then nothing was changed. */
  async take(source: LedgerSource): Promise<Taken> {
    const { head } = source;
    this.#checkSigned(head);
    const firm = firmest(this.#heads);
    if (firm !== undefined && head.lines < firm.lines) {
      throw refused(
        `its ledger ends at line ${head.lines}, though line ${firm.lines} was on its card when this archive saw it on ${firm.seen}: it was set back (a restored card, or somebody removed what came later)`,
      );
    }
    if (this.#promised !== undefined) return await this.#goOn(source, this.#promised);
    if (standsAt(this.#end.chain, head)) return await this.#see(source);
    if (head.lines <= this.#end.chain.lines) return await this.#behind(source);
    const incoming = await this.#fetch(source, this.#end);
    return incoming === 'fork' ? await this.#forked(source) : await this.#append(source, incoming);
  }

  /** A pull was cut between noting a head and taking its lines. */
  async #goOn(source: LedgerSource, promised: FirmLine): Promise<Taken> {
    if (promised.lines <= this.#end.chain.lines) return await this.#forked(source);
    const incoming = await this.#fetch(source, this.#end);
    return incoming === 'fork' ? await this.#forked(source) : await this.#append(source, incoming);
  }

  /** The appliance shows no more lines than the archive has, and all that were on its card. */
  async #behind(source: LedgerSource): Promise<Taken> {
    const { lines } = source.head;
    const same = await this.#chainAt(lines);
    if (same === undefined || !standsAt(same, source.head)) return await this.#forked(source);
    const remark = `it shows ${lines} lines, the archive has ${this.#end.chain.lines}: a power cut took the last ones; the archive keeps them`;
    return { lines: 0, remark };
  }

  /** Another history behind a line that both have: honest where that line is behind all that was on the card. */
  async #forked(source: LedgerSource): Promise<Taken> {
    const from = this.#firm;
    const incoming = await this.#fetch(source, from);
    if (incoming === 'fork') {
      const line = await this.#firstOther(source);
      throw refused(
        `line ${line} of its ledger is another one than this archive saw on ${firmest(this.#heads)?.seen ?? ''}, when it was on the card: the history was rewritten, or two machines carry the same key`,
      );
    }
    return await this.#replace(source, incoming);
  }

  #checkSigned(head: SignedHead): void {
    const key = decodePublicKey(this.#publicKey);
    if (key === undefined || !isSignedBy(key, headText(head), head.signature))
      throw refused('the signed end of its ledger does not carry the signature of its evidence key');
  }

  /** Fetches the lines between `from` and the signed head into a separate file; what an earlier pull fetched is kept where it fits. */
  async #fetch(source: LedgerSource, from: Place): Promise<IncomingLines | 'fork'> {
    const first = await this.#fetchOnce(source, from);
    if (typeof first !== 'string') return first;
    // Lines of an earlier pull may be of a history that a power cut has ended since.
    const second = first === 'stale' ? await this.#fetchOnce(source, from) : first;
    if (second === 'stale') throw new TypeError('a new file cannot be stale');
    return second;
  }

  async #fetchOnce(source: LedgerSource, from: Place): Promise<IncomingLines | 'fork' | 'stale'> {
    const { head } = source;
    const file = join(this.#folder, `incoming-${from.chain.lines}.ndjson`);
    const wanted = [durableOf(head), this.#promised?.lines ?? 0];
    const incoming = new IncomingLines(file, from.chain, head.lines, wanted);
    let outcome: 'whole' | 'fork' | 'stale' | 'cut' = 'cut';
    try {
      outcome = await this.#fill(incoming, source);
      return outcome === 'whole' ? incoming : outcome;
    } catch (thrown) {
      if (!(thrown instanceof WeirError) || thrown.code !== 'SITE_REFUSED') throw thrown;
      outcome = incoming.isResumed ? 'stale' : 'fork';
      if (incoming.isResumed) return 'stale';
      throw thrown;
    } finally {
      if (outcome !== 'whole') incoming.close();
      if (outcome === 'fork' || outcome === 'stale') incoming.remove();
    }
  }

  async #fill(incoming: IncomingLines, { head, text }: LedgerSource): Promise<'whole' | 'fork' | 'stale'> {
    while (incoming.chain.lines < head.lines) {
      const page = await text(incoming.chain.lines);
      if (page === '')
        throw refused(`the signed end of its ledger names ${head.lines} lines, and it shows ${incoming.chain.lines}`);
      for (const line of page.split('\n').slice(0, -1)) {
        if (incoming.chain.lines >= head.lines) break;
        const checked = incoming.check(line);
        if (checked.fault === null) incoming.add(line, checked);
        else if (checked.fault === 'wrong_previous' && incoming.chain === incoming.from) return 'fork';
        else throw refused(faultText(checked, incoming.chain.lines + 1));
      }
      incoming.flush();
    }
    if (!standsAt(incoming.chain, head)) {
      if (incoming.chain === incoming.from) return 'fork';
      throw refused(`line ${head.lines} of its ledger is not the one that its signed end names`);
    }
    const promised = this.#promised;
    const there = promised === undefined ? undefined : incoming.chainAt(promised.lines);
    if (promised !== undefined && (there === undefined || !standsAt(there, promised)))
      throw refused(`line ${promised.lines} of its ledger is another one than this archive saw on ${promised.seen}`);
    return 'whole';
  }

  async #append(source: LedgerSource, incoming: IncomingLines): Promise<Taken> {
    const before = this.#end.chain.lines;
    await this.#note(source, incoming);
    incoming.copyBehind(this.file, this.#end.bytes);
    await this.#finish(source, incoming);
    return { lines: source.head.lines - before, remark: '' };
  }

  async #replace(source: LedgerSource, incoming: IncomingLines): Promise<Taken> {
    const { bytes, chain } = this.#firm;
    const lost = this.#end.chain.lines - chain.lines;
    const aside = this.#asideName(chain.lines);
    copyFrom(this.file, bytes, join(this.#folder, aside));
    await this.#note(source, incoming);
    const next = `${this.file}.next`;
    fs.rmSync(next, { force: true });
    copyFrom(this.file, 0, next);
    incoming.copyBehind(next, bytes);
    fs.renameSync(next, this.file);
    await nodeDisk.syncFolder(this.#folder);
    await this.#finish(source, incoming);
    const remark = `a power cut took what was not on the appliance's card yet, up to ${lost} lines behind line ${chain.lines}; the archive keeps them in ${aside}`;
    return { lines: source.head.lines - chain.lines, remark };
  }

  #asideName(lines: number): string {
    const name = (i: number) => `ledger.lost-${lines}${i === 1 ? '' : `-${i}`}.ndjson`;
    let i = 1;
    while (fs.existsSync(join(this.#folder, name(i)))) i++;
    return name(i);
  }

  async #finish({ headFile }: LedgerSource, incoming: IncomingLines): Promise<void> {
    incoming.close();
    await writeDurably(nodeDisk, join(this.#folder, 'ledger.head'), headFile);
    incoming.remove();
    await this.#load();
  }

  /** Before its lines are taken: whatever happens in between, it was seen. */
  async #note({ head, now }: LedgerSource, incoming: IncomingLines | undefined): Promise<void> {
    const durable = durableOf(head);
    const chain = incoming?.chainAt(durable) ?? (await this.#chainAt(durable)) ?? this.#end.chain;
    appendHead(this.#folder, { ...head, seen: now, durable: chain.lines, durable_head: chain.head });
  }

  /** The same end, perhaps with more of it on the card. */
  async #see(source: LedgerSource): Promise<Taken> {
    if (this.#heads.at(-1)?.signature === source.head.signature) return NOTHING;
    await this.#note(source, undefined);
    await writeDurably(nodeDisk, join(this.#folder, 'ledger.head'), source.headFile);
    await this.#load();
    return NOTHING;
  }

  async #chainAt(lines: number): Promise<ChainState | undefined> {
    let found: ChainState | undefined = lines === 0 ? EMPTY_CHAIN : undefined;
    await readLedger(this.file, ({ next }) => {
      if (next.lines === lines) found ??= next;
    });
    return found;
  }

  /** By halving: the chain's hash in a line says whether all lines before it are the same. */
  async #firstOther({ text, head }: LedgerSource): Promise<number> {
    let same = 0;
    let other = Math.min(this.#firm.chain.lines, head.lines);
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      const [line = ''] = (await text(middle)).split('\n', 1);
      const { fault } = checkLine(line, (await this.#chainAt(middle)) ?? EMPTY_CHAIN);
      if (fault === null) same = middle;
      else other = middle;
    }
    return other;
  }

  /** What follows the newest head that fits is of a pull that was cut, and is fetched again. */
  async #load(): Promise<void> {
    this.#heads = readHeads(this.#folder);
    const places = await this.#placesOf(new Set(this.#heads.flatMap(({ lines, durable }) => [lines, durable])));
    const placeOf = (line: { lines: number; head: string }) => {
      const place = places.get(line.lines);
      return place !== undefined && standsAt(place.chain, line) ? place : undefined;
    };
    const firmLines = this.#heads.map(({ durable, durable_head, seen }) => ({
      lines: durable,
      head: durable_head,
      seen,
    }));
    const ends = this.#heads.flatMap((head) => placeOf(head) ?? []);
    const firms = firmLines.flatMap((line) => placeOf(line) ?? []);
    const highest = (list: readonly Place[]) =>
      list.reduce((top, place) => (place.bytes > top.bytes ? place : top), START);
    this.#end = ends.at(-1) ?? START;
    this.#firm = highest(firms.filter((place) => place.bytes <= this.#end.bytes));
    const firm = firmest(this.#heads);
    this.#promised = firm === undefined || placeOf(firm) !== undefined ? undefined : firm;
    if (this.#heads.length > 1 && ends.length === 0 && fs.existsSync(this.file))
      throw invalid(this.file, 'it contains none of the heads that were seen');
    if (fs.existsSync(this.file)) cutAt(this.file, this.#end.bytes);
    await this.#readBook();
  }

  async #placesOf(wanted: ReadonlySet<number>): Promise<Map<number, Place>> {
    const places = new Map<number, Place>();
    await readLedger(this.file, (checked, _text, bytes) => {
      if (wanted.has(checked.next.lines)) places.set(checked.next.lines, { chain: checked.next, bytes });
    });
    return places;
  }

  async #readBook(): Promise<void> {
    this.#book = new SegmentBook();
    await readLedger(this.file, (checked) => {
      if (checked.fault !== null) throw invalid(this.file, faultText(checked, checked.next.lines));
      if (checked.line !== undefined) this.#book.apply(checked.line);
    });
  }
}

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fs.constants;
const COPY_BYTES = 1024 * 1024;

/** What lies behind byte `at` as a new file, durably. A ledger of years does not fit into the memory. */
function copyFrom(file: string, at: number, target: string): void {
  const from = openOwn(file, O_RDONLY);
  const to = openOwn(target, O_WRONLY | O_CREAT | O_EXCL);
  try {
    const chunk = Buffer.allocUnsafe(COPY_BYTES);
    for (let place = at; ; ) {
      const read = fs.readSync(from, chunk, 0, chunk.length, place);
      if (read === 0) break;
      fs.writeFileSync(to, chunk.subarray(0, read));
      place += read;
    }
    fs.fsyncSync(to);
  } finally {
    fs.closeSync(to);
    fs.closeSync(from);
  }
}

function cutAt(file: string, bytes: number): void {
  const fd = openOwn(file, O_WRONLY);
  try {
    fs.ftruncateSync(fd, bytes);
  } finally {
    fs.closeSync(fd);
  }
}

/** Heads of before the third format do not contain it; then all counts as on the card. */
function durableOf({ durable, lines }: SignedHead): number {
  return Math.min(durable ?? lines, lines);
}

function faultText({ fault }: CheckedLine, line: number): string {
  if (fault === 'not_json') return `line ${line} of the ledger is no ledger line: it was altered`;
  if (fault === 'wrong_number')
    return `line ${line} of the ledger does not have the number that follows: lines were added or removed`;
  return `line ${Math.max(1, line - 1)} of the ledger, or the chain in line ${line}, was altered`;
}

/** What an appliance shows that contradicts the archive. */
export function refused(why: string): WeirError {
  return new WeirError('SITE_REFUSED', why);
}

function invalid(file: string, why: string): WeirError {
  const message = `${file}: ${why}; nothing was fetched for this appliance. Restore the archive from its backup, or move this site's folder away and pull again.`;
  return new WeirError('ARCHIVE_INVALID', message);
}
