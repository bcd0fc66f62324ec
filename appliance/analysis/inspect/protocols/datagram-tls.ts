// DTLS and QUIC: what their first messages show of name and version, however many datagrams those take.

import {
  decodeDtls,
  type HandshakeFacts,
  type HandshakeFragment,
  isUnified,
  readHandshake,
} from '../../../decode/protocols/dtls.ts';
import { decodeGoogleQuic, type GoogleQuicFacts } from '../../../decode/protocols/quic/google-quic.ts';
import { cryptoHello, decodeQuic, type QuicFacts } from '../../../decode/protocols/quic/quic.ts';
import { quicForm } from '../../../decode/protocols/quic/quic-form.ts';
import { versionName } from '../../../decode/protocols/quic/quic-version.ts';
import type { DatagramListener, DatagramView, Facts } from '../facts.ts';
import { isShortHeader, noteGoogle, noteLongHeader } from '../quic-standing.ts';
import type { Joiner } from '../streams/message-joiner.ts';
import { tellClientHello, tellHandshake, tellServerHello } from './tls.ts';

export const dtls: DatagramListener = {
  service: 'dtls',
  ports: [5684, 443, 4433],
  anyPort: true,
  read(view, facts) {
    const message = decodeDtls(view.bytes, view.start, view.end);
    if (message === undefined) return readUnified(view, facts);
    view.memo['dtls'] = true;
    facts.service('dtls', 'grammar');
    facts.mark('encrypted:dtls');
    for (const fragment of message.fragments) tellHandshake(joinHandshake(fragment, view), 'dtls', view, facts);
    return true;
  },
};

/**
 * DTLS 1.3 behind its hellos. Of a conversation seen from its middle on the short form proves nothing: makers' own protocols
 * have first bytes and lengths that fit it as well.
 */
function readUnified(view: DatagramView, facts: Facts): boolean {
  const isBehindHello = view.memo['dtls'] === true || view.peer['dtls'] === true;
  if (!isBehindHello || !isUnified(view.bytes, view.start, view.end)) return false;
  facts.mark('encrypted:dtls');
  return true;
}

/** The message when its last fragment comes, in whichever order; sent again, it is reported again. */
function joinHandshake(fragment: HandshakeFragment, view: DatagramView): HandshakeFacts {
  const { type, message, length, offset, bytes } = fragment;
  if (bytes.length === length) return readHandshake(type, bytes);
  const joiner = view.joiner();
  const name = `handshake ${type} ${message} ${length}`;
  keepOne(joiner, name, view);
  if (!joiner.add(name, offset, bytes, 0, bytes.length)) joiner.cut++;
  if (joiner.size(name) < length) return {};
  const facts = readHandshake(type, joiner.head(name).slice(0, length));
  joiner.drop(name);
  return facts;
}

/** One incomplete message at a time: the next one gives the last one up. */
function keepOne(joiner: Joiner, name: string, view: DatagramView): void {
  const before = view.memo['handshake'];
  if (typeof before === 'string' && before !== name) joiner.drop(before);
  view.memo['handshake'] = name;
}

const CRYPTO = 'crypto';

function textOf(value: string | number | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A hello may be spread over datagrams and is sent again when lost: it is reported once per connection and side. */
function tellHello(packet: QuicFacts, view: DatagramView, facts: Facts): void {
  const joiner = view.joiner();
  if (packet.keyed !== undefined && packet.keyed !== view.memo['cid']) {
    joiner.drop(CRYPTO);
    view.memo['cid'] = packet.keyed;
  }
  const connection = packet.keyed ?? textOf(view.peer['cid']) ?? '';
  if (view.memo['told'] === connection) return;
  for (const { offset, bytes } of packet.crypto) {
    if (!joiner.add(CRYPTO, offset, bytes, 0, bytes.length)) joiner.cut++;
  }
  const hello = cryptoHello(joiner.head(CRYPTO));
  if (hello === undefined) return;
  view.memo['told'] = connection;
  if (hello.server !== undefined) tellServerHello(hello.server, view, facts);
  if (hello.client !== undefined) tellClientHello(hello.client, 'quic', view, facts);
  if (hello.client?.serverName !== undefined) facts.count('quic.sni', hello.client.serverName);
  joiner.drop(CRYPTO);
}

export const quic: DatagramListener = {
  service: 'quic',
  ports: [443],
  anyPort: true,
  read(view, facts) {
    const form = quicForm(view.bytes, view.start, view.end, view.whole);
    if (form === undefined) return readOtherHeader(view, facts);
    const first = { own: textOf(view.memo['cid']), peer: textOf(view.peer['cid']) };
    const packet = decodeQuic(view.bytes, view.start, view.end, first);
    // What opens under keys made from its own header was sealed with them.
    const opens = packet !== undefined && packet.crypto.length > 0;
    const state = noteLongHeader(opens ? { ...form, greased: false } : form, view);
    if (state === 'foreign') return false;
    tellQuic(state === 'proven' || opens, 'quic', facts);
    if (packet === undefined) return true;
    if (packet.type === 'initial' || packet.type === 'negotiation') {
      facts.count('quic.versions', versionName(packet.version));
    }
    if (packet.crypto.length > 0) tellHello(packet, view, facts);
    return true;
  },
};

function tellQuic(proven: boolean, name: 'quic' | 'gquic', facts: Facts): void {
  facts.service('quic', proven ? 'grammar' : 'magic');
  if (proven) facts.mark(`encrypted:${name}`);
}

/** Short headers (RFC 9000 §17.3), and Google's own. */
function readOtherHeader(view: DatagramView, facts: Facts): boolean {
  const google = decodeGoogleQuic(view.bytes, view.start, view.end);
  if (google === undefined) return isShortHeader(view);
  tellGoogle(google, view, facts);
  return true;
}

function tellGoogle(google: GoogleQuicFacts, view: DatagramView, facts: Facts): void {
  tellQuic(noteGoogle(google, view) === 'proven', 'gquic', facts);
  facts.count('quic.versions', google.version);
  if (google.serverName === undefined || view.memo['told'] === google.serverName) return;
  view.memo['told'] = google.serverName;
  facts.name(google.serverName, 'quic');
  facts.count('quic.sni', google.serverName);
}
