// Searches payloads, and what listeners unpacked, for the tester's planted secrets and words; each hit is a finding. Used by collector.ts.

import type { Vault, VaultHit } from '../secrets/vault.ts';
import type { WordList } from '../secrets/word-list.ts';
import type { FindingSink } from './finding-fact.ts';
import { deviceOf, type HomeEnds } from './local-address.ts';
import { report } from './report.ts';

/** Ways to unpack that change no byte: what is found in one piece was found before they were joined. */
const PIECES: ReadonlySet<string> = new Set(['chunks', 'blocks', 'fragments']);

/** Where hits are reported. */
export interface HitSink extends FindingSink {
  /** Whether that finding was reported in the current part. */
  isReported(rule: string, device: string, subject: string): boolean;
}

export class PlantedSecrets {
  readonly #source: HomeEnds;
  readonly #sink: HitSink;
  readonly #vault: Vault | undefined;
  readonly #words: WordList | undefined;

  /** `source`: the current packet. */
  constructor(source: HomeEnds, sink: HitSink, vault: Vault | undefined, words: WordList | undefined) {
    this.#source = source;
    this.#sink = sink;
    this.#vault = vault;
    this.#words = words;
  }

  /** Whether there is anything to search for. */
  get isOn(): boolean {
    return this.#vault !== undefined || this.#words !== undefined;
  }

  /** Searches a packet's payload for secrets; `state` goes on from packet to packet of a direction. */
  secrets(bytes: Uint8Array, start: number, end: number, state: number): number {
    return this.#vault?.scan(bytes, start, end, state, (hit) => this.#tellSecret(hit, '')) ?? 0;
  }

  /** The same, for the user's own words. */
  words(bytes: Uint8Array, start: number, end: number, state: number): number {
    return this.#words?.scan(bytes, start, end, state, (word) => this.#tellWord(word, '')) ?? 0;
  }

  /** What a listener unpacked: `gzip`, `xor`. */
  unpacked(bytes: Uint8Array, start: number, end: number, how: string): void {
    const isNew = (rule: string, subject: string): boolean =>
      !PIECES.has(how) || !this.#sink.isReported(rule, deviceOf(this.#source), subject);
    this.#vault?.scan(bytes, start, end, 0, (hit) => {
      if (isNew('PII-09', `${hit.name} ${hit.encoding}`)) this.#tellSecret(hit, ` in ${how}`);
    });
    this.#words?.scan(bytes, start, end, 0, (word) => {
      if (isNew('PII-11', word)) this.#tellWord(word, ` in ${how}`);
    });
  }

  #tellSecret(hit: VaultHit, where: string): void {
    const form = `${hit.name} ${hit.encoding}${where}`;
    report(this.#sink, 'PII-09', {
      device: deviceOf(this.#source),
      subject: form,
      excerpt: `planted secret ${form}: ${this.#ends()}`,
    });
  }

  #tellWord(word: string, where: string): void {
    report(this.#sink, 'PII-11', {
      device: deviceOf(this.#source),
      subject: word,
      excerpt: `"${word}" of your word list${where}: ${this.#ends()}`,
    });
  }

  #ends(): string {
    return `${this.#source.sourceIp()} → ${this.#source.destinationIp()}`;
  }
}
