// How far a conversation has shown to be QUIC: one header is a claim, the other side's answer to it a proof. Kept in the memos
// of the two directions; the listener in protocols/datagram-tls.ts asks for every datagram.

import type { GoogleQuicFacts } from '../../decode/protocols/quic/google-quic.ts';
import type { QuicForm } from '../../decode/protocols/quic/quic-form.ts';
import type { DatagramView } from './facts.ts';

/** Long headers whose lengths fit, in one direction, where the other was not captured. */
const ENOUGH_ALONE = 3;

/**
 * Notes a long header. `claimed`: it may be QUIC; `proven`: the other side answered to its connection ids, or several in a
 * row fit; `foreign`: a list of versions, or a header without the fixed bit, that answers nothing.
 */
export function noteLongHeader(form: QuicForm, { memo, peer }: DatagramView): 'proven' | 'claimed' | 'foreign' {
  const answers = peer['scid'] !== undefined && peer['scid'] === form.destination;
  if (form.negotiation) return answers && peer['dcid'] === form.source ? 'proven' : 'foreign';
  if (form.greased && !answers) return 'foreign';
  memo['quic'] = true;
  memo['scid'] = form.source;
  memo['dcid'] = form.destination;
  const fits = Math.min(ENOUGH_ALONE, (typeof memo['fits'] === 'number' ? memo['fits'] : 0) + 1);
  memo['fits'] = fits;
  return answers || fits >= ENOUGH_ALONE ? 'proven' : 'claimed';
}

/** Notes one of Google's own versions; its hello is proof. */
export function noteGoogle(facts: GoogleQuicFacts, { memo }: DatagramView): 'proven' | 'claimed' {
  memo['quic'] = true;
  memo['google'] = true;
  return facts.hello ? 'proven' : 'claimed';
}

/** RFC 9000 §10.3: what is shorter is no packet with a short header. */
const SHORTEST = 21;

/**
 * A short header of a conversation that began with long ones (RFC 9000 §17.3): addressed to the id that the other side
 * chose, or else, since ids may be empty and change, sealed as far as one can see.
 */
export function isShortHeader({ bytes, start, end, whole, memo, peer }: DatagramView): boolean {
  const begun = memo['quic'] === true || peer['quic'] === true;
  if (!begun || bytes[start]! >= 0x80 || (whole && end - start < SHORTEST)) return false;
  const google = memo['google'] === true || peer['google'] === true;
  if (google) return looksSealed(bytes, start + 1, end);
  return isAddressed(bytes, start + 1, end, peer['scid']) || looksSealed(bytes, start + 1, end);
}

function isAddressed(bytes: Uint8Array, at: number, end: number, id: string | number | boolean | undefined): boolean {
  if (typeof id !== 'string' || id === '' || at + id.length / 2 > end) return false;
  for (let i = 0; i < id.length / 2; i++) {
    if (bytes[at + i] !== Number.parseInt(id.slice(i * 2, i * 2 + 2), 16)) return false;
  }
  return true;
}

const LOOK = 64;
const seen = new Uint8Array(256);

/** Of the first 64 bytes at most a quarter repeat another: of random ones 1 in 10,000 has more, of numbers and text nearly all. */
function looksSealed(bytes: Uint8Array, start: number, end: number): boolean {
  const stop = Math.min(end, start + LOOK);
  let different = 0;
  for (let i = start; i < stop; i++) {
    if (seen[bytes[i]!] === 0) different++;
    seen[bytes[i]!] = 1;
  }
  for (let i = start; i < stop; i++) seen[bytes[i]!] = 0;
  return (stop - start - different) * 4 <= stop - start;
}
