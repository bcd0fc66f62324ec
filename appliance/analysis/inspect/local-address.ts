// Whether an address lies in the home, and so whom a finding is about. Geography of the rest is geo/'s.
import type { PayloadView } from './facts.ts';

/** What is needed to tell which end of a packet is at home. */
export type HomeEnds = Pick<PayloadView, 'sourceIp' | 'destinationIp' | 'sourceMac' | 'destinationMac'>;

/** RFC 1918, RFC 3927, RFC 6598, loopback, multicast and broadcast; for IPv6 loopback, link-local, unique local, multicast. */
export function isLocalAddress(ip: string): boolean {
  if (ip !== lastIp) {
    lastAnswer = isLocal(ip);
    lastIp = ip;
  }
  return lastAnswer;
}

/** Asked several times for each message, nearly always about the same end. */
let lastIp = '';
let lastAnswer = isLocal('');

function isLocal(ip: string): boolean {
  if (ip.includes(':')) return isLocal6(ip.toLowerCase());
  const dot = ip.indexOf('.');
  const first = Number(ip.slice(0, dot));
  const second = Number(ip.slice(dot + 1, ip.indexOf('.', dot + 1)));
  if (first === 10 || first === 127 || first === 0 || first >= 224) return true;
  if (first === 172) return second >= 16 && second <= 31;
  if (first === 100) return second >= 64 && second <= 127;
  return (first === 192 && second === 168) || (first === 169 && second === 254);
}

function isLocal6(ip: string): boolean {
  return (
    ip === '::1' ||
    ip === '::' ||
    ip.startsWith('fe8') ||
    ip.startsWith('fd') ||
    ip.startsWith('fc') ||
    ip.startsWith('ff')
  );
}

/** MAC of the side that lives in the home: the sender, unless the bytes come from the Internet; then the receiver. */
export function deviceOf(view: HomeEnds): string {
  return isLocalAddress(view.sourceIp()) ? view.sourceMac() : view.destinationMac();
}
