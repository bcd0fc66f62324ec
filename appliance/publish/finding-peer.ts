// With whom a finding is about: the first word of its subject is a host or an address, and the same document knows where that is. Pure.

import type { AnalysisDocument, DocumentFinding } from '../model/analysis-document.ts';
import type { FindingRow } from './schemas/findings.ts';

export type Peer = NonNullable<FindingRow['peer']>;

/** Of one document; ask it for many findings. */
export class FindingPeers {
  readonly #known = new Map<string, Peer & { readonly mac?: string }>();

  constructor({ destinations, devices }: Pick<AnalysisDocument, 'destinations' | 'devices'>) {
    for (const { ip, names, country, org, provider } of destinations) {
      const place = { country, organisation: provider ?? org };
      this.#add(ip, { name: names[0]?.name ?? ip, ...place });
      for (const { name } of names) this.#add(name, { name, ...place });
    }
    for (const { mac, ips, names } of devices) {
      for (const ip of ips) this.#add(ip, { name: names[0]?.name ?? mac, country: 'local', organisation: null, mac });
    }
  }

  #add(word: string, peer: Peer & { readonly mac?: string }): void {
    if (!this.#known.has(word)) this.#known.set(word, peer);
  }

  /** Undefined for what is about no other side (a device that serves names itself), or about one that the document does not name. */
  of({ id, rule, device }: Pick<DocumentFinding, 'id' | 'rule' | 'device'>): Peer | undefined {
    const head = `${rule} ${device ?? ''} `;
    if (!id.startsWith(head)) return undefined;
    const [word = ''] = id.slice(head.length).split(' ', 1);
    const known = this.#known.get(word) ?? this.#known.get(withoutPort(word));
    if (known === undefined || (known.mac !== undefined && known.mac === device)) return undefined;
    const { name, country, organisation } = known;
    return { name, country, organisation };
  }
}

/** `[2001:db8::1]:443`, `192.0.2.1:443`, `host:443`. */
function withoutPort(word: string): string {
  return word.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1');
}
