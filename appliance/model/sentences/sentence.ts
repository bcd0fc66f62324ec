// A sentence about a device, in parts: words, and nouns that lead to their evidence. device-sentences.ts makes them, texts.ts has
// the words; page, command line, broker and messages draw them as they can. Pure.

import { IT } from './texts.ts';

/** What a noun represents, and so where it leads. */
export type Noun =
  /** `value`: the device's id, or its MAC in a document. */
  | 'device'
  /** `value`: what of its content was seen (talk.ts). */
  | 'content'
  /** `value`: who can read it (talk.ts). */
  | 'form'
  /** `value`: ISO 3166-1 alpha-2, XX, or the word for what answers from many places. */
  | 'country'
  /** `value`: owner of the addresses as the document has it. */
  | 'organisation'
  /** `value`: the exact number, of which the text is three digits. */
  | 'bytes'
  /** `value`: how many. */
  | 'findings'
  /** `value`: how many countries, or owners in a country, are not named. */
  | 'countries'
  | 'owners';

export interface SentencePart {
  readonly text: string;
  /** Absent where the part is words only. */
  readonly noun?: Noun;
  readonly value?: string;
}

/** How grave it is: `bad` others can read it, `warn` it looks unprotected, `odd` unknown, `good`, `none` says nothing. */
export type Grade = 'bad' | 'warn' | 'odd' | 'good' | 'none';

export interface Sentence {
  readonly grade: Grade;
  /** Where it goes; `all` where it is about neither alone. */
  readonly scope: 'internet' | 'home' | 'all';
  /** The first one names the device; a page that names it already leaves it out. */
  readonly parts: readonly SentencePart[];
}

export function plainSentence({ parts }: Pick<Sentence, 'parts'>): string {
  return parts.map(({ text }) => text).join('');
}

/** Of the same device, as a person would write: named once. */
export function plainSentences(sentences: readonly Sentence[]): string[] {
  return sentences.map((sentence, at) => {
    const [subject, ...rest] = sentence.parts;
    return at === 0 || subject?.noun !== 'device'
      ? plainSentence(sentence)
      : plainSentence({ parts: [{ text: IT }, ...rest] });
  });
}
