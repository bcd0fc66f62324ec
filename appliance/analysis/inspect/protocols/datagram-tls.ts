// DTLS and QUIC: what their first messages show of name and version.
import { type DtlsFacts, decodeDtls, type HelloFragment, readHello } from '../../../decode/protocols/dtls.ts';
import {
  type CryptoPiece,
  cryptoHello,
  decodeQuic,
  isGoogleQuic,
  joinCrypto,
  type QuicFacts,
} from '../../../decode/protocols/quic.ts';
import type { DatagramListener, DatagramView, Facts, StreamMemo } from '../facts.ts';
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
    tellDtls(message, view, facts);
    if (message.fragment !== undefined) tellDtls(joinHello(message.fragment, view.memo), view, facts);
    return true;
  },
};

type Hellos = Partial<Pick<DtlsFacts, 'clientHello' | 'serverHello'>>;

function tellDtls({ clientHello, serverHello }: Hellos, view: DatagramView, facts: Facts): void {
  if (clientHello !== undefined) tellClientHello(clientHello, 'dtls', view, facts);
  if (serverHello !== undefined) tellServerHello(serverHello, view, facts);
}

/** The hello when its last fragment comes, in whichever order; sent again, it is told again. */
function joinHello(fragment: HelloFragment, memo: StreamMemo): Hellos {
  const { type, message, length, offset, bytes } = fragment;
  const name = `${type} ${message} ${length}`;
  const before = memo['hello'] === name ? heldPieces(memo) : [];
  const pieces = [...before, { offset, bytes }];
  memo['hello'] = name;
  const joined = joinCrypto(pieces);
  if (joined.length >= length) {
    memo['crypto'] = '';
    return readHello(type, joined.subarray(0, length));
  }
  hold(memo, pieces);
  return {};
}

function versionName(version: number): string {
  if (version === 1) return 'v1';
  if (version === 0x6b3343cf) return 'v2';
  if (version >>> 8 === 0xff0000) return `draft-${version & 0xff}`;
  return version === 0 ? 'negotiation' : `0x${version.toString(16).padStart(8, '0')}`;
}

/** Characters of a half-seen hello kept between datagrams: one full datagram, since the second completes it. */
const MAX_HELD = 2048;

/** `offset base64` pieces, kept in the memo until the hello is whole. */
function heldPieces(memo: StreamMemo): CryptoPiece[] {
  const held = memo['crypto'];
  if (typeof held !== 'string' || held === '') return [];
  return held.split(',').map((piece) => {
    const colon = piece.indexOf(':');
    return { offset: Number(piece.slice(0, colon)), bytes: Buffer.from(piece.slice(colon + 1), 'base64') };
  });
}

function hold(memo: StreamMemo, pieces: readonly CryptoPiece[]): void {
  const text = pieces.map(({ offset, bytes }) => `${offset}:${Buffer.from(bytes).toString('base64')}`).join(',');
  memo['crypto'] = text.length <= MAX_HELD ? text : '';
}

/** A hello may be spread over datagrams and is sent again when lost: it is told once per connection. */
function tellHello(packet: QuicFacts, view: DatagramView, facts: Facts): void {
  if (view.memo['told'] === packet.connection || packet.crypto.length === 0) return;
  const pieces = [...heldPieces(view.memo), ...packet.crypto];
  const hello = cryptoHello(joinCrypto(pieces));
  if (hello === undefined) return hold(view.memo, pieces);
  view.memo['told'] = packet.connection;
  view.memo['crypto'] = '';
  if (hello.server !== undefined) return tellServerHello(hello.server, view, facts);
  if (hello.client === undefined) return;
  view.memo['cid'] = packet.connection;
  tellClientHello(hello.client, 'quic', view, facts);
  if (hello.client.serverName !== undefined) facts.count('quic.sni', hello.client.serverName);
}

export const quic: DatagramListener = {
  service: 'quic',
  ports: [443],
  anyPort: true,
  read(view, facts) {
    const asked = view.peer['cid'];
    const clientCid = typeof asked === 'string' ? Buffer.from(asked, 'hex') : undefined;
    const packet = decodeQuic(view.bytes, view.start, view.end, clientCid);
    if (packet === undefined) return readWithoutLongHeader(view, facts);
    facts.service('quic', 'grammar');
    facts.mark('encrypted:quic');
    if (packet.type === 'initial' || packet.type === 'negotiation') {
      facts.count('quic.versions', versionName(packet.version));
    }
    view.memo['quic'] = true;
    tellHello(packet, view, facts);
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
