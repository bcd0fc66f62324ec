// What a device exchanged, to one place and in one form: the fact that sentences are made from. Of documents (document-talks.ts)
// and of the flow matrix (publish/sentence-view.ts). Pure.

import type { Readable } from '../analysis-document.ts';
import { isPlainByDesign } from '../protection.ts';

/**
 * Who can read it. `readable`: anyone on the way. `scrambled`: anyone, after undoing what needs no secret. `keyed`: who has the
 * key of this device. `encoded`: binary or scrambled, nothing says that it is encrypted. `opaque`: uniform bytes without proof.
 * `unjudged`: too little, or evidence both ways. `protected`: the protocol proves it. `empty`: no payload. `design`: services
 * that are plain everywhere (DNS, NTP, …).
 */
export type Form =
  | 'readable'
  | 'scrambled'
  | 'encoded'
  | 'keyed'
  | 'opaque'
  | 'unjudged'
  | 'protected'
  | 'design'
  | 'empty';

/** What was seen of the content. `media`: one of pictures, video, sound or compressed data, not known which. */
export type Content = 'pictures' | 'video' | 'sound' | 'compressed' | 'media';

export interface Talk {
  readonly scope: 'internet' | 'home';
  readonly form: Form;
  readonly contents: readonly Content[];
  /** ISO 3166-1 alpha-2, XX unknown, ANYCAST_WORD, `local`; empty where several are reported together. */
  readonly country: string;
  /** Owner of the addresses; empty where it is not known. */
  readonly organisation: string;
  /** Bytes on the wire, sent and received by the device. */
  readonly up: number;
  readonly down: number;
}

export function formOf(verdict: string, service: string | null, readable?: Readable | null): Form {
  if (verdict === 'no_payload') return 'empty';
  if (isPlainByDesign(service)) return 'design';
  switch (verdict) {
    case 'cleartext':
    case 'compressed-in-clear':
      return 'readable';
    case 'encoded':
      return readable === 'without_key' ? 'scrambled' : readable === 'device_key' ? 'keyed' : 'encoded';
    case 'opaque':
      return 'opaque';
    case 'encrypted':
    case 'upgraded':
      return 'protected';
    default:
      return 'unjudged';
  }
}

/** By the formats that the reason of a verdict names (analysis/verdict). */
const NAMED: readonly (readonly [Content, RegExp])[] = [
  ['pictures', /\b(?:jpe?g|png|gif|webp|image\/)/i],
  ['video', /\b(?:mp4|h\.?26[45]|matroska|avi|flv|mpeg-?ts|mpegts|mpeg program|dahua video|video\/)/i],
  ['sound', /\b(?:wav|ogg|mp3|flac|mpeg audio|audio\/)/i],
  ['compressed', /\b(?:gzip|zip|xz|zstd|bzip2|7z|zlib|lz4|lzip|squashfs)\b/i],
];

/** Only of what anyone can read: elsewhere a format is a guess. */
export function contentsOf(verdict: string, reason: string): Content[] {
  if (verdict !== 'cleartext' && verdict !== 'compressed-in-clear') return [];
  const named = NAMED.filter(([, format]) => format.test(reason)).map(([content]) => content);
  return named.length > 0 || verdict === 'cleartext' ? named : ['media'];
}
