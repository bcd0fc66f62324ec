// DTLS and QUIC: what their first messages show of name and version, however many datagrams those take.

import {
  decodeDtls,
  type HandshakeFacts,
  type HandshakeFragment,
  readHandshake,
} from '../../../decode/protocols/dtls.ts';
import { cryptoHello, decodeQuic, isGoogleQuic, type QuicFacts } from '../../../decode/protocols/quic.ts';
import type { DatagramListener, DatagramView, Facts } from '../facts.ts';
import type { Joiner } from '../message-joiner.ts';
import { tellClientHello, tellHandshake, tellServerHello } from './tls.ts';

export const dtls: DatagramListener = {
  service: 'dtls',
  ports: [5684, 443, 4433],
  anyPort: true,
  read(view, facts) {
    const message = decodeDtls(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    facts.service('dtls', 'grammar');
    facts.mark('encrypted:dtls');
    for (const fragment of message.fragments) tellHandshake(joinHandshake(fragment, view), 'dtls', view, facts);
    return true;
  },
};

/** The message when its last fragment comes, in whichever order; sent again, it is told again. */
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

function versionName(version: number): string {
  if (version === 1) return 'v1';
  if (version === 0x6b3343cf) return 'v2';
  if (version >>> 8 === 0xff0000) return `draft-${version & 0xff}`;
  return version === 0 ? 'negotiation' : `0x${version.toString(16).padStart(8, '0')}`;
}

const CRYPTO = 'crypto';

function textOf(value: string | number | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A hello may be spread over datagrams and is sent again when lost: it is told once per connection and side. */
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
    const first = { own: textOf(view.memo['cid']), peer: textOf(view.peer['cid']) };
    const packet = decodeQuic(view.bytes, view.start, view.end, first);
    if (packet === undefined) return readWithoutLongHeader(view, facts);
    facts.service('quic', 'grammar');
    facts.mark('encrypted:quic');
    if (packet.type === 'initial' || packet.type === 'negotiation') {
      facts.count('quic.versions', versionName(packet.version));
    }
    view.memo['quic'] = true;
    if (packet.crypto.length > 0) tellHello(packet, view, facts);
    return true;
  },
};

/** Short headers (RFC 9000 §17.3) are believed in a conversation that began with long ones. */
function readWithoutLongHeader(view: DatagramView, facts: Facts): boolean {
  const begun = view.memo['quic'] === true || view.peer['quic'] === true;
  if (begun) return (view.bytes[view.start] ?? 0) < 0x80;
  if (!isGoogleQuic(view.bytes, view.start, view.end)) return false;
  facts.service('quic', 'magic');
  facts.count('quic.versions', 'gQUIC');
  return true;
}
