// NTP, SSDP, STUN and TFTP: small services that name servers, software and devices.
import { decodeNtp } from '../../../decode/protocols/ntp.ts';
import { decodeSsdp, type SsdpFacts } from '../../../decode/protocols/ssdp.ts';
import { decodeStun } from '../../../decode/protocols/stun.ts';
import { decodeTftp } from '../../../decode/protocols/tftp.ts';
import { printable } from '../../../model/text.ts';
import type { DatagramListener, DatagramView, Facts } from '../facts.ts';
import { report } from '../report.ts';

export const ntp: DatagramListener = {
  service: 'ntp',
  ports: [123],
  anyPort: false,
  read(view, facts) {
    const message = decodeNtp(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('ntp', 'grammar');
    facts.mark('clear:ntp');
    if (message.mode === 'client') facts.count('ntp.servers', view.destinationIp());
    return true;
  },
};

/** RFC-less UDA 1.1: announcements repeat, so traits and counts only. */
function tellSsdp(message: SsdpFacts, view: DatagramView, facts: Facts): void {
  const mac = view.sourceMac();
  if (message.server !== undefined) {
    facts.count('ssdp.servers', message.server);
    facts.trait(mac, 'ssdp_server', message.server);
  }
  if (message.target !== undefined) facts.count('ssdp.targets', message.target);
  if (message.kind === 'search' && message.target !== undefined) facts.trait(mac, 'ssdp_search', message.target);
  if (message.kind !== 'search' && message.target?.includes(':device:') === true)
    facts.trait(mac, 'ssdp_device', message.target);
  if (message.userAgent !== undefined) facts.trait(mac, 'user_agent', message.userAgent);
}

export const ssdp: DatagramListener = {
  service: 'ssdp',
  ports: [1900],
  anyPort: true,
  read(view, facts) {
    const message = decodeSsdp(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('ssdp', 'grammar');
    facts.mark('clear:ssdp');
    tellSsdp(message, view, facts);
    return true;
  },
};

export const stun: DatagramListener = {
  service: 'stun',
  ports: [3478, 19302],
  anyPort: true,
  read(view, facts) {
    const message = decodeStun(view.bytes, view.start, view.end);
    const onPort = view.destinationPort === 3478 || view.sourcePort === 3478;
    if (message === undefined || (message.classic && !onPort)) return false;
    // Weaker than what it opens the way for: DTLS on the same ports names the conversation.
    facts.service('stun', 'magic');
    facts.mark('clear:stun');
    if (message.software !== undefined) facts.count('stun.software', message.software);
    return true;
  },
};

export const tftp: DatagramListener = {
  service: 'tftp',
  ports: [69],
  anyPort: false,
  read(view, facts) {
    const request = decodeTftp(view.bytes, view.start, view.end);
    if (request === undefined) return false;
    facts.service('tftp', 'grammar');
    facts.mark('clear:tftp');
    facts.count('tftp.files', request.file);
    const server = view.destinationIp();
    report(facts, 'CLR-08', {
      device: view.sourceMac(),
      subject: server,
      excerpt: `TFTP ${request.kind} of ${printable(request.file, 60)} with ${server}`,
    });
    return true;
  },
};
