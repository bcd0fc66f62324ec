// The rules: what a finding means, how bad it is and what to do. Inspectors report one through report.ts.

import { createHash } from 'node:crypto';
import type { Severity } from '../../model/analysis-document.ts';
import { LOCAL_SECRET, USE_TLS } from './remedies.ts';

export interface Rule {
  readonly severity: Severity;
  /** Default, 0 to 1; a report may lower it. */
  readonly confidence: number;
  readonly explanation: string;
  readonly remedy: string;
}

/** Ids are stable: a rule may be dropped, its number is never used for another. Families: CONVENTIONS §6. */
export const RULES = {
  'CRED-01': {
    severity: 'high',
    confidence: 1,
    explanation:
      'HTTP Basic credentials were sent in the clear; Base64 is not encryption: anyone who sees the packet can log in.',
    remedy: USE_TLS,
  },
  'CRED-02': {
    severity: 'high',
    confidence: 1,
    explanation: 'A bearer token was sent over plain HTTP; it can be replayed until it expires.',
    remedy: USE_TLS,
  },
  'CRED-03': {
    severity: 'medium',
    confidence: 1,
    explanation:
      'A login by a hash (Digest of HTTP, RTSP or SIP, PostgreSQL, MySQL) passed in the clear: the user name is readable and the password can be guessed offline.',
    remedy: USE_TLS,
  },
  'CRED-04': {
    severity: 'high',
    confidence: 0.9,
    explanation:
      'A key, token or signature is in the URL of a plain HTTP request; it can be replayed and ends up in logs.',
    remedy: LOCAL_SECRET,
  },
  'CRED-05': {
    severity: 'high',
    confidence: 0.9,
    explanation: 'A password or token was sent as a field of a readable message body.',
    remedy: USE_TLS,
  },
  'CRED-06': {
    severity: 'high',
    confidence: 1,
    explanation: 'An MQTT client sent its user name and password in the clear.',
    remedy: 'Use MQTT over TLS (port 8883) and change the password.',
  },
  'CRED-07': {
    severity: 'high',
    confidence: 0.9,
    explanation: 'A Telnet login was typed in the clear.',
    remedy: 'Turn Telnet off; use SSH.',
  },
  'CRED-08': {
    severity: 'high',
    confidence: 1,
    explanation: 'An FTP user name and password were sent in the clear.',
    remedy: 'Use SFTP or FTPS, and change the password.',
  },
  'CRED-09': {
    severity: 'high',
    confidence: 1,
    explanation: 'Credentials for a video stream (RTSP) were sent in the clear.',
    remedy: LOCAL_SECRET,
  },
  'CRED-10': {
    severity: 'high',
    confidence: 1,
    explanation: 'A mail login (SMTP, IMAP or POP3) was sent without encryption.',
    remedy: 'Use TLS (SMTP port 465, IMAP 993, POP3 995, or STARTTLS), and change the password.',
  },
  'CRED-11': {
    severity: 'medium',
    confidence: 0.8,
    explanation: 'A session cookie was sent over plain HTTP; anyone who copies it can hijack the session.',
    remedy: USE_TLS,
  },
  'CRED-12': {
    severity: 'high',
    confidence: 1,
    explanation: 'A well-known default password is in use, and was sent in the clear.',
    remedy: 'Set a password of your own.',
  },
  'CRED-13': {
    severity: 'high',
    confidence: 1,
    explanation: 'Credentials were sent with an encoding that anyone can reverse without a key.',
    remedy: LOCAL_SECRET,
  },
  'CRED-14': {
    severity: 'high',
    confidence: 1,
    explanation: 'The user name and password of a proxy (SOCKS) were sent in the clear.',
    remedy: 'Reach the proxy through a tunnel (SSH, VPN), and change the password.',
  },
  'CRED-15': {
    severity: 'high',
    confidence: 1,
    explanation:
      'A login of a service (LDAP, AMQP, PostgreSQL, MySQL, Redis, IRC, XMPP, NNTP or alike) was sent without encryption.',
    remedy: 'Use the TLS form of the service (such as ldaps, amqps, rediss, ircs), and change the password.',
  },
  'CRED-16': {
    severity: 'high',
    confidence: 1,
    explanation: 'The community of SNMP, which serves as its password, was sent in the clear.',
    remedy: 'Use SNMPv3 with authentication and privacy, or turn SNMP off, and change the community.',
  },
  'CLR-01': {
    severity: 'medium',
    confidence: 1,
    explanation: 'A device spoke plain HTTP with a host on the Internet: everyone on the way can read and change it.',
    remedy: USE_TLS,
  },
  'CLR-02': {
    severity: 'medium',
    confidence: 0.8,
    explanation:
      'A software update was fetched over plain HTTP; unless it is signed, who is on the way can replace it.',
    remedy: 'Ask the maker for signed updates over TLS.',
  },
  'CLR-03': {
    severity: 'high',
    confidence: 1,
    explanation: 'Pictures, sound or video passed in a form that anyone on the way can play.',
    remedy: USE_TLS,
  },
  'CLR-04': {
    severity: 'medium',
    confidence: 1,
    explanation: 'MQTT messages passed in the clear: their topics and contents are readable and can be forged.',
    remedy: 'Use MQTT over TLS (port 8883).',
  },
  'CLR-05': {
    severity: 'medium',
    confidence: 1,
    explanation: 'A video session was set up over plain RTSP; addresses and stream are readable.',
    remedy: LOCAL_SECRET,
  },
  'CLR-06': {
    severity: 'medium',
    confidence: 1,
    explanation: 'A remote shell (Telnet) runs in the clear.',
    remedy: 'Turn Telnet off; use SSH.',
  },
  'CLR-07': {
    severity: 'medium',
    confidence: 1,
    explanation:
      'The device is controlled by a protocol whose scrambling needs no secret: anyone on the network can read and send commands.',
    remedy: 'Keep the device on its own network, or use a local protocol with keys.',
  },
  'CLR-08': {
    severity: 'low',
    confidence: 1,
    explanation: 'A file was asked for by TFTP, which has neither encryption nor login.',
    remedy: 'Check why the device boots or updates from the network.',
  },
  'CLR-09': {
    severity: 'low',
    confidence: 1,
    explanation: 'CoAP messages passed in the clear.',
    remedy: 'Use CoAP over DTLS (port 5684).',
  },
  'PII-01': {
    severity: 'low',
    confidence: 0.9,
    explanation: 'A hardware address is readable in a message: it identifies the device for life.',
    remedy: USE_TLS,
  },
  'PII-02': {
    severity: 'low',
    confidence: 0.7,
    explanation: 'A serial number or device identifier is readable in a message.',
    remedy: USE_TLS,
  },
  'PII-03': {
    severity: 'high',
    confidence: 0.9,
    explanation: 'An e-mail address is readable in a message.',
    remedy: USE_TLS,
  },
  'PII-04': {
    severity: 'high',
    confidence: 0.8,
    explanation: 'A telephone number is readable in a message.',
    remedy: USE_TLS,
  },
  'PII-05': {
    severity: 'high',
    confidence: 0.8,
    explanation: 'A geographic position is readable in a message.',
    remedy: USE_TLS,
  },
  'PII-06': {
    severity: 'high',
    confidence: 0.8,
    explanation: 'Personal measures (such as weight, height, age, sex or pulse) are readable in a message.',
    remedy: USE_TLS,
  },
  'PII-07': {
    severity: 'medium',
    confidence: 0.7,
    explanation: "A person's name, user name or account is readable in a message.",
    remedy: USE_TLS,
  },
  'PII-08': {
    severity: 'medium',
    confidence: 0.7,
    explanation: 'A postal code or address is readable in a message.',
    remedy: USE_TLS,
  },
  'PII-09': {
    severity: 'high',
    confidence: 1,
    explanation: 'A secret that the tester planted was found on the wire.',
    remedy: USE_TLS,
  },
  'PII-10': {
    severity: 'low',
    confidence: 0.8,
    explanation: 'The name or address of a wireless network is readable in a message: it reveals where the device is.',
    remedy: USE_TLS,
  },
  'PII-11': {
    severity: 'medium',
    confidence: 0.9,
    explanation: 'A word of your word list is readable on the wire.',
    remedy: USE_TLS,
  },
  'TLS-01': {
    severity: 'medium',
    confidence: 1,
    explanation: 'Client and server agreed on an obsolete version of TLS (RFC 8996 forbids 1.0 and 1.1).',
    remedy: 'Update the device; ask the maker for TLS 1.2 or later.',
  },
  'TLS-02': {
    severity: 'medium',
    confidence: 1,
    explanation: 'Client and server agreed on a cipher that is broken, anonymous or without encryption.',
    remedy: 'Update the device; ask the maker for current ciphers.',
  },
  'TLS-03': {
    severity: 'low',
    confidence: 0.7,
    explanation:
      'The server showed a certificate that it signed itself; the device can only verify it if it knows it already.',
    remedy: 'Test with a proxy whether the device accepts any certificate.',
  },
  'TLS-04': {
    severity: 'medium',
    confidence: 1,
    explanation: 'The server presented an expired or not yet valid certificate.',
    remedy: 'Check the clock of the capture first, then ask the maker.',
  },
  'DNS-01': {
    severity: 'low',
    confidence: 1,
    explanation:
      'The device asked for a name that does not exist. If it keeps asking, anyone who registers that name receives its traffic.',
    remedy: 'Inform the maker; block the name meanwhile.',
  },
  'DNS-02': {
    severity: 'medium',
    confidence: 0.6,
    explanation:
      'A device asked a DNS server that it had never asked before: who answers its questions decides where it goes.',
    remedy:
      'See whether the settings of router or device were changed, and by whom; an update that brings its own server looks the same.',
  },
  'AP-01': {
    severity: 'medium',
    confidence: 0.7,
    explanation:
      'A device asked for an address (DHCP) in the name of another hardware address; many of these leave the access point none to give. A Wi-Fi repeater does so too, for the devices behind it.',
    remedy:
      'See whether it is a repeater; if not, take it off the network. Give known devices reservations (ap.reservations).',
  },
  'AP-02': {
    severity: 'medium',
    confidence: 0.9,
    explanation:
      'A device asked for an address (DHCP) again and again and took none: no server answered it, or the access point has none left to give. It is not on the network, and what it would have said is in no capture.',
    remedy:
      'See the addresses that are given out in the status of the access point; widen its range, or give known devices reservations (ap.reservations).',
  },
  'AP-03': {
    severity: 'high',
    confidence: 0.8,
    explanation:
      'A router advertisement came from a device that is not the router, or named more of IPv6 than a home can have. Devices that accept it send their traffic to the announcing device. Nothing announced so is taken for the home.',
    remedy:
      'Take the device off the network, or name the router (weir analyze --router, capture.infra_macs) if it is one.',
  },
  'AP-04': {
    severity: 'medium',
    confidence: 0.7,
    explanation:
      'A device said on the link that an address of the Internet is its own: others may send to it what is meant for that address.',
    remedy: 'See what the device is; if it is no router, take it off the network.',
  },
  'AP-05': {
    severity: 'medium',
    confidence: 0.7,
    explanation:
      'One address of the home was claimed by several hardware addresses by turns: two devices have the same address, or one takes the traffic of another (ARP or NDP spoofing).',
    remedy: 'See which of them the access point gave the address; take the other off the network.',
  },
  'AP-06': {
    severity: 'medium',
    confidence: 0.7,
    explanation:
      'Devices asked for an address (DHCP) in vain while others were answered: no address is left to give, or the server does not serve them. They are not on the network, and what they would have said is in no capture.',
    remedy:
      'See the addresses that are given out in the status of the access point; widen its range, or give known devices reservations (ap.reservations).',
  },
  'SCAN-01': {
    severity: 'medium',
    confidence: 0.8,
    explanation:
      'A device tried many ports of one host, or one port of many hosts, that nobody answered: it looks for something to talk to, as malware does, or as a program does that takes stock of a network.',
    remedy:
      'See in the capture what it looked for. If nobody asked it to, take the device off the network and reset or update it.',
  },
  'SCAN-02': {
    severity: 'low',
    confidence: 0.8,
    explanation:
      'A host tried many ports of a device that nobody answered: somebody looks for what the device offers. A scan that you made yourself looks the same.',
    remedy:
      'If you did not scan the device, see who did; where it comes from the Internet, close the way in (port forwarding, UPnP).',
  },
  'GEO-01': {
    severity: 'low',
    confidence: 0.9,
    explanation: 'An address answered sooner than light allows from the country that the database names.',
    remedy: 'Do not rely on that country: see the names and the network of the address.',
  },
  'ANOM-01': {
    severity: 'low',
    confidence: 0.6,
    explanation: 'A device talked to a destination that it had never talked to before.',
    remedy: 'See whether an update, a new function or somebody using the device explains it.',
  },
  'ANOM-02': {
    severity: 'low',
    confidence: 0.6,
    explanation: 'A device used a service that it had never used before.',
    remedy: 'See whether an update, a new function or somebody using the device explains it.',
  },
  'ANOM-03': {
    severity: 'low',
    confidence: 0.6,
    explanation: 'A device sent far more than in its ordinary hour.',
    remedy: 'See in the capture of that hour what was sent, and to whom.',
  },
  'ANOM-04': {
    severity: 'low',
    confidence: 0.5,
    explanation: 'A device talked at an hour of the day (UTC) at which it had always been silent.',
    remedy:
      'See in the capture of that hour what it did. Where clocks change in spring and autumn, habits move by an hour of UTC once.',
  },
  'ANOM-05': {
    severity: 'low',
    confidence: 0.5,
    explanation: 'Something that a device did at regular intervals has stopped while the device goes on.',
    remedy: 'See whether the service still exists and whether the device still works.',
  },
  'ANOM-06': {
    severity: 'low',
    confidence: 0.6,
    explanation:
      'A device talked to a country that it had never talked to before, at a destination that is new as well.',
    remedy:
      'See what the destination is; the country is that of its address, which may be a data centre of a known service.',
  },
  'ANOM-07': {
    severity: 'low',
    confidence: 0.6,
    explanation: 'A device has been silent for longer than ever while others were recorded.',
    remedy: 'See whether it was switched off or taken away; else whether it still works, and still is on this network.',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof RULES;

/** Changes whenever a rule's words or weight change; is in every document. */
export const RULES_SHA256 = createHash('sha256').update(JSON.stringify(RULES)).digest('hex');
