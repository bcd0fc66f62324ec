// SNMP: the community of versions 1 and 2c is a password that every message carries (RFC 3584 §5.2); version 3 may encrypt.

import { elementAt, INTEGER, OCTETS, SEQUENCE } from '../../../decode/ber.ts';
import { textAt } from '../../../decode/octets.ts';
import { inspectCommunity } from '../cleartext.ts';
import type { DatagramListener, DatagramView, Facts } from '../facts.ts';
import { deviceOf } from '../local-address.ts';

const VERSION_2C = 1;
const VERSION_3 = 3;
/** GetRequest-PDU to Report-PDU (RFC 3416 §3), Trap-PDU of version 1 among them. */
const FIRST_PDU = 0xa0;
const LAST_PDU = 0xa8;
/** privFlag of msgFlags (RFC 3412 §6.4). */
const ENCRYPTED = 2;

function communityOf({ bytes }: DatagramView, at: number, end: number): string | undefined {
  const community = elementAt(bytes, at, end);
  if (community?.tag !== OCTETS || community.end >= end) return undefined;
  const pdu = elementAt(bytes, community.end, end);
  const isPdu = pdu !== undefined && pdu.tag >= FIRST_PDU && pdu.tag <= LAST_PDU && pdu.end === end;
  return isPdu ? textAt(bytes, community.start, community.end) : undefined;
}

/** msgID, msgMaxSize, msgFlags, msgSecurityModel (RFC 3412 §6); undefined where it is none. */
function flagsOf({ bytes }: DatagramView, at: number, end: number): number | undefined {
  const header = elementAt(bytes, at, end);
  if (header?.tag !== SEQUENCE || header.end > end) return undefined;
  const id = elementAt(bytes, header.start, header.end);
  const size = id?.tag === INTEGER ? elementAt(bytes, id.end, header.end) : undefined;
  const flags = size?.tag === INTEGER ? elementAt(bytes, size.end, header.end) : undefined;
  return flags?.tag === OCTETS && flags.end === flags.start + 1 ? bytes[flags.start] : undefined;
}

function readSnmp(view: DatagramView, facts: Facts): boolean {
  const { bytes, start, end } = view;
  const message = elementAt(bytes, start, end);
  const version = message?.tag === SEQUENCE ? elementAt(bytes, message.start, end) : undefined;
  if (version?.tag !== INTEGER || version.end !== version.start + 1 || message?.end !== end) return false;
  const number = bytes[version.start] ?? 0;
  if (number === VERSION_3) {
    const flags = flagsOf(view, version.end, end);
    if (flags !== undefined) facts.mark((flags & ENCRYPTED) === 0 ? 'clear:snmp' : 'encrypted:snmp');
    return flags !== undefined;
  }
  const community = number <= VERSION_2C ? communityOf(view, version.end, end) : undefined;
  if (community === undefined) return false;
  facts.mark('clear:snmp');
  const agent = view.fromInitiator ? view.destinationIp() : view.sourceIp();
  inspectCommunity(facts, { device: deviceOf(view), channel: `SNMP ${agent}` }, community);
  return true;
}

export const snmp: DatagramListener = {
  service: 'snmp',
  ports: [161, 162],
  anyPort: true,
  read(view, facts) {
    if (!readSnmp(view, facts)) return false;
    facts.service('snmp', 'grammar');
    return true;
  },
};
