// Whom and what devices met first, in the order in which they did: destinations on the Internet and services. What comes
// after enough history is new; before that it is only first. From a summary, when a document is rendered.

import type { DocumentDestination, DocumentFirstSeen } from '../../model/analysis-document.ts';
import type { DocumentTables } from '../document/tables.ts';
import { type Contact, readContacts } from '../packet/contacts.ts';
import { FIRST_CHANCE_PORT } from '../ports/server-end.ts';
import { FIRST_USER_PORT, serviceName } from '../ports/services.ts';
import type { Part } from '../summary/summary.ts';
import type { DeviceHistory } from './device-history.ts';

/** Of every device and destination the first contact, oldest first. */
export function firstDestinations(
  part: Part,
  destinations: readonly DocumentDestination[],
  history: DeviceHistory,
  tables: DocumentTables,
): DocumentFirstSeen[] {
  const names = new Map(destinations.map(({ ip, domain }) => [ip, domain]));
  const known = new Map<string, Set<string>>();
  // Another service of an address that was met is no new destination.
  const peers = new Set<string>();
  return readContacts(part.contacts).flatMap((contact) => {
    if (tables.describeAddress(contact.peer).internal) return [];
    const destination = names.get(contact.peer) ?? serviceOfOwner(contact, tables);
    const before = known.get(contact.mac) ?? new Set<string>();
    known.set(contact.mac, before);
    const isKnownPeer = peers.has(`${contact.mac} ${contact.peer}`);
    peers.add(`${contact.mac} ${contact.peer}`);
    if (isKnownPeer || before.has(destination)) return [];
    before.add(destination);
    return [toRow(contact, destination, before.size - 1, history)];
  });
}

/** Clouds change their addresses all the time: without a name the owner's service is who was met, else the address. */
function serviceOfOwner({ peer, proto, port }: Contact, tables: DocumentTables): string {
  const { provider, org } = tables.describeAddress(peer);
  const owner = provider ?? org;
  return owner === null ? peer : `${owner}, ${proto} ${port}`;
}

function toRow(contact: Contact, destination: string, before: number, history: DeviceHistory): DocumentFirstSeen {
  const { mac, peer, proto, port, evidence } = contact;
  return {
    device: mac,
    destination,
    ip: peer,
    proto,
    port,
    first_ts: evidence.ts,
    known_before: before,
    is_new: history.isEnough(mac, Number.parseInt(evidence.ts, 10)),
    evidence: [evidence],
  };
}

export interface FirstService {
  /** `tcp 8883 (secure-mqtt) to` or `… from`. */
  readonly subject: string;
  readonly contact: Contact;
  readonly knownBefore: number;
}

/** A datagram to a port that nobody knows may be an answer to a client: no SYN says which, only a port below 1024. */
function isUnproven({ way, proto, port }: Contact): boolean {
  return way === 'from' && proto === 'udp' && port >= FIRST_USER_PORT;
}

/** Of every device and service the first use, oldest first. */
export function firstServices(part: Part): FirstService[] {
  const known = new Map<string, Set<string>>();
  return readContacts(part.contacts).flatMap((contact) => {
    const { mac, way, proto, port } = contact;
    const name = serviceName(proto === 'tcp' ? 'tcp' : 'udp', port);
    if (name === null && (port >= FIRST_CHANCE_PORT || isUnproven(contact))) return [];
    const subject = `${proto} ${port}${name === null ? '' : ` (${name})`} ${way === 'from' ? 'from' : 'to'}`;
    const before = known.get(mac) ?? new Set<string>();
    known.set(mac, before);
    if (before.has(subject)) return [];
    before.add(subject);
    // An answer alone is nothing that the device did; that it did so before is known from then on.
    if (way === 'heard') return [];
    return [{ subject, contact, knownBefore: before.size - 1 }];
  });
}
