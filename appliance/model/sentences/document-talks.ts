// Talks of the devices of an analysis document, from its conversations as they pass by one by one: as many are kept as there are
// places and forms, not conversations. Pure.

import type {
  AnalysisDocument,
  ConversationShare,
  DocumentConversation,
  DocumentDevice,
} from '../analysis-document.ts';
import { ANYCAST_WORD } from '../place-word.ts';
import { type DeviceFacts, deviceSentences } from './device-sentences.ts';
import type { Sentence } from './sentence.ts';
import { contentsOf, formOf, type Talk } from './talk.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class DocumentTalks {
  /** By device and what parts one talk from another. */
  readonly #talks = new Map<string, Map<string, Mutable<Talk>>>();
  readonly #homeIps: ReadonlySet<string>;
  readonly #forwarders = new Set<string>();

  constructor(devices: readonly DocumentDevice[]) {
    this.#homeIps = new Set(devices.flatMap(({ ips }) => ips));
    for (const { mac } of devices) this.#talks.set(mac, new Map());
  }

  add(conversation: DocumentConversation): void {
    const shares: readonly ConversationShare[] = conversation.by_mac ?? [conversation];
    const forwarder = this.#forwarder(conversation);
    for (const share of shares) {
      this.#addEnd(share.a_mac, forwarder === 'a', conversation, share.bytes_ab, share.bytes_ba);
      this.#addEnd(share.b_mac, forwarder === 'b', conversation, share.bytes_ba, share.bytes_ab);
    }
  }

  /**
   * The end whose MAC only passes on what the other end, which is at home, says abroad. Where a second router brings the answers, it has
   * the addresses of the far ends: then who opened the conversation is at home.
   */
  #forwarder({ country, client, a_ip, b_ip }: DocumentConversation): 'a' | 'b' | undefined {
    if (country === 'local') return undefined;
    const [a, b] = [this.#homeIps.has(a_ip), this.#homeIps.has(b_ip)];
    if (a && b) return client === 'b' ? 'a' : 'b';
    return a ? 'b' : b ? 'a' : undefined;
  }

  /** Empty for an address that is none of the document's devices. */
  of(mac: string): Talk[] {
    return [...(this.#talks.get(mac)?.values() ?? [])];
  }

  passesOn(mac: string): boolean {
    return this.#forwarders.has(mac);
  }

  /** What a device passes on for another one it does not say itself. */
  #addEnd(mac: string | null, passesOn: boolean, conversation: DocumentConversation, up: number, down: number): void {
    const talks = mac === null ? undefined : this.#talks.get(mac);
    if (mac === null || talks === undefined) return;
    if (passesOn) {
      this.#forwarders.add(mac);
      return;
    }
    const { country, service, verdict, verdict_reason, readable, provider, org } = conversation;
    const isAbroad = country !== 'local';
    const talk: Mutable<Talk> = {
      scope: isAbroad ? 'internet' : 'home',
      form: formOf(verdict, service, readable),
      contents: contentsOf(verdict, verdict_reason),
      country: country ?? ANYCAST_WORD,
      organisation: isAbroad ? (provider ?? org ?? '') : '',
      up,
      down,
    };
    const key = [talk.form, talk.country, talk.organisation, talk.contents.join()].join('\t');
    const known = talks.get(key);
    if (known === undefined) talks.set(key, talk);
    else {
      known.up += up;
      known.down += down;
    }
  }
}

/** By MAC, of every device that sent something; each has one sentence or more, the gravest first. */
export function documentSentences(document: AnalysisDocument, period: string): Map<string, Sentence[]> {
  const talks = new DocumentTalks(document.devices);
  for (const conversation of document.conversations) talks.add(conversation);
  return sentencesOf(document, talks, period);
}

export function sentencesOf(
  { devices, findings }: Pick<AnalysisDocument, 'devices' | 'findings'>,
  talks: DocumentTalks,
  period: string,
): Map<string, Sentence[]> {
  const said = devices.filter(({ packets_sent: packets }) => packets > 0);
  return new Map(said.map((device) => [device.mac, deviceSentences(documentFacts(device, findings, talks), period)]));
}

function documentFacts(
  device: DocumentDevice,
  findings: AnalysisDocument['findings'],
  talks: DocumentTalks,
): DeviceFacts {
  const { mac, names, maker, vendor, category } = device;
  return {
    id: mac,
    address: mac,
    name: (names.find(({ source }) => source === 'user') ?? names[0])?.name ?? '',
    maker: maker ?? vendor,
    category,
    talks: talks.of(mac),
    passesOn: talks.passesOn(mac),
    graveFindings: findings.filter((finding) => finding.device === mac && finding.severity === 'high').length,
  };
}
