// DHCP for IPv4 and IPv6: how a device names itself and which address it gets.
import { type DhcpFacts, decodeDhcp } from '../../decode/dhcp.ts';
import { decodeDhcp6 } from '../../decode/dhcp6.ts';
import type { DatagramListener, Facts } from '../facts.ts';
import { report } from '../findings.ts';

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
  if (sender === '' || sender === message.clientMac || message.relayIp !== undefined) return;
  const excerpt = `DHCP ${message.message} for a hardware address that is not the sender's`;
  report(facts, 'AP-01', { device: sender, subject: 'dhcp', excerpt });
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
    if (message.fromClient) {
      tellClient(message, facts);
      tellForeign(message, view.sourceMac(), facts);
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
