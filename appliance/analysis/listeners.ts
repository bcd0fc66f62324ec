// Table of contents: which protocols are looked for, in the order they are asked. The analyzer asks first those whose
// well-known port matches, then those that know their protocol on any port: the payload decides, not the number.
import type { DatagramListener, StreamListener } from './facts.ts';
import { dhcp, dhcp6 } from './listeners/dhcp.ts';
import { dns, dnsOverTcp, llmnr, mdns, netbiosNames } from './listeners/dns.ts';
import { http } from './listeners/http.ts';
import { tls } from './listeners/tls.ts';

export const DATAGRAM_LISTENERS: readonly DatagramListener[] = [dns, mdns, dhcp, dhcp6, llmnr, netbiosNames];

export const STREAM_LISTENERS: readonly StreamListener[] = [tls, http, dnsOverTcp];
