// The part of a host name that somebody registered: `a.b.example.co.uk` → `example.co.uk`. Private suffixes count
// (Public Suffix List, both divisions), so that a bucket on s3.amazonaws.com is its own owner.

import { getDomain } from 'tldts';

/** Null for addresses, single labels and names that are a public suffix themselves. */
export function registrableDomain(hostName: string): string | null {
  if (hostName.length > 253) return null;
  return getDomain(hostName.toLowerCase().replace(/\.$/, ''), { allowPrivateDomains: true });
}
