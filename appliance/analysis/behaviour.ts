// What devices do over time, from a summary: periods of their traffic, and names that they ask for but never talk to
// (Amar et al.: 787,552 questions for one dead name). Pure; called when a document is rendered.

import type { DocumentBehaviour, DocumentPeriod, DocumentUnreached } from '../model/analysis-document.ts';
import { periodOf } from './rhythm.ts';
import type { Part } from './summary.ts';

/** Of each list, the most frequent first. */
const MAX_ROWS = 200;

export function renderBehaviour(part: Part): DocumentBehaviour {
  return { periods: periodsOf(part), unreached: unreachedNames(part) };
}

/** Key of a rhythm: `mac proto address port`. */
function periodsOf(part: Part): DocumentPeriod[] {
  const periods = Object.keys(part.rhythms).flatMap((key) => {
    const period = periodOf(part.rhythms[key]!);
    const [device = '', proto = '', ip = '', port = ''] = key.split(' ');
    return period === undefined ? [] : [{ device, proto, peer: peerName(part, ip), port: Number(port), ...period }];
  });
  return periods
    .sort((a, b) => b.intervals - a.intervals || compareTexts(`${a.device} ${a.peer}`, `${b.device} ${b.peer}`))
    .slice(0, MAX_ROWS);
}

/** The name under which an address was resolved, the first in order where there are several; else the address. */
function peerName(part: Part, ip: string): string {
  const names = Object.keys(part.addresses[ip] ?? {}).filter((key) => key.startsWith('dns '));
  return names.toSorted()[0]?.slice(4) ?? ip;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names asked for of which no address was talked to by the device that asked, or which have no address at all. */
export function unreachedNames(part: Part): DocumentUnreached[] {
  const addresses = addressesByName(part);
  const contacts = contactsByMac(part);
  const rows: DocumentUnreached[] = [];
  for (const [device, names] of Object.entries(part.counts['dns.queries'] ?? {})) {
    for (const [name, queries] of Object.entries(names)) {
      if (name.endsWith('.arpa') || name.endsWith('.local')) continue;
      const known = addresses.get(name.toLowerCase());
      const reached = known?.some((ip) => contacts.get(device)?.has(ip) === true) === true;
      if (!reached) rows.push({ device, name, queries, resolved: known !== undefined });
    }
  }
  return rows
    .sort((a, b) => b.queries - a.queries || compareTexts(`${a.device} ${a.name}`, `${b.device} ${b.name}`))
    .slice(0, MAX_ROWS);
}

function addressesByName(part: Part): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const [ip, names] of Object.entries(part.addresses)) {
    for (const key of Object.keys(names)) {
      const space = key.indexOf(' ');
      const source = key.slice(0, space);
      const name = key.slice(space + 1).toLowerCase();
      if (source !== 'dns' && source !== 'cname') continue;
      const list = byName.get(name);
      if (list === undefined) byName.set(name, [ip]);
      else list.push(ip);
    }
  }
  return byName;
}

/** Addresses that each MAC exchanged packets with, by the conversations' keys. */
function contactsByMac(part: Part): Map<string, Set<string>> {
  const contacts = new Map<string, Set<string>>();
  const note = (mac: string, ip: string): void => {
    const set = contacts.get(mac) ?? new Set<string>();
    contacts.set(mac, set.add(ip));
  };
  for (const [key, { a_mac: aMac, b_mac: bMac }] of Object.entries(part.conversations)) {
    const [, first = '', , second = ''] = key.split(' ');
    for (const mac of [aMac, bMac]) {
      note(mac, first);
      note(mac, second);
    }
  }
  return contacts;
}
