// Table of contents: which protocols are looked for, in the order they are asked. The analyzer asks first those whose
// well-known port matches, then those that know their protocol on any port: the payload decides, not the number.
import type { DatagramListener, StreamListener } from './facts.ts';
import { coap } from './listeners/coap.ts';
import { dtls, quic } from './listeners/datagram-tls.ts';
import { dhcp, dhcp6 } from './listeners/dhcp.ts';
import { dns, dnsOverTcp, llmnr, mdns, netbiosNames } from './listeners/dns.ts';
import { http } from './listeners/http.ts';
import { ftp, pop3, smtp, telnet } from './listeners/login.ts';
import { mqtt } from './listeners/mqtt.ts';
import { ntp, ssdp, stun, tftp } from './listeners/network-services.ts';
import { plainDatagram, plainStream } from './listeners/plain-text.ts';
import { rtsp } from './listeners/rtsp.ts';
import { ike, ssh, wireguard } from './listeners/secure-channel.ts';
import { kasa, kasaControl, lifx, miio, tuya, tuyaControl } from './listeners/smart-home.ts';
import { tls } from './listeners/tls.ts';

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
  coap,
  kasa,
  tuya,
  lifx,
  ike,
  quic,
  dtls,
  stun,
  miio,
  wireguard,
  plainDatagram,
];

export const STREAM_LISTENERS: readonly StreamListener[] = [
  tls,
  http,
  rtsp,
  mqtt,
  ssh,
  dnsOverTcp,
  ftp,
  smtp,
  pop3,
  kasaControl,
  tuyaControl,
  telnet,
  plainStream,
];
