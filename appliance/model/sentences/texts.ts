// Every word of the sentences: one place to read, correct and translate them. device-sentences.ts puts facts between them. What
// is here must be true of every fact that it is used for, also where name, place and content are unknown.

import { ANYCAST_WORD, countryName } from '../place-word.ts';
import type { Content, Form } from './talk.ts';

type Way = 'sends' | 'receives' | 'exchanges';

export const WAY: Readonly<Record<Way, { readonly verb: string; readonly towards: string }>> = {
  sends: { verb: 'sends', towards: 'to' },
  receives: { verb: 'receives', towards: 'from' },
  exchanges: { verb: 'exchanges', towards: 'with' },
};

export const CONTENT: Readonly<Record<Content, string>> = {
  pictures: 'pictures',
  video: 'video',
  sound: 'sound',
  compressed: 'compressed data',
  media: 'media or compressed data',
};
export const DATA = 'data';
export const OTHER_DATA = 'other data';

/** Behind the comma. */
export const FORM: Readonly<Record<Exclude<Form, 'design' | 'empty'>, string>> = {
  readable: 'readable by anyone on the way',
  scrambled: 'scrambled so that no secret is needed to read it',
  encoded: 'encoded, without proof of encryption',
  keyed: 'readable for anyone who has the key of this device',
  opaque: 'which nobody can tell from encrypted',
  unjudged: 'too little or too mixed to judge',
  protected: 'encrypted',
};

export const AT_HOME = ' at home';
export const INTERNET = ' the Internet';

/** `China`; for what has no country words that say so. */
export function countryText(country: string): string {
  if (country === ANYCAST_WORD) return 'no certain country';
  const name = countryName(country);
  return name === 'unknown' ? 'an unknown country' : name;
}

export const furtherCountries = (number: number): string =>
  ` and ${number} further ${number === 1 ? 'country' : 'countries'}`;
export const otherOwners = (number: number): string => ` and ${number} ${number === 1 ? 'other' : 'others'}`;

export const HAS = ' has ';
export const graveFindings = (number: number): string =>
  `${number} ${number === 1 ? 'finding' : 'findings'} of high severity`;

/** `today` or `in this capture` follows. */
export const ONLY_BY_DESIGN = ' does only what is plain everywhere, such as asking for names and the time, ';
export const NO_CONTENT = ' opens connections in which nothing is said';
export const FORWARDS = ' passes on what other devices say, and says nothing of its own over TCP or UDP';
export const SILENT = ' has no conversation over TCP or UDP';

const LEGAL_FORM =
  /[\s.,]+(?:inc|llc|l\.l\.c|ltd|limited|corp|corporation|corporate|company|co|gmbh|ag|b\.?v|n\.?v|s\.?a|sas|plc|pty|oy|ab|as)\.?$/i;

/** `Alibaba` of `Alibaba (US) Technology Co., Ltd.`: the beginning of a registered name, whose full form follows it. */
export function shortOwner(name: string): string {
  let short = name.split(/ \(|, /, 1)[0] ?? '';
  while (LEGAL_FORM.test(short)) short = short.replace(LEGAL_FORM, '');
  return short.trim().length < 2 ? name : short.trim();
}

export const SO_FAR = 'since recording began';
export const TODAY = 'today (UTC)';
export const THAT_DAY = 'in these 24 hours';
export const IN_THAT_TIME = 'in that time';

export const inPhase = (period: string, phase: string): string => `${period} in the phase ${phase}`;

/** Replaces the device in the sentences after the first. */
export const IT = 'It';

/** Kinds of devices whose word names no thing. */
const NO_THING: ReadonlySet<string> = new Set(['health', 'automation', 'infrastructure', 'appliance', 'other']);

/** `Xiaomi camera 78:11:dc:20:00:01`: who it is, where nobody and nothing named it. */
export function nameless(maker: string | null, category: string | null, address: string): string {
  const kind = category === null ? 'device' : NO_THING.has(category) ? `${category} device` : category;
  const words = maker === null ? kind : `${shortOwner(maker)} ${kind}`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} ${address}`;
}
