// DNS over UDP and TCP, mDNS, LLMNR and NetBIOS names: what is asked, what it resolves to, how devices call themselves.

import { startsWith, u16 } from '../../../decode/octets.ts';
import { DNS_TYPES, type DnsFacts, decodeDns, isCertainlyDns, netbiosName } from '../../../decode/protocols/dns.ts';
import { foldHostName } from '../../../model/host-name.ts';
import { printable } from '../../../model/text.ts';
import { ENCRYPTED_DNS, tellDnscryptQuestion } from '../encrypted-dns.ts';
import type { DatagramListener, DatagramView, Facts, PayloadView, StreamListener } from '../facts.ts';
import { report } from '../report.ts';

/** How tshark writes the empty name. */
const ROOT = '<Root>';
const NAME_ERROR = 3;

function tellQueries(message: DnsFacts, table: 'dns.queries' | 'mdns.queries' | 'llmnr.queries', facts: Facts): void {
  for (const { name } of message.questions) facts.count(table, name === '' ? ROOT : name);
}

/** An address belongs to the name that was asked for and to each name on the way to it. */
function tellAnswers(message: DnsFacts, view: PayloadView, facts: Facts): void {
  const asked = message.questions[0]?.name ?? '';
  const targets = new Set(message.records.map(({ binding }) => binding?.target.toLowerCase() ?? ''));
  let resolved = false;
  for (const record of message.records) {
    const { name } = record;
    // In addition to the answer only addresses of a service's target belong to the question (RFC 9460 §4.1).
    if (record.section !== 'answer' && (name === '' || !targets.has(name.toLowerCase()))) continue;
    if (record.binding !== undefined) tellBinding(record, asked, facts);
    if (record.type === DNS_TYPES.a || record.type === DNS_TYPES.aaaa) tellAddress(record.value, name, asked, facts);
    resolved ||= record.value !== '' && ADDRESSING.has(record.type);
    resolved ||= record.binding !== undefined;
  }
  if (resolved && asked !== '') facts.count('dns.resolved', asked);
  if (message.rcode === NAME_ERROR && asked !== '' && !asked.endsWith('.arpa')) tellMissing(asked, view, facts);
}

const ADDRESSING: ReadonlySet<number> = new Set([DNS_TYPES.a, DNS_TYPES.aaaa]);

function tellAddress(ip: string, owner: string, asked: string, facts: Facts): void {
  if (ip === '') return;
  facts.address(ip, asked === '' ? owner : asked, 'dns');
  if (owner.toLowerCase() !== asked.toLowerCase()) facts.address(ip, owner, 'cname');
}

/** RFC 9460 §7.3: hints are addresses of the target that replace its own records. */
function tellBinding({ name, binding }: DnsFacts['records'][number], asked: string, facts: Facts): void {
  if (binding === undefined) return;
  const target = binding.target === '' ? name : binding.target;
  for (const ip of binding.hints) tellAddress(ip, target, asked, facts);
  if (asked !== '' && target.toLowerCase() !== asked.toLowerCase()) facts.count('dns.aliases', `${asked} ${target}`);
  if (binding.echName !== undefined && binding.echName !== '') facts.count('dns.ech', binding.echName);
}

function tellMissing(name: string, view: PayloadView, facts: Facts): void {
  const shown = printable(foldHostName(name), 80);
  report(facts, 'DNS-01', { device: view.destinationMac(), subject: shown, excerpt: `${shown} does not exist` });
}

function readDnsMessage(view: PayloadView, start: number, end: number, facts: Facts): boolean {
  const message = decodeDns(view.bytes, start, end);
  if (message === undefined) return false;
  facts.service('dns', 'grammar');
  facts.mark('clear:dns');
  if (message.response) tellAnswers(message, view, facts);
  else tellQueries(message, 'dns.queries', facts);
  if (!message.response) for (const { name } of message.questions) tellDnscryptQuestion(name, view, facts);
  return true;
}

/** On its own port whatever can be read is believed, elsewhere only what can be nothing else. */
function isBelieved(view: PayloadView, start: number, end: number): boolean {
  return view.sourcePort === DNS_PORT || view.destinationPort === DNS_PORT || isCertainlyDns(view.bytes, start, end);
}

const DNS_PORT = 53;

export const dns: DatagramListener = {
  service: 'dns',
  ports: [DNS_PORT],
  anyPort: true,
  read: (view, facts) => isBelieved(view, view.start, view.end) && readDnsMessage(view, view.start, view.end, facts),
};

const RESOLVER_MAGIC = 'r6fnvWj8';

/** DNSCrypt: every answer begins with the same eight bytes (DNSCrypt 2, §9); questions look like noise. */
export const dnscrypt: DatagramListener = {
  service: 'dnscrypt',
  ports: [],
  anyPort: true,
  read(view, facts) {
    const size = view.end - view.start;
    if (size < 48 || !startsWith(view.bytes, view.start, view.end, RESOLVER_MAGIC)) return false;
    facts.service('dnscrypt', 'grammar');
    facts.mark('encrypted:dnscrypt');
    facts.trait(view.destinationMac(), ENCRYPTED_DNS, `DNSCrypt ${view.sourceIp()}`);
    return true;
  },
};

/** RFC 1035 §4.2.2: two bytes of length before each message. */
export const dnsOverTcp: StreamListener = {
  service: 'dns',
  ports: [DNS_PORT],
  anyPort: true,
  recognise(view) {
    const onPort = view.sourcePort === DNS_PORT || view.destinationPort === DNS_PORT;
    const end = view.start + 2 + u16(view.bytes, view.start);
    if (!onPort) return end <= view.end && isCertainlyDns(view.bytes, view.start + 2, end) ? 'yes' : 'no';
    if (view.end - view.start < 14) return view.full ? 'no' : 'more';
    return decodeDns(view.bytes, view.start + 2, view.end) === undefined ? 'no' : 'yes';
  },
  read(view, facts) {
    let at = view.start;
    while (at + 2 < view.end) {
      const end = at + 2 + u16(view.bytes, at);
      if (end > view.end && !view.full) break;
      if (!readDnsMessage(view, at + 2, Math.min(end, view.end), facts)) break;
      at = end;
    }
    view.used = at === view.start && view.full ? view.end - view.start : at - view.start;
  },
};

/** RFC 6763 §4.1: `Instance._service._tcp.local`; the service part, else the whole name. */
function serviceOf(name: string): string {
  const at = name.indexOf('_');
  return at < 0 ? name : name.slice(at);
}

const INSTANCE_TRAITS = new Set([
  '_hap._tcp',
  '_hue._tcp',
  '_googlecast._tcp',
  '_airplay._tcp',
  '_raop._tcp',
  '_ipp._tcp',
  '_http._tcp',
  '_matter._tcp',
  '_miio._udp',
  '_spotify-connect._tcp',
  '_sonos._tcp',
]);

/** TXT keys that name a model: HomeKit `md`, Cast `md`/`fn`, AirPlay `model`, printers `ty`, Hue `modelid`. */
const MODEL_KEYS = new Set(['md', 'fn', 'model', 'am', 'ty', 'modelid', 'usb_mdl', 'product']);

function tellMdnsRecord(record: DnsFacts['records'][number], mac: string, facts: Facts): void {
  const { type, name, value } = record;
  if (value === '') return;
  if (type === DNS_TYPES.a || type === DNS_TYPES.aaaa) {
    facts.address(value, name, 'mdns');
    facts.trait(mac, 'mdns_name', name);
  } else if (type === DNS_TYPES.ptr && !name.endsWith('.arpa')) {
    facts.count('mdns.services', name);
    const instance = value.slice(0, Math.max(0, value.length - name.length - 1));
    if (instance !== '' && INSTANCE_TRAITS.has(name.replace('.local', ''))) facts.trait(mac, 'mdns_instance', instance);
  } else if (type === DNS_TYPES.txt) {
    for (const text of value.split('\n')) tellTxt(text, serviceOf(name).replace('.local', ''), mac, facts);
  } else if (type === DNS_TYPES.srv) {
    facts.count('mdns.services', serviceOf(name));
  }
}

/** TXT keys by which a standard says the kind of a device, in the records of one service. */
const KIND_KEYS: Readonly<Record<string, readonly [key: string, trait: string]>> = {
  '_hap._tcp': ['ci', 'homekit_category'],
  '_hap._udp': ['ci', 'homekit_category'],
  '_matterc._udp': ['dt', 'matter_type'],
};

function tellTxt(text: string, service: string, mac: string, facts: Facts): void {
  const equals = text.indexOf('=');
  if (equals <= 0) return;
  const key = text.slice(0, equals).toLowerCase();
  const [kindKey, trait] = KIND_KEYS[service] ?? [];
  if (trait !== undefined && key === kindKey) facts.trait(mac, trait, text.slice(equals + 1));
  if (!MODEL_KEYS.has(key)) return;
  facts.trait(mac, text.startsWith('fn=') ? 'mdns_friendly_name' : 'mdns_model', text.slice(equals + 1));
}

export const mdns: DatagramListener = {
  service: 'mdns',
  ports: [5353],
  anyPort: false,
  read(view, facts) {
    const message = decodeDns(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('mdns', 'grammar');
    facts.mark('clear:mdns');
    if (!message.response) tellQueries(message, 'mdns.queries', facts);
    else for (const record of message.records) tellMdnsRecord(record, view.sourceMac(), facts);
    return true;
  },
};

export const llmnr: DatagramListener = {
  service: 'llmnr',
  ports: [5355],
  anyPort: false,
  read(view, facts) {
    const message = decodeDns(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('llmnr', 'grammar');
    facts.mark('clear:llmnr');
    if (!message.response) tellQueries(message, 'llmnr.queries', facts);
    return true;
  },
};

/** RFC 1002 §4.2: opcode 5 is a registration, in which a station names itself. */
const REGISTRATION = 5;

export const netbiosNames: DatagramListener = {
  service: 'nbns',
  ports: [137],
  anyPort: false,
  read(view, facts) {
    const message = decodeDns(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('nbns', 'grammar');
    facts.mark('clear:nbns');
    if (!message.response) tellNetbios(message, view, facts);
    return true;
  },
};

function tellNetbios(message: DnsFacts, view: DatagramView, facts: Facts): void {
  for (const question of message.questions) {
    const decoded = netbiosName(question.name);
    if (decoded === undefined) continue;
    facts.count('nbns.names', decoded.name);
    if ((message.opcode & 15) === REGISTRATION && decoded.suffix === 0)
      facts.trait(view.sourceMac(), 'netbios_name', decoded.name);
  }
}
