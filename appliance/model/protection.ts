// How protected a device is, in a word, from its bytes by verdict: for page, command line and broker. The Internet and the home
// are asked apart. Pure.

import type { DocumentFinding } from './analysis-document.ts';

/** Bytes by verdict; services that are plain by design (DNS, NTP, …) are left out. */
export type BytesByVerdict = Readonly<Record<string, number>>;

export type ProtectionWord =
  | { readonly says: 'nothing' }
  /** Share that anyone on the path can read, above 0 to 1. */
  | { readonly says: 'clear'; readonly share: number }
  /** Most bytes look protected, and yet a grave finding of readable content exists for the device. */
  | { readonly says: 'readable'; readonly verdict: string }
  | { readonly says: 'most'; readonly verdict: string; readonly only: boolean };

/** In the clear by design, everywhere: not what a word of protection warns of. */
const PLAIN_BY_DESIGN: ReadonlySet<string> = new Set([
  'dns',
  'mdns',
  'llmnr',
  'nbns',
  'dhcp',
  'dhcp6',
  'dhcpv6',
  'ntp',
  'ssdp',
  'icmp',
  'stun',
]);

export function isPlainByDesign(service: string | null): boolean {
  return PLAIN_BY_DESIGN.has(service ?? '');
}

const IN_CLEAR = ['cleartext', 'compressed-in-clear'] as const;
/** Rules about content that somebody else can read (analysis/inspect/FINDINGS.md). */
const READABLE_CONTENT = /^(CLR|CRED|PII)-/;

/** @param hasReadable what `isReadableContent` said of some finding of the device */
export function protectionWord(bytes: BytesByVerdict, hasReadable: boolean): ProtectionWord {
  const parts = Object.entries(bytes).filter(([, sum]) => sum > 0);
  const all = parts.reduce((sum, [, part]) => sum + part, 0);
  const [first] = parts.toSorted(([v, x], [w, y]) => y - x || (v < w ? -1 : 1));
  if (first === undefined) return { says: 'nothing' };
  const share = clearBytes(bytes) / all;
  if (share > 0) return { says: 'clear', share };
  return hasReadable
    ? { says: 'readable', verdict: first[0] }
    : { says: 'most', verdict: first[0], only: parts.length === 1 };
}

export function clearBytes(bytes: BytesByVerdict): number {
  return IN_CLEAR.reduce((sum, verdict) => sum + (bytes[verdict] ?? 0), 0);
}

export function isReadableContent({ rule, severity }: Pick<DocumentFinding, 'rule' | 'severity'>): boolean {
  return severity === 'high' && READABLE_CONTENT.test(rule);
}
