// What devices do over time, from a summary: periods of their traffic, names that they ask for but never talk to (Amar et
// al.: 787,552 questions for one dead name), whom they met first, what changed. Pure; called when a document is
// rendered.

import type {
  DocumentBehaviour,
  DocumentDestination,
  DocumentPeriod,
  DocumentUnreached,
} from '../../model/analysis-document.ts';
import type { OutlinedConversation } from '../document/conversations.ts';
import type { DocumentTables } from '../document/tables.ts';
import { periodOf } from '../packet/rhythm.ts';
import type { Part } from '../summary/summary.ts';
import { findAnomalies, LastContacts } from './anomalies.ts';
import { DeviceHistory, renderHistory, renderHours } from './device-history.ts';
import { firstDestinations } from './first-seen.ts';
import { ServiceSums } from './service-use.ts';

/** Of each list, the most frequent first. */
const MAX_ROWS = 200;

/** Hours of a month of a device. */
const MAX_HOURS = 744;

export type Behaviour = Required<DocumentBehaviour>;

/** Fed with the conversations of `part` in any order, each with the time of its last packet. */
export class BehaviourSums {
  readonly #part: Part;
  readonly #tables: DocumentTables;
  readonly #history: DeviceHistory;
  readonly #services: ServiceSums;
  readonly #last: LastContacts;
  readonly #reached: ReachedAddresses;

  constructor(part: Part, tables: DocumentTables) {
    this.#part = part;
    this.#tables = tables;
    this.#history = new DeviceHistory(part);
    this.#services = new ServiceSums(tables, this.#history.heard);
    this.#last = new LastContacts(part, tables);
    this.#reached = new ReachedAddresses(part);
  }

  add(c: OutlinedConversation, lastTs: string): void {
    this.#services.add(c);
    this.#last.add(c, lastTs);
    this.#reached.add(c);
  }

  render(destinations: readonly DocumentDestination[]): Behaviour {
    const part = this.#part;
    const history = this.#history;
    const periods = allPeriods(part);
    const firstSeen = firstDestinations(part, destinations, history, this.#tables);
    const lists = {
      periods,
      unreached: unreachedNames(part, this.#reached),
      first_seen: firstSeen.toReversed(),
      anomalies: findAnomalies(part, firstSeen, periods, history, this.#last, this.#tables),
      history: renderHistory(history),
      services: this.#services.render(),
    };
    const hours = renderHours(history);
    const rows = Object.values(lists).reduce((sum, list) => sum + Math.max(0, list.length - MAX_ROWS), 0);
    return {
      periods: periods.slice(0, MAX_ROWS),
      unreached: lists.unreached.slice(0, MAX_ROWS),
      first_seen: lists.first_seen.slice(0, MAX_ROWS),
      anomalies: lists.anomalies.slice(0, MAX_ROWS),
      history: lists.history.slice(0, MAX_ROWS),
      services: lists.services.slice(0, MAX_ROWS),
      hours: hours.slice(-MAX_HOURS),
      left_out: rows + Math.max(0, hours.length - MAX_HOURS),
    };
  }
}

/** Key of a rhythm: `mac proto address port`. */
function allPeriods(part: Part): DocumentPeriod[] {
  const periods = Object.keys(part.rhythms).flatMap((key) => {
    const period = periodOf(part.rhythms[key]!);
    const [device = '', proto = '', ip = '', port = ''] = key.split(' ');
    return period === undefined ? [] : [{ device, proto, ip, peer: peerName(part, ip), port: Number(port), ...period }];
  });
  return periods.sort(
    (a, b) => b.intervals - a.intervals || compareTexts(`${a.device} ${a.peer}`, `${b.device} ${b.peer}`),
  );
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
function unreachedNames(part: Part, reached: ReachedAddresses): DocumentUnreached[] {
  const addresses = addressesByName(part);
  const answered = answeredNames(part);
  const rows: DocumentUnreached[] = [];
  for (const [device, names] of Object.entries(part.counts['dns.queries'] ?? {})) {
    for (const [name, queries] of Object.entries(names)) {
      if (name.endsWith('.arpa') || name.endsWith('.local')) continue;
      const known = addresses.get(name.toLowerCase());
      const resolved = known !== undefined || answered.has(name.toLowerCase());
      if (known?.some((ip) => reached.has(device, ip)) !== true) rows.push({ device, name, queries, resolved });
    }
  }
  return rows.sort((a, b) => b.queries - a.queries || compareTexts(`${a.device} ${a.name}`, `${b.device} ${b.name}`));
}

/** Names with an answer, be it one without addresses, such as HTTPS records (RFC 9460) may be. */
function answeredNames(part: Part): Set<string> {
  const tables = Object.values(part.counts['dns.resolved'] ?? {});
  return new Set(tables.flatMap((names) => Object.keys(names)).map((name) => name.toLowerCase()));
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
  addAliases(part, byName);
  return byName;
}

/** Addresses of a service's target, asked for by itself, are those of the name that has the service (RFC 9460 §2.4.2). */
function addAliases(part: Part, byName: Map<string, string[]>): void {
  for (const pair of Object.values(part.counts['dns.aliases'] ?? {}).flatMap(Object.keys)) {
    const [name = '', target = ''] = pair.toLowerCase().split(' ');
    byName.set(name, [...(byName.get(name) ?? []), ...(byName.get(target) ?? [])]);
  }
}

/** Which addresses that have a name each MAC that asks for names exchanged packets with. */
class ReachedAddresses {
  readonly #part: Part;
  readonly #byMac = new Map<string, Set<string>>();

  constructor(part: Part) {
    this.#part = part;
    for (const mac of Object.keys(part.counts['dns.queries'] ?? {})) this.#byMac.set(mac, new Set());
  }

  add({ shares, a_ip, b_ip }: OutlinedConversation): void {
    for (const ip of [a_ip, b_ip]) {
      if (this.#part.addresses[ip] === undefined) continue;
      for (const { a_mac, b_mac } of shares) {
        this.#byMac.get(a_mac ?? '')?.add(ip);
        this.#byMac.get(b_mac ?? '')?.add(ip);
      }
    }
  }

  has(mac: string, ip: string): boolean {
    return this.#byMac.get(mac)?.has(ip) === true;
  }
}
