// The user's own words in addition to the planted secrets: the dictionary of the papers. A word is found wherever it is readable, in
// any case; a key is found as the name of a field. Searched by collector.ts in one pass over each payload, as the vault.
import { PatternAutomaton } from './pattern-automaton.ts';

/** What a key's value is, in the user's words. */
export const WORD_KINDS = [
  'password',
  'hardware-address',
  'device',
  'email',
  'phone',
  'location',
  'health',
  'person',
  'address',
  'network',
  'word',
] as const;
export type WordKind = (typeof WORD_KINDS)[number];

export interface OwnWord {
  readonly word: string;
  /** Undefined for a word that is searched for anywhere. */
  readonly kind: WordKind | undefined;
}

/** A shorter word would be found by chance: it is taken for a key. */
export const LEAST_WORD_BYTES = 4;
/** A word, not a text. */
export const MAX_WORD_BYTES = 64;
/** Words and keys of one list together; a longer list is refused. */
export const MAX_WORDS = 2000;
/** Bytes of all words that are searched for, together: each occurs twice, in UTF-8 and in UTF-16. */
export const MAX_WORD_LIST_BYTES = 16_000;

/** Bytes on each side of a word that must be text as well, where there are any: in a cipher's bytes they are not. */
const TEXT_AROUND = 4;

interface Pattern {
  readonly word: string;
  readonly bytes: Uint8Array;
  readonly unit: 1 | 2;
}

/** Why a list cannot be searched for; undefined where it can. */
export function wordsRefusal(words: readonly OwnWord[]): string | undefined {
  if (words.length > MAX_WORDS) return `${words.length} words, at most ${MAX_WORDS} are searched for`;
  const bytes = words.reduce((sum, { word }) => sum + Buffer.byteLength(word), 0);
  return bytes > MAX_WORD_LIST_BYTES
    ? `the words have ${bytes} bytes together, at most ${MAX_WORD_LIST_BYTES} are searched for`
    : undefined;
}

export class WordList {
  /** Kinds by key as written. */
  readonly keys: ReadonlyMap<string, WordKind>;
  readonly #patterns: readonly Pattern[];
  readonly #automaton: PatternAutomaton;

  /** @throws TypeError for a list that `wordsRefusal` refuses */
  constructor(words: readonly OwnWord[]) {
    const refusal = wordsRefusal(words);
    if (refusal !== undefined) throw new TypeError(refusal);
    const isSearched = ({ word, kind }: OwnWord): boolean =>
      kind === undefined && Buffer.byteLength(word) >= LEAST_WORD_BYTES;
    this.keys = new Map(words.filter((own) => !isSearched(own)).map(({ word, kind = 'word' }) => [word, kind]));
    this.#patterns = words.filter(isSearched).flatMap(({ word }) => patternsOf(word));
    this.#automaton = new PatternAutomaton(
      this.#patterns.map(({ bytes }) => bytes),
      'folded',
    );
  }

  get empty(): boolean {
    return this.keys.size === 0 && this.#patterns.length === 0;
  }

  /** Searches [start, end) as `Vault.scan`. Words only: a part of a longer one is another. */
  scan(bytes: Uint8Array, start: number, end: number, state: number, onWord: (word: string) => void): number {
    return this.#automaton.scan(bytes, start, end, state, (index, to) => {
      const { word, bytes: pattern, unit } = this.#patterns[index]!;
      if (isWord(bytes, Math.max(start, to - pattern.length), to, start, end, unit)) onWord(word);
    });
  }
}

/** The automaton folds ASCII; of other scripts both cases are written out. */
function patternsOf(word: string): Pattern[] {
  const forms = new Set([word, word.toLowerCase(), word.toUpperCase()].map((form) => form.normalize('NFC')));
  const kept = /^[\x20-\x7e]*$/.test(word) ? [word] : [...forms];
  return kept.flatMap((form): Pattern[] => [
    { word, bytes: Buffer.from(form), unit: 1 },
    { word, bytes: Buffer.from(form, 'utf16le'), unit: 2 },
  ]);
}

function isWord(bytes: Uint8Array, from: number, to: number, start: number, end: number, unit: 1 | 2): boolean {
  if (from - unit >= start && isLetter(bytes[from - unit]!)) return false;
  if (to < end && isLetter(bytes[to]!)) return false;
  if (unit === 2) return true;
  for (let at = Math.max(start, from - TEXT_AROUND); at < Math.min(end, to + TEXT_AROUND); at++) {
    if (!isText(bytes[at]!)) return false;
  }
  return true;
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Of UTF-8: printable, white space, or part of a longer character. */
function isText(byte: number): boolean {
  return byte >= 0x20 ? byte !== 0x7f : byte === 9 || byte === 10 || byte === 13;
}
