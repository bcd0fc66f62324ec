// ClientHello and ServerHello bytes for the tests of TLS, DTLS and QUIC.
import { be16, vector8, vector16, vector24, wire } from './fixture.ts';

function extension(type: number, body: Uint8Array): Uint8Array {
  return wire(be16(type), vector16(body));
}

/** Body of a ClientHello; `cookie` where DTLS is spoken. */
export function clientHelloBody(serverName: string, options: { cookie?: boolean; version?: number } = {}): Uint8Array {
  return wire(
    be16(options.version ?? 0x0303), // legacy_version
    new Uint8Array(32).fill(7), // random
    vector8(new Uint8Array(32).fill(9)), // legacy_session_id
    options.cookie === true ? vector8() : [],
    vector16(be16(0x1a1a), be16(0x1301), be16(0x1302), be16(0xc02f)), // GREASE, three ciphers
    vector8(0), // null compression
    vector16(
      extension(0x2a2a, wire()), // GREASE
      extension(0, vector16(0, vector16(serverName))), // server_name
      extension(10, vector16(be16(0x3a3a), be16(29), be16(23))), // supported_groups
      extension(11, vector8(0)), // ec_point_formats
      extension(13, vector16(be16(0x0403), be16(0x0804))), // signature_algorithms
      extension(16, vector16(vector8('h2'), vector8('http/1.1'))), // ALPN
      extension(43, vector8(be16(0x4a4a), be16(0x0304), be16(0x0303))), // supported_versions
    ),
  );
}

export function handshake(type: number, body: Uint8Array): Uint8Array {
  return wire(type, vector24(body));
}

export function record(type: number, version: number, body: Uint8Array): Uint8Array {
  return wire(type, be16(version), vector16(body));
}

/** ServerHello that agrees on `supported`, or on TLS 1.2 where it is undefined. */
export function serverHelloBody(supported: number | undefined): Uint8Array {
  return wire(
    be16(0x0303),
    new Uint8Array(32).fill(5), // random
    vector8(), // session id
    be16(0x1301), // cipher suite
    0, // compression
    vector16(supported === undefined ? wire() : extension(43, wire(be16(supported)))),
  );
}
