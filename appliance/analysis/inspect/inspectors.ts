// Table of contents: which protocols are looked for, in the order they are asked. The analyzer asks first those whose
// well-known port matches, then those that know their protocol on any port: the payload decides, not the number.
import type { DatagramListener, StreamListener } from './facts.ts';
import { CLEAR_STARTS } from './protocols/clear-start.ts';
import { coap, coapOverTcp } from './protocols/coap.ts';
import { dtls, quic } from './protocols/datagram-tls.ts';
import { dhcp, dhcp6 } from './protocols/dhcp.ts';
import { dns, dnscrypt, dnsOverTcp, llmnr, mdns, netbiosNames } from './protocols/dns.ts';
import { http } from './protocols/http.ts';
import { h2c } from './protocols/http2.ts';
import { mysqlSession, postgresqlSession } from './protocols/logins/databases.ts';
import { imap } from './protocols/logins/imap.ts';
import { ftp, pop3, smtp, telnet } from './protocols/logins/login.ts';
import { amqp, ldap } from './protocols/logins/service-logins.ts';
import { mqtt } from './protocols/mqtt.ts';
import { ntp, ssdp, stun, tftp } from './protocols/network-services.ts';
import { plainDatagram, plainStream } from './protocols/plain-text.ts';
import { rtpText } from './protocols/rtp-text.ts';
import { rtsp } from './protocols/rtsp.ts';
import { ike, ssh, wireguard, zrtp } from './protocols/secure-channel.ts';
import { edimax, kasa, kasaControl, lifx, miio, tuya, tuyaControl } from './protocols/smart-home.ts';
import { snmp } from './protocols/snmp.ts';
import { tls } from './protocols/tls.ts';
import { vnc } from './protocols/vnc.ts';

export const DATAGRAM_LISTENERS: readonly DatagramListener[] = [
  dns,
  mdns,
  dhcp,
  dhcp6,
  llmnr,
  netbiosNames,
  ntp,
  ssdp,
  tftp,
  snmp,
  coap,
  kasa,
  tuya,
  lifx,
  edimax,
  ike,
  quic,
  dtls,
  stun,
  miio,
  dnscrypt,
  wireguard,
  zrtp,
  rtpText,
  plainDatagram,
];

export const STREAM_LISTENERS: readonly StreamListener[] = [
  tls,
  h2c,
  http,
  rtsp,
  mqtt,
  ssh,
  dnsOverTcp,
  ftp,
  smtp,
  pop3,
  imap,
  kasaControl,
  tuyaControl,
  ldap,
  amqp,
  coapOverTcp,
  vnc,
  ...CLEAR_STARTS,
  postgresqlSession,
  mysqlSession,
  telnet,
  plainStream,
];
