// One search over everything that has a name: devices, countries, owners, names, addresses, rules, tags, views. What is known is
// made a list of entries, and what is typed picks from it. Pure.

import type { DeviceRow, FlowGroup, RecordingResponse } from './api/types.ts';
import { countryName } from './format/words.ts';
import { href, VIEW_TITLES, VIEWS } from './route.ts';

/** In the order in which equally good ones are shown. */
const KINDS = ['device', 'country', 'owner', 'name', 'address', 'rule', 'tag', 'view'] as const;
type Kind = (typeof KINDS)[number];

export interface Entry {
  readonly kind: Kind;
  /** May be text that a device or a stranger chose. */
  readonly label: string;
  readonly detail: string;
  readonly href: string;
  /** Folded (`fold`): what typed words are compared with. */
  readonly words: string;
}

export interface Known {
  readonly devices: readonly DeviceRow[];
  /** By address, name, organisation and country. */
  readonly peers: readonly FlowGroup[];
  readonly rules: readonly { readonly rule: string; readonly explanation: string }[];
  readonly tags: RecordingResponse['tags'];
}

/** Lower case, without accents: `Küche` is found by `kuche`. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

function entry(kind: Kind, label: string, detail: string, to: string, more: readonly (string | null)[] = []): Entry {
  return { kind, label, detail, href: to, words: fold([label, detail, ...more].join(' ')) };
}

export function searchEntries({ devices, peers, rules, tags }: Known): Entry[] {
  return [
    ...devices.map(deviceEntry),
    ...unique(
      [...devices.flatMap(({ countries }) => countries), ...peers.map(({ country = '' }) => country)],
      countryEntry,
    ),
    ...unique(
      peers.map(({ organisation = '' }) => organisation),
      ownerEntry,
    ),
    ...unique(
      peers.map(({ name = '' }) => name),
      (name) => entry('name', name, '', href('destinations', undefined, { name })),
    ),
    ...unique(
      peers.map(({ address = '' }) => address),
      (address) => addressEntry(address, peers),
    ),
    ...unique(
      rules.map(({ rule }) => rule),
      (rule) => ruleEntry(rule, rules),
    ),
    ...unique(
      tags.map(({ tag }) => tag),
      (tag) => entry('tag', tag, '', href('live')),
    ),
    ...VIEWS.map((view) => entry('view', VIEW_TITLES[view], '', href(view))),
  ];
}

function unique(texts: readonly string[], make: (text: string) => Entry): Entry[] {
  return [...new Set(texts)].filter((text) => text !== '' && text !== 'local').map(make);
}

function deviceEntry(device: DeviceRow): Entry {
  const { id, mac, name, vendor, maker, model, category, ips } = device;
  const label = name || model || maker || vendor || mac || id;
  const detail = [maker ?? vendor, category, mac].filter((text) => text !== null && text !== label).join(' · ');
  return entry('device', label, detail, href('devices', id), [id, vendor, model, ...ips]);
}

function countryEntry(code: string): Entry {
  return entry('country', countryName(code), code, href('destinations', undefined, { country: code }));
}

function ownerEntry(organisation: string): Entry {
  return entry('owner', organisation, '', href('destinations', undefined, { organisation }));
}

function addressEntry(address: string, peers: readonly FlowGroup[]): Entry {
  const known = peers.find((peer) => peer.address === address);
  const detail = [known?.name, known?.organisation].filter((text) => text).join(' · ');
  return entry('address', address, detail, href('destinations', undefined, { address }));
}

function ruleEntry(rule: string, rules: Known['rules']): Entry {
  const explanation = rules.find((one) => one.rule === rule)?.explanation ?? '';
  return entry('rule', rule, explanation, href('findings', undefined, { rule }));
}

/** The best `most` of the entries that hold every typed word; nothing for nothing typed. */
export function find(entries: readonly Entry[], typed: string, most: number): Entry[] {
  const wanted = fold(typed)
    .split(/\s+/)
    .filter((word) => word !== '');
  if (wanted.length === 0) return [];
  return entries
    .filter(({ words }) => wanted.every((word) => words.includes(word)))
    .map((found, at) => ({ found, at, rank: rankOf(found, wanted.join(' ')) }))
    .sort((a, b) => a.rank - b.rank || KINDS.indexOf(a.found.kind) - KINDS.indexOf(b.found.kind) || a.at - b.at)
    .slice(0, most)
    .map(({ found }) => found);
}

/** A label that is what was typed, one that begins so, a word that begins so, anything else. */
function rankOf({ label, detail, words }: Entry, typed: string): number {
  const name = fold(label);
  if (name === typed || fold(detail) === typed) return 0;
  if (name.startsWith(typed)) return 1;
  return words.includes(` ${typed}`) || words.includes(`.${typed}`) ? 2 : 3;
}
