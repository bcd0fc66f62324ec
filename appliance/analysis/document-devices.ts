// The devices of a document: every layer-2 address that is no group, with what it says about itself. Called by document.ts.

import type { DocumentDevice, SourcedName } from '../model/analysis-document.ts';
import { isGroupMac, isRandomisedMac, parseMac } from '../model/mac.ts';
import { readName } from './document-conversations.ts';
import type { DocumentTables } from './document-tables.ts';
import type { Part, Table } from './summary.ts';

/** Traits that are names. */
const NAME_TRAITS = ['hostname', 'fqdn', 'mdns_name', 'friendly_name', 'ssdp_name', 'netbios_name', 'model'];

export function renderDevices(part: Part, tables: DocumentTables): DocumentDevice[] {
  return Object.keys(part.macs)
    .sort()
    .flatMap((text) => {
      const mac = parseMac(text);
      return mac === undefined || isGroupMac(mac) ? [] : [renderDevice(text, isRandomisedMac(mac), part, tables)];
    });
}

function renderDevice(mac: string, randomised: boolean, part: Part, tables: DocumentTables): DocumentDevice {
  const record = part.macs[mac]!;
  const vendor = randomised ? null : tables.vendor(mac);
  const traits = part.traits[mac] ?? {};
  const identity = tables.identify?.({ mac, vendor, traits, counts: countsOf(part, mac) });
  return {
    mac,
    vendor,
    randomised,
    names: namesOf(traits, Object.keys(record.ips), part),
    ips: Object.keys(record.ips).sort(),
    packets_sent: record.packets_sent,
    bytes_sent: record.bytes_sent,
    packets_received: record.packets_received,
    bytes_received: record.bytes_received,
    category: identity?.category ?? null,
    platforms: identity?.platforms ?? [],
  };
}

function countsOf(part: Part, mac: string): Table<Table<number>> {
  const counts: Table<Table<number>> = Object.create(null);
  for (const [name, byMac] of Object.entries(part.counts)) {
    const own = byMac[mac];
    if (own !== undefined) counts[name] = own;
  }
  return counts;
}

/** What the device calls itself, then what its local addresses are called. */
function namesOf(traits: Table<Table<number>>, ips: readonly string[], part: Part): SourcedName[] {
  const names = new Map<string, SourcedName>();
  for (const kind of NAME_TRAITS) {
    for (const name of Object.keys(traits[kind] ?? {}).sort()) names.set(`${kind} ${name}`, { name, source: kind });
  }
  for (const ip of ips) {
    for (const key of Object.keys(part.addresses[ip] ?? {}).sort()) {
      const name = readName(key);
      if (name.source === 'mdns' || name.source === 'dhcp' || name.source === 'nbns') names.set(key, name);
    }
  }
  return [...names.values()];
}
