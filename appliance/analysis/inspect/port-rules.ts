// Rules of findings that port scans make (experiment/scan/scan-findings.ts). Next to rules.ts and of its shape; documents of captures
// never hold them, so their words change no document.

import type { Rule } from './rules.ts';

export const PORT_RULES = {
  'PORT-01': {
    severity: 'high',
    confidence: 0.9,
    explanation: 'Telnet is open: log-ins are readable, and bots try known passwords there first.',
    remedy:
      'Switch it off where the device can; else keep the device on a network of its own, and close port forwarding and UPnP.',
  },
  'PORT-02': {
    severity: 'medium',
    confidence: 0.8,
    explanation: 'A service needs no password: anyone in the network can read what it answers, or use it.',
    remedy: 'Set a password or an access list where the device has one; else keep it on a network of its own.',
  },
  'PORT-03': {
    severity: 'medium',
    confidence: 0.3,
    explanation:
      'A port is open that a known trojan uses. Makers choose numbers freely, so that most such ports are something else.',
    remedy: 'See in the captures who uses the port and for what; update or reset the device where nobody can say.',
  },
  'PORT-04': {
    severity: 'low',
    confidence: 0.9,
    explanation: 'A service is open that is known to be attacked, or that speaks without encryption.',
    remedy:
      'Update the device, change its default password, and use the encrypted form of the service where there is one.',
  },
  'PORT-05': {
    severity: 'medium',
    confidence: 0.8,
    explanation: 'A port is open that was not when the device was scanned before.',
    remedy: 'See whether an update or a new function explains it, and in the captures who uses it.',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type PortRuleId = keyof typeof PORT_RULES;
