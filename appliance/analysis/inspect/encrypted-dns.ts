// How a device hides which names it asks for: DNS over TLS, QUIC, HTTPS, DTLS, DNSCrypt. Reported as facts of the device by tls.ts
// and dns.ts, shown by document/devices.ts.

import type { ClientHello } from '../../decode/protocols/tls-hello.ts';
import type { Facts, PayloadView } from './facts.ts';

/**
 * Names at which public resolvers answer DNS over HTTPS: those that Chromium (`net/dns/public/doh_provider_entry.cc`) and
 * Firefox know, and the list of the curl project (github.com/curl/curl/wiki/DNS-over-HTTPS), 2025.
 */
const RESOLVERS: ReadonlySet<string> = new Set(
  (
    'dns.google dns.google.com dns64.dns.google cloudflare-dns.com one.one.one.one 1dot1dot1dot1.cloudflare-dns.com ' +
    'mozilla.cloudflare-dns.com chrome.cloudflare-dns.com security.cloudflare-dns.com family.cloudflare-dns.com ' +
    'dns64.cloudflare-dns.com dns.quad9.net dns9.quad9.net dns10.quad9.net dns11.quad9.net dns12.quad9.net doh.opendns.com ' +
    'doh.familyshield.opendns.com doh.sandbox.opendns.com doh.umbrella.com dns.umbrella.com dns.adguard.com ' +
    'dns.adguard-dns.com dns-family.adguard.com family.adguard-dns.com unfiltered.adguard-dns.com doh.cleanbrowsing.org ' +
    'dns.nextdns.io firefox.dns.nextdns.io chromium.dns.nextdns.io dns.alidns.com doh.pub dns.pub sm2.doh.pub doh.360.cn ' +
    'dot.pub doh.dns.sb dns.sb dns.twnic.tw doh.xfinity.com dns.switch.ch odvr.nic.cz doh.ffmuc.net dns.mullvad.net ' +
    'doh.mullvad.net adblock.dns.mullvad.net base.dns.mullvad.net extended.dns.mullvad.net family.dns.mullvad.net ' +
    'all.dns.mullvad.net freedns.controld.com dns.controld.com doh.libredns.gr doh.applied-privacy.net dns.digitale-gesellschaft.ch ' +
    'doh.li public.dns.iij.jp dns0.eu zero.dns0.eu kids.dns0.eu doh.dns.apple.com doh.securedns.eu basic.rethinkdns.com ' +
    'ordns.he.net dns.njal.la dnsforge.de dns.brahma.world wikimedia-dns.org doh.cox.net private.canadianshield.cira.ca ' +
    'protected.canadianshield.cira.ca family.canadianshield.cira.ca dns.dnsguard.pub dns.levonet.sk'
  ).split(' '),
);
/** Resolvers that give each customer a name of his own. */
const RESOLVER_DOMAINS = ['.dns.nextdns.io', '.dns.controld.com', '.dns.adguard-dns.com', '.d.adguard-dns.com'];

const DOT_PORT = 853;

/** Kind of trait: `DoT dns.google`. */
export const ENCRYPTED_DNS = 'encrypted_dns';
/** Kind of trait: the name outside an encrypted hello, empty without. */
export const ENCRYPTED_HELLO = 'ech';

/** What a hello says of the sender's way to resolve names. */
export function tellEncryptedDns(
  hello: ClientHello,
  transport: 'tcp' | 'quic' | 'dtls',
  view: PayloadView,
  facts: Facts,
): void {
  const mac = view.sourceMac();
  const way = wayOf(hello, transport, view.destinationPort);
  if (way !== undefined) facts.trait(mac, ENCRYPTED_DNS, `${way} ${hello.serverName ?? view.destinationIp()}`);
  if (hello.encryptedHello) facts.trait(mac, ENCRYPTED_HELLO, hello.serverName ?? '');
}

/** RFC 7858 §3.1 (DoT), RFC 9250 §4.1 (DoQ), RFC 8094 (DTLS), RFC 8484 (DoH). */
function wayOf({ alpn, serverName }: ClientHello, transport: string, port: number): string | undefined {
  if (transport === 'quic' && alpn.some((protocol) => protocol === 'doq' || protocol.startsWith('doq-'))) return 'DoQ';
  if (transport === 'tcp' && (port === DOT_PORT || alpn.includes('dot'))) return 'DoT';
  if (transport === 'dtls') return port === DOT_PORT ? 'DNS over DTLS' : undefined;
  return serverName !== undefined && isResolver(serverName) ? 'DoH' : undefined;
}

function isResolver(name: string): boolean {
  const lower = name.toLowerCase().replace(/\.$/, '');
  return RESOLVERS.has(lower) || RESOLVER_DOMAINS.some((domain) => lower.endsWith(domain));
}

/** The question for a resolver's certificate names its provider: `2.dnscrypt-cert.example.com` (DNSCrypt 2, §6). */
export function tellDnscryptQuestion(name: string, view: PayloadView, facts: Facts): void {
  const provider = /^\d\.dnscrypt-cert\.(.+)$/i.exec(name)?.[1];
  if (provider !== undefined) facts.trait(view.sourceMac(), ENCRYPTED_DNS, `DNSCrypt ${provider}`);
}
