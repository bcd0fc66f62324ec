// Gathers what application listeners report, per part of the summary, with limits that are counted. The analyzer sets whose
// packet is current; listeners only know Facts.

import type { FindingEvidence } from '../../model/analysis-document.ts';
import { foldAuthority, foldHostName, isNoName } from '../../model/host-name.ts';
import { MAX_SIGNS, SIGN_CHARACTERS, type SignTrait } from '../platforms/sign.ts';
import type { Vault } from '../secrets/vault.ts';
import type { WordList } from '../secrets/word-list.ts';
import type { Bounds } from '../summary/bounds.ts';
import { MAX_MARKS, proofRank } from '../summary/merge-conversations.ts';
import { MAX_EVIDENCE, mergeSeen } from '../summary/part-fields.ts';
import {
  compareTimes,
  earlier,
  type FindingRecord,
  later,
  type Part,
  type Seen,
  type Table,
  table,
} from '../summary/summary.ts';
import type { CountTable, Facts, FindingFact, Proof, TraitKind } from './facts.ts';
import type { HomeEnds } from './local-address.ts';
import { type OwnKeys, ownKeysOf } from './own-keys.ts';
import { PlantedSecrets } from './planted-secrets.ts';
import { isRemedyAtHome, remedyAtHome, widerRemedy } from './remedies.ts';
import { UnpackBudget } from './streams/unpack.ts';

/** Longer texts are cut; the cut text is the key. */
const MAX_TEXT = 256;
/** Names of one conversation, by their source; further ones are left out and counted as dropped. */
const MAX_NAMES_PER_CONVERSATION = 16;
/** Names of one address; further ones are left out and counted as dropped. */
const MAX_NAMES_PER_ADDRESS = 32;
/** A segment is at most an hour of one device. */
const MAX_FINDINGS = 200;

/** Tables whose keys are names of hosts: one spelling each. */
const NAME_TABLES: ReadonlySet<CountTable> = new Set<CountTable>([
  'dns.queries',
  'dns.resolved',
  'mdns.queries',
  'mdns.services',
  'llmnr.queries',
  'tls.sni',
  'tls.ech',
  'quic.sni',
]);

function foldKey(table: CountTable, key: string): string {
  if (table === 'http.hosts') return foldAuthority(key);
  return NAME_TABLES.has(table) ? foldHostName(key) : key;
}

/** What listeners said about one conversation. */
export interface FlowNotes {
  service: string | null;
  proof: Proof | null;
  readonly marks: Set<string>;
  readonly names: Table<number>;
  nameCount: number;
}

export function newNotes(): FlowNotes {
  return { service: null, proof: null, marks: new Set(), names: table(), nameCount: 0 };
}

/** The current packet. */
export interface FactSource extends HomeEnds {
  readonly part: number;
  /** Made when first needed. */
  notes(): FlowNotes;
  ts(): string;
  evidence(): FindingEvidence;
  /** See Facts. */
  lease(mac: string, message: string): void;
}

type Collected = Readonly<Pick<Part, 'counts' | 'addresses' | 'traits' | 'findings' | 'protocols'>>;

function emptyCollected(): Collected {
  return { counts: table(), addresses: table(), traits: table(), findings: table(), protocols: table() };
}

export class Collector implements Facts {
  readonly #source: FactSource;
  readonly #bounds: Bounds;
  readonly #vault: Vault | undefined;
  readonly ownKeys: OwnKeys | undefined;
  readonly planted: PlantedSecrets;
  readonly #parts = [emptyCollected(), emptyCollected()] as const;
  readonly #dropped: readonly { names: number; findings: number }[] = [
    { names: 0, findings: 0 },
    { names: 0, findings: 0 },
  ];
  readonly #gaps = [0, 0];
  readonly #cuts = [0, 0];
  readonly unpackBudget = new UnpackBudget();
  #heard: Set<string> | undefined;
  #before: ReadonlySet<string> | undefined;
  #texts = 0;
  #textCharacters = 0;
  readonly #shares: Table<number> = table();
  /** By MAC and kind. */
  readonly #signs = new Map<string, number>();
  #nameCharacters = 0;
  #findings = 0;
  /** Names of addresses over segments: what the carry holds. */
  readonly #known: Table<Table<Seen>> = table();

  constructor(source: FactSource, bounds: Bounds, vault?: Vault, words?: WordList) {
    this.#source = source;
    this.#bounds = bounds;
    this.#vault = vault;
    this.planted = new PlantedSecrets(source, this, vault, words);
    this.ownKeys = words === undefined ? undefined : ownKeysOf(words);
  }

  get #part(): Collected {
    return this.#source.part === 0 ? this.#parts[0] : this.#parts[1];
  }

  count(name: CountTable, key: string): void {
    if (this.#before !== undefined) return;
    const byMac = inner(this.#part.counts, name);
    this.#increment(inner(byMac, this.#source.sourceMac()), name, foldKey(name, key));
  }

  /** Packets of a protocol that were followed without being read here. */
  packets(name: string, count: number, part: 0 | 1): void {
    const { protocols } = this.#parts[part];
    protocols[name] = (protocols[name] ?? 0) + count;
  }

  /** One more packet of a protocol that the walk does not know. */
  protocol(name: string): void {
    if (this.#before !== undefined) return;
    const protocols = this.#part.protocols;
    protocols[name] = (protocols[name] ?? 0) + 1;
  }

  service(name: string, proof: Proof): void {
    const notes = this.#source.notes();
    if (proofRank(proof) <= proofRank(notes.proof)) return;
    notes.service = name;
    notes.proof = proof;
  }

  name(name: string, source: string): void {
    const notes = this.#source.notes();
    const key = `${source} ${this.#redact(foldHostName(name)).slice(0, MAX_TEXT)}`;
    if (notes.names[key] !== undefined) return;
    if (notes.nameCount >= MAX_NAMES_PER_CONVERSATION) return this.#drop();
    if (this.#nameCharacters + key.length > this.#bounds.nameCharacters) return this.#drop();
    this.#nameCharacters += key.length;
    notes.nameCount++;
    notes.names[key] = 1;
  }

  mark(word: string, most = MAX_MARKS): void {
    const { marks } = this.#source.notes();
    if (marks.has(word)) return;
    if (marks.size >= MAX_MARKS || countAlike(marks, word) >= most) this.#drop();
    else marks.add(word);
  }

  leftOut(): void {
    this.#drop();
  }

  address(ip: string, name: string, source: string): void {
    if (isNoName(name)) return;
    const ts = this.#source.ts();
    const key = `${source} ${this.#redact(foldHostName(name)).slice(0, MAX_TEXT)}`;
    // Always of the own part: a name is no quantity, and one place makes any split of a capture add up.
    this.#see(this.#parts[0].addresses, 'addresses', ip, key, { first: ts, last: ts });
    this.#see(this.#known, 'known', ip, key, { first: ts, last: ts });
  }

  #see(addresses: Table<Table<Seen>>, share: string, ip: string, key: string, seen: Seen): void {
    const names = addresses[ip];
    const known = names?.[key];
    if (names !== undefined && known !== undefined) names[key] = mergeSeen(known, seen);
    else if (names !== undefined && Object.keys(names).length >= MAX_NAMES_PER_ADDRESS) this.#drop();
    else if (this.#takeRoom(share, key)) inner(addresses, ip)[key] = seen;
    else this.#drop();
  }

  /** Whether a text more may be kept; if so it is counted. One table that fills leaves the others theirs. */
  #takeRoom(share: string, text: string): boolean {
    const { texts, textsOfTable, textCharacters } = this.#bounds;
    const ofShare = this.#shares[share] ?? 0;
    if (this.#texts >= texts || ofShare >= textsOfTable || this.#textCharacters + text.length > textCharacters)
      return false;
    this.#texts++;
    this.#shares[share] = ofShare + 1;
    this.#textCharacters += text.length;
    return true;
  }

  /** An address is being talked to: what earlier segments learned about it belongs to this summary too. */
  recall(ip: string): void {
    const known = this.#known[ip];
    if (known === undefined) return;
    for (const [key, seen] of Object.entries(known)) this.#see(this.#parts[0].addresses, 'addresses', ip, key, seen);
  }

  lease(mac: string, message: string): void {
    this.#source.lease(mac, message);
  }

  trait(mac: string, kind: TraitKind, value: string): void {
    this.#increment(inner(inner(this.#part.traits, mac), kind), 'traits', value);
  }

  sign(mac: string, kind: SignTrait, text: string): void {
    const signs = inner(inner(this.#part.traits, mac), kind);
    const key = this.#redact(text).slice(0, SIGN_CHARACTERS);
    const before = signs[key];
    if (before === undefined && !this.#takeSignRoom(`${mac} ${kind}`, key)) return this.#drop();
    signs[key] = (before ?? 0) + 1;
  }

  #takeSignRoom(share: string, text: string): boolean {
    const count = this.#signs.get(share) ?? 0;
    if (count >= MAX_SIGNS || !this.#takeRoom('signs', text)) return false;
    this.#signs.set(share, count + 1);
    return true;
  }

  /** The tester's secrets are in no text that leaves the pcap, whichever table it comes from. */
  #redact(text: string): string {
    return this.#vault?.redact(text) ?? text;
  }

  #increment(counts: Table<number>, share: string, wire: string): void {
    const text = this.#redact(wire);
    const key = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
    const before = counts[key];
    if (before === undefined && !this.#takeRoom(share, key)) return this.#drop();
    counts[key] = (before ?? 0) + 1;
  }

  #drop(): void {
    this.#dropped[this.#source.part]!.names++;
  }

  /** Most findings repeat: their words need not be put together again. With a vault they are redacted first. */
  again(rule: string, device: string, subject: string, confidence: number): boolean {
    const key = findingKey(rule, device, subject);
    const known = this.#vault === undefined ? this.#part.findings[key] : undefined;
    if (known === undefined) return false;
    // Its words have to fit both places once it is met beyond the home: reported again with them.
    if (isRemedyAtHome(known.remedy) && !this.#isAtHome()) return false;
    if (this.#isFirst(key)) addOccurrence(known, confidence, this.#source);
    return true;
  }

  finding(reported: FindingFact): void {
    const fact = this.#fitted(this.#vault === undefined ? reported : this.#redactFinding(reported));
    const findings = this.#part.findings;
    const key = findingKey(fact.rule, fact.device, fact.subject);
    if (!this.#isFirst(key)) return;
    const known = findings[key];
    if (known !== undefined) {
      known.remedy = widerRemedy(known.remedy, fact.remedy);
      return addOccurrence(known, fact.confidence, this.#source);
    }
    const ts = this.#source.ts();
    if (this.#findings >= MAX_FINDINGS) {
      this.#dropped[this.#source.part]!.findings++;
      return;
    }
    this.#findings++;
    findings[key] = { ...fact, count: 1, first_ts: ts, last_ts: ts, evidence: [this.#source.evidence()] };
  }

  /** Whether the current datagram has not reported this before, as a first fragment. */
  #isFirst(key: string): boolean {
    this.#heard?.add(key);
    return this.#before?.has(key) !== true;
  }

  /** Runs `show` and gives the keys of what it reported: a first fragment is shown, and the whole datagram will be. */
  hear(show: () => void): ReadonlySet<string> {
    const heard = new Set<string>();
    this.#heard = heard;
    show();
    this.#heard = undefined;
    return heard;
  }

  /** Runs `show` for a datagram that is counted already and whose first fragment reported `before`. */
  repeat(before: ReadonlySet<string> | undefined, show: () => void): void {
    this.#before = before;
    show();
    this.#before = undefined;
  }

  #fitted(fact: FindingFact): FindingFact {
    return this.#isAtHome() ? { ...fact, remedy: remedyAtHome(fact.remedy) } : fact;
  }

  /** Whether the current packet stays at home. */
  #isAtHome(): boolean {
    return this.#source.isSourceHome() && this.#source.isDestinationHome();
  }

  #redactFinding(fact: FindingFact): FindingFact {
    return { ...fact, subject: this.#redact(fact.subject), excerpt_masked: this.#redact(fact.excerpt_masked) };
  }

  get searches(): boolean {
    return this.planted.isOn;
  }

  unpacked(bytes: Uint8Array, start: number, end: number, how: string): void {
    this.planted.unpacked(bytes, start, end, how);
  }

  isReported(rule: string, device: string, subject: string): boolean {
    return this.#part.findings[findingKey(rule, device, subject)] !== undefined;
  }

  /** Moves the gaps of a stream to the summary's counter. */
  noteGaps(stream: { gaps: number }): void {
    this.#gaps[this.#source.part]! += stream.gaps;
    stream.gaps = 0;
  }

  cut(): void {
    this.#cuts[this.#source.part]!++;
  }

  /** Moves what a joiner gave up to the summary's counter. */
  noteCuts(joiner: { cut: number } | undefined): void {
    if (joiner === undefined || joiner.cut === 0) return;
    this.#cuts[this.#source.part]! += joiner.cut;
    joiner.cut = 0;
  }

  /** Copies what was gathered, so that the summary does not change under its reader. */
  fill(part: Part, index: 0 | 1): void {
    const collected = copy(this.#parts[index]);
    for (const [name, packets] of Object.entries(collected.protocols)) {
      part.protocols[name] = (part.protocols[name] ?? 0) + packets;
    }
    part.counts = collected.counts;
    part.addresses = collected.addresses;
    part.traits = collected.traits;
    part.findings = collected.findings;
    part.dropped.names += this.#dropped[index]!.names;
    part.dropped.stream_gaps += this.#gaps[index]!;
    part.dropped.messages_cut = this.#cuts[index]!;
    part.dropped.findings += this.#dropped[index]!.findings;
  }

  /** Names of addresses for the next segment: the ones seen last, where there are too many. */
  carry(): Table<Table<Seen>> {
    const entries = Object.entries(this.#known);
    if (entries.length <= this.#bounds.carriedAddresses) return copy(this.#known);
    const lastOf = (names: Table<Seen>): string =>
      Object.values(names).reduce((last, seen) => later(last, seen.last), '0.0');
    entries.sort(([, a], [, b]) => compareTimes(lastOf(b), lastOf(a)));
    return Object.assign(
      table<Table<Seen>>(),
      copy(Object.fromEntries(entries.slice(0, this.#bounds.carriedAddresses))),
    );
  }

  /** Names of addresses from the segment before. */
  learn(known: Table<Table<Seen>>): void {
    for (const [ip, names] of Object.entries(known)) {
      for (const [key, seen] of Object.entries(names)) this.#see(this.#known, 'known', ip, key, seen);
    }
  }
}

function inner<T>(tables: Table<Table<T>>, key: string): Table<T> {
  const known = tables[key];
  if (known !== undefined) return known;
  const made = table<T>();
  tables[key] = made;
  return made;
}

/** A deep copy that keeps tables without prototype. */
function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T;
  if (value === null || typeof value !== 'object') return value;
  const made = table<unknown>();
  for (const key in value) made[key] = copy(value[key]);
  return made as T;
}

function findingKey(rule: string, device: string, subject: string): string {
  return `${rule} ${device} ${subject.slice(0, MAX_TEXT)}`;
}

function addOccurrence(record: FindingRecord, confidence: number, source: FactSource): void {
  const ts = source.ts();
  record.count++;
  record.first_ts = earlier(record.first_ts, ts);
  record.last_ts = later(record.last_ts, ts);
  record.confidence = Math.max(record.confidence, confidence);
  if (record.evidence.length < MAX_EVIDENCE) record.evidence.push(source.evidence());
}

/** Marks with the same beginning, up to the first space. */
function countAlike(marks: ReadonlySet<string>, word: string): number {
  const kind = word.slice(0, word.indexOf(' ') + 1);
  return kind === '' ? 0 : [...marks].filter((mark) => mark.startsWith(kind)).length;
}
