// VNC over TCP (RFC 6143): whether the screen and the keys are sent in the clear, by the security type that both sides agree on.

import { u32 } from '../../../decode/octets.ts';
import { decodeRfbVersion, mayBeRfb, RFB_VERSION_BYTES, rfbProtection } from '../../../decode/protocols/rfb.ts';
import type { Facts, StreamListener, StreamView } from '../facts.ts';
import { beginsTls } from './tls.ts';

/** From this version on the client chooses (§7.1.2); before it the server decides, in four bytes. */
const CLIENT_CHOOSES = 7;

/** The server speaks first. */
function readVersion(view: StreamView, facts: Facts): number {
  const version = decodeRfbVersion(view.bytes, view.start, view.end);
  if (version === undefined) return 0;
  facts.service('vnc', 'grammar');
  view.memo['side'] = view.peer['side'] === 'server' ? 'client' : 'server';
  view.memo['minor'] = version.minor;
  return RFB_VERSION_BYTES;
}

/** Bytes of the message that says the security type: read from the side that decides; 0 where it is not there yet. */
function readSecurity(view: StreamView, at: number, facts: Facts): number {
  const byClient = Math.min(Number(view.memo['minor']), Number(view.peer['minor'] ?? 0)) >= CLIENT_CHOOSES;
  const isDeciding = byClient ? view.memo['side'] === 'client' : view.memo['side'] === 'server' && isOld(view);
  const length = byClient ? 1 : 4;
  if (!isDeciding || view.end - at < length) return 0;
  const type = byClient ? view.bytes[at]! : u32(view.bytes, at);
  view.memo['security'] = type;
  if (rfbProtection(type) === 'clear') facts.mark('clear:vnc');
  return length;
}

function isOld({ memo, peer }: StreamView): boolean {
  return Number(memo['minor']) < CLIENT_CHOOSES || Number(peer['minor'] ?? CLIENT_CHOOSES) < CLIENT_CHOOSES;
}

function isTlsDue({ memo, peer }: StreamView): boolean {
  return rfbProtection(Number(memo['security'] ?? peer['security'] ?? 0)) === 'tls';
}

export const vnc: StreamListener = {
  service: 'vnc',
  ports: [5900],
  anyPort: true,
  recognise(view) {
    if (decodeRfbVersion(view.bytes, view.start, view.end) !== undefined) return 'yes';
    const isBegun = view.end - view.start < RFB_VERSION_BYTES && mayBeRfb(view.bytes, view.start, view.end);
    return isBegun && !view.full ? 'more' : 'no';
  },
  read(view, facts) {
    if (isTlsDue(view) && beginsTls(view.bytes, view.start, view.end)) {
      view.memo['clear-start'] = 'vnc';
      view.handsOver = true;
      return;
    }
    const begun = view.memo['side'] === undefined ? readVersion(view, facts) : 0;
    if (view.memo['security'] === undefined) readSecurity(view, view.start + begun, facts);
    view.used = view.end - view.start;
  },
};
