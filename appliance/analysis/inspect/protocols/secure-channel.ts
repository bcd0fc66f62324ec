// SSH, WireGuard, ZRTP and IKE: encrypted by their grammar; only their software and presence are reported.
import {
  decodeIke,
  decodeSsh,
  decodeWireguard,
  decodeZrtp,
  isSshKeyExchange,
} from '../../../decode/protocols/secure-channel.ts';
import type { DatagramListener, StreamListener } from '../facts.ts';

const WIREGUARD_PORT = 51_820;

export const ssh: StreamListener = {
  service: 'ssh',
  ports: [22],
  anyPort: true,
  recognise(view) {
    if (decodeSsh(view.bytes, view.start, view.end) !== undefined) return 'yes';
    return view.bytes[view.start] === 0x53 && view.end - view.start < 8 && !view.full ? 'more' : 'no';
  },
  read(view, facts) {
    const line = decodeSsh(view.bytes, view.start, view.end);
    if (line !== undefined) {
      facts.service('ssh', 'grammar');
      facts.mark('clear:ssh');
      facts.trait(view.sourceMac(), 'ssh_software', line.software);
      view.used = line.lineBytes;
      return;
    }
    // The line alone is text: anybody can send it.
    if (view.memo['keys'] !== true && isSshKeyExchange(view.bytes, view.start, view.end)) {
      view.memo['keys'] = true;
      facts.mark('encrypted:ssh');
    }
    view.used = view.end - view.start;
  },
};

/** Data alone proves little: on this port it is believed. */
export function isWireguardPort(ports: { readonly sourcePort: number; readonly destinationPort: number }): boolean {
  return ports.sourcePort === WIREGUARD_PORT || ports.destinationPort === WIREGUARD_PORT;
}

export const wireguard: DatagramListener = {
  service: 'wireguard',
  ports: [WIREGUARD_PORT],
  anyPort: true,
  read(view, facts) {
    const message = decodeWireguard(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    if (message === 'data' && !isWireguardPort(view)) return false;
    facts.service('wireguard', message === 'data' ? 'magic' : 'grammar');
    facts.mark('encrypted:wireguard');
    return true;
  },
};

/** Keys for the media that share its ports (RFC 6189): agreed on once each side has confirmed, under those keys. */
export const zrtp: DatagramListener = {
  service: 'zrtp',
  ports: [],
  anyPort: true,
  read(view, facts) {
    const message = decodeZrtp(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('zrtp', 'grammar');
    facts.mark(message.startsWith('Conf') ? 'encrypted:zrtp' : 'clear:zrtp');
    return true;
  },
};

export const ike: DatagramListener = {
  service: 'ike',
  ports: [500, 4500],
  anyPort: false,
  read(view, facts) {
    const message = decodeIke(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('ike', 'grammar');
    facts.mark('encrypted:ike');
    return true;
  },
};
