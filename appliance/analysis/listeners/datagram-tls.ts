// DTLS and QUIC: what their first messages show of name and version.
import { decodeDtls } from '../../decode/dtls.ts';
import { decodeQuic, isGoogleQuic } from '../../decode/quic.ts';
import type { DatagramListener } from '../facts.ts';
import { tellClientHello, tellServerHello } from './tls.ts';

export const dtls: DatagramListener = {
  service: 'dtls',
  ports: [5684, 443, 4433],
  anyPort: true,
  read(view, facts) {
    const message = decodeDtls(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('dtls', 'grammar');
    facts.mark('encrypted:dtls');
    if (message.clientHello !== undefined) tellClientHello(message.clientHello, 'dtls', view, facts);
    if (message.serverHello !== undefined) tellServerHello(message.serverHello, view, facts);
    return true;
  },
};

function versionName(version: number): string {
  if (version === 1) return 'v1';
  if (version === 0x6b3343cf) return 'v2';
  if (version >>> 8 === 0xff0000) return `draft-${version & 0xff}`;
  return version === 0 ? 'negotiation' : `0x${version.toString(16).padStart(8, '0')}`;
}

export const quic: DatagramListener = {
  service: 'quic',
  ports: [443],
  anyPort: true,
  read(view, facts) {
    const packet = decodeQuic(view.bytes, view.start, view.end);
    if (packet === undefined) {
      if (!isGoogleQuic(view.bytes, view.start, view.end)) return false;
      facts.service('quic', 'magic');
      facts.count('quic.versions', 'gQUIC');
      return true;
    }
    facts.service('quic', 'grammar');
    facts.mark('encrypted:quic');
    if (packet.type === 'initial' || packet.type === 'negotiation')
      facts.count('quic.versions', versionName(packet.version));
    if (packet.clientHello === undefined) return true;
    tellClientHello(packet.clientHello, 'quic', view, facts);
    if (packet.clientHello.serverName !== undefined) facts.count('quic.sni', packet.clientHello.serverName);
    return true;
  },
};
