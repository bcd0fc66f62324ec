// Ports that are known to be attacked, or to speak without protection, each with who says so. An open port is no proof of a hole:
// it is where to look next.

import { parsePorts } from './port-set.ts';

export interface VulnerablePort {
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  readonly service: string;
  readonly note: string;
  readonly source: string;
}

const MIRAI = 'Antonakakis et al.: Understanding the Mirai Botnet, USENIX Security 2017';
const PAPER = 'Wu, Breitinger, Niemann: IoT network traffic analysis, 2021';

export const VULNERABLE_PORTS: readonly VulnerablePort[] = [
  { proto: 'tcp', port: 21, service: 'FTP', note: 'Log-ins and files are readable.', source: 'RFC 2577 §6' },
  {
    proto: 'tcp',
    port: 22,
    service: 'SSH',
    note: 'A way in for anyone who has the password, which may be printed on the device.',
    source: `${PAPER}, Table 2 and §3.2`,
  },
  { proto: 'tcp', port: 23, service: 'Telnet', note: 'Log-ins are readable, and bots try them first.', source: MIRAI },
  { proto: 'tcp', port: 80, service: 'HTTP', note: 'Pages and log-ins are readable.', source: `${PAPER}, Table 2` },
  {
    proto: 'tcp',
    port: 554,
    service: 'RTSP',
    note: 'The live picture may be open.',
    source: `${PAPER}, §3.2, after Speedguide.net 2020`,
  },
  {
    proto: 'tcp',
    port: 1883,
    service: 'MQTT',
    note: 'Messages and the password in CONNECT are readable.',
    source: 'OASIS MQTT 5.0 §5.4',
  },
  { proto: 'tcp', port: 2323, service: 'Telnet', note: 'Where bots try Telnet next.', source: MIRAI },
  {
    proto: 'tcp',
    port: 5555,
    service: 'ADB',
    note: 'The debug bridge of Android may give a shell without a password.',
    source: 'android.com, developer documentation of adb, “Connect to a device over Wi-Fi”',
  },
  { proto: 'tcp', port: 7547, service: 'TR-069', note: 'Orders of the provider were open to anybody.', source: MIRAI },
  {
    proto: 'udp',
    port: 1900,
    service: 'SSDP',
    note: 'Whoever can reach it learns what the device offers; from outside it multiplies floods.',
    source: 'US-CERT alert TA14-017A',
  },
  {
    proto: 'udp',
    port: 65_000,
    service: 'Devil',
    note: 'A port of the trojan Devil v1.3.',
    source: `${PAPER}, §3.2, after Chirillo 2001`,
  },
];

/** Of the open ones, in the order of the list above. */
export function vulnerablePorts(tcp: string, udp: string): VulnerablePort[] {
  const open = { tcp: new Set(parsePorts(tcp)), udp: new Set(parsePorts(udp)) };
  return VULNERABLE_PORTS.filter(({ proto, port }) => open[proto].has(port));
}
