// DHCP for IPv4 and IPv6: how a device names itself and which address it gets.
import { type DhcpFacts, decodeDhcp } from '../../../decode/protocols/dhcp.ts';
import { decodeDhcp6 } from '../../../decode/protocols/dhcp6.ts';
import { parseMac } from '../../../model/mac.ts';
import type { DatagramListener, Facts, StreamMemo } from '../facts.ts';
import { report } from '../report.ts';

/** Questions without a request after them: clients ask again after 4, 8 and 16 s (RFC 2131 §4.1). */
const MANY_QUESTIONS = 4;
/** Some ask in haste: four times in a tenth of a second, and are answered then. */
const LONG_SECONDS = 10;
/** Clients of one conversation that are watched; all of a home ask from 0.0.0.0 for 255.255.255.255. */
const MAX_WATCHED = 64;

function tellTrait(facts: Facts, mac: string, kind: string, value: string | undefined): void {
  if (value !== undefined && value !== '') facts.trait(mac, kind, value);
}

/** Traits go to the client address in the message (`chaddr`): a relay or the server may be the sender of the frame. */
function tellClient(message: DhcpFacts, facts: Facts): void {
  const mac = message.clientMac;
  tellTrait(facts, mac, 'dhcp_message', message.message);
  tellTrait(facts, mac, 'hostname', message.hostname);
  tellTrait(facts, mac, 'vendor_class', message.vendorClass);
  tellTrait(facts, mac, 'param_request', message.paramRequest);
  tellTrait(facts, mac, 'client_id', message.clientId);
  tellTrait(facts, mac, 'fqdn', message.fqdn);
  tellTrait(facts, mac, 'mud_url', message.mudUrl);
}

/** The sender's frame address is checked by WPA; `chaddr` is only a claim (reliability.md T15). A relay speaks for others by duty. */
function tellForeign(message: DhcpFacts, sender: string, facts: Facts): void {
  // On a link without MACs the sender is an IP address, which says nothing of `chaddr`.
  if (parseMac(sender) === undefined || sender === message.clientMac || message.relayIp !== undefined) return;
  const excerpt = `DHCP ${message.message} for ${message.clientMac}, sent by ${sender}`;
  report(facts, 'AP-01', { device: sender, subject: 'dhcp', excerpt });
}

/** A client that is offered an address asks for it: seen from its side alone, since an answer may go to another's file. */
function tellUnanswered({ message, clientMac }: DhcpFacts, now: number, memo: StreamMemo, facts: Facts): void {
  const key = `asked ${clientMac}`;
  const before = memo[key];
  if (message !== 'discover') {
    delete memo[key];
    return;
  }
  if (before === undefined && Object.keys(memo).length >= MAX_WATCHED) return facts.leftOut();
  const [asked = 0, since = now] = typeof before === 'string' ? before.split(' ').map(Number) : [];
  memo[key] = `${asked + 1} ${since}`;
  if (asked + 1 < MANY_QUESTIONS || now - since < LONG_SECONDS) return;
  const excerpt = `DHCP discover at least ${MANY_QUESTIONS} times, no request`;
  report(facts, 'AP-02', { device: clientMac, subject: 'dhcp', excerpt });
}

export const dhcp: DatagramListener = {
  service: 'dhcp',
  ports: [67, 68],
  anyPort: false,
  read(view, facts) {
    const message = decodeDhcp(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('dhcp', 'grammar');
    facts.mark('clear:dhcp');
    facts.lease(message.clientMac, message.message);
    if (message.fromClient) {
      tellClient(message, facts);
      tellForeign(message, view.sourceMac(), facts);
      if (view.sourceMac() === message.clientMac) tellUnanswered(message, Number(view.ts()), view.memo, facts);
    }
    const name = message.hostname ?? message.fqdn;
    if (message.message === 'ack' && message.yourIp !== undefined && name !== undefined) {
      facts.address(message.yourIp, name, 'dhcp');
    }
    return true;
  },
};

export const dhcp6: DatagramListener = {
  service: 'dhcpv6',
  ports: [546, 547],
  anyPort: false,
  read(view, facts) {
    const message = decodeDhcp6(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('dhcpv6', 'grammar');
    facts.mark('clear:dhcpv6');
    const mac = view.sourceMac();
    if (view.destinationPort === 547) {
      tellTrait(facts, mac, 'fqdn', message.fqdn);
      tellTrait(facts, mac, 'vendor_class', message.vendorClass);
      tellTrait(facts, mac, 'mud_url', message.mudUrl);
    }
    return true;
  },
};
