// Words in an Android package that indicate pinning (the paper searched decompiled apps for `x509` and `checkServerTrusted`). An APK is a
// ZIP (APPNOTE 6.3.10); its entries are unpacked one at a time, within bounds, and searched as bytes. Pure but for zlib.

import { inflateRawSync } from 'node:zlib';

/** The paper's two, and what the usual libraries call it. */
export const PINNING_WORDS = [
  'x509',
  'checkServerTrusted',
  'CertificatePinner',
  'pin-set',
  'network_security_config',
  'TrustManager',
  'HostnameVerifier',
] as const;

export interface WordHits {
  readonly word: string;
  /** Occurrences, upper and lower case alike. */
  readonly count: number;
  /** Names of entries, at most 8. */
  readonly entries: readonly string[];
}

export interface ApkSearch {
  readonly words: readonly WordHits[];
  readonly entries: number;
  /** Entries that were not searched: encrypted, of another method, damaged, or too large. */
  readonly not_searched: number;
}

/** A ZIP without ZIP64 has no more. */
const MAX_ENTRIES = 65_535;
/** Unpacked, of one entry: bounds a decompression bomb. */
const MAX_ENTRY_BYTES = 256 * 1024 * 1024;
/** Unpacked, of all entries that are searched; those that no longer fit are counted as not searched. */
const MAX_BYTES = 1024 * 1024 * 1024;
/** Entries named for one word. */
const MAX_NAMES = 8;
const [END, CENTRAL, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;

/** Code, resources and native libraries; pictures and sounds say nothing. */
const SEARCHED = /\.(dex|xml|so|arsc|json|properties|js|bundle)$/;

/** Undefined where the bytes are no ZIP. */
export function searchApk(bytes: Buffer): ApkSearch | undefined {
  const end = bytes.subarray(-65_557).lastIndexOf(Buffer.from('504b0506', 'hex'));
  if (end < 0) return undefined;
  const at = Math.max(0, bytes.length - 65_557) + end;
  if (at + END_BYTES > bytes.length || bytes.readUInt32LE(at) !== END) return undefined;
  const found = new Map(PINNING_WORDS.map((word) => [word as string, { count: 0, entries: new Set<string>() }]));
  let [entries, notSearched, unpacked] = [0, 0, 0];
  let next = bytes.readUInt32LE(at + 16);
  while (entries < MAX_ENTRIES && next + CENTRAL_BYTES <= bytes.length && bytes.readUInt32LE(next) === CENTRAL) {
    const name = bytes.toString('utf8', next + CENTRAL_BYTES, next + CENTRAL_BYTES + bytes.readUInt16LE(next + 28));
    entries += 1;
    if (SEARCHED.test(name)) {
      const content = entryAt(bytes, next, Math.min(MAX_ENTRY_BYTES, MAX_BYTES - unpacked));
      if (content === undefined) notSearched += 1;
      else note(found, name, content);
      unpacked += content?.length ?? 0;
    }
    next +=
      CENTRAL_BYTES + bytes.readUInt16LE(next + 28) + bytes.readUInt16LE(next + 30) + bytes.readUInt16LE(next + 32);
  }
  const words = [...found].map(([word, { count, entries: names }]) => ({
    word,
    count,
    entries: [...names].slice(0, MAX_NAMES),
  }));
  return { words, entries, not_searched: notSearched };
}

function note(
  found: ReadonlyMap<string, { count: number; entries: Set<string> }>,
  name: string,
  content: Buffer,
): void {
  // Binary XML holds its strings as UTF-16: without the zeros they read as the others.
  const text = content.toString('latin1').replaceAll('\0', '').toLowerCase();
  for (const [word, hits] of found) {
    const lower = word.toLowerCase();
    for (let at = text.indexOf(lower); at >= 0; at = text.indexOf(lower, at + lower.length)) {
      hits.count += 1;
      hits.entries.add(name);
    }
  }
}

/** Content of the entry whose central header is at `at`; `most` bytes of it. */
function entryAt(bytes: Buffer, at: number, most: number): Buffer | undefined {
  const [flags, method, packed, place] = [
    bytes.readUInt16LE(at + 8),
    bytes.readUInt16LE(at + 10),
    bytes.readUInt32LE(at + 20),
    bytes.readUInt32LE(at + 42),
  ];
  if ((flags & 1) !== 0 || place + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(place) !== LOCAL) return undefined;
  const start = place + LOCAL_BYTES + bytes.readUInt16LE(place + 26) + bytes.readUInt16LE(place + 28);
  if (start + packed > bytes.length) return undefined;
  const content = bytes.subarray(start, start + packed);
  if (method === 0) return content.length <= most ? content : undefined;
  if (method !== 8 || most <= 0) return undefined;
  try {
    return inflateRawSync(content, { maxOutputLength: most });
  } catch {
    // Damaged, or more than there is room for: counted by the caller.
    return undefined;
  }
}
