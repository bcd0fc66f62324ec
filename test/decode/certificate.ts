// A self-signed certificate's DER bytes (RFC 5280 §4.1) for the TLS tests; its signature is filler, nobody verifies it.
import { be16, wire } from './fixture.ts';

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = wire(...parts);
  const length = body.length < 128 ? [body.length] : [0x82, ...be16(body.length)];
  return wire(tag, length, body);
}

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => der(0x30, ...parts);
const ALGORITHM = sequence(der(0x06, wire([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))); // ecdsa-with-SHA256

/** commonName as UTF8String. */
const NAME = sequence(der(0x31, sequence(der(0x06, wire([0x55, 4, 3])), der(0x0c, wire('camera.example')))));

const ALT_NAMES = sequence(
  der(0x82, wire('camera.example')), // dNSName
  der(0x82, wire('*.cam.example')),
  der(0x87, wire([192, 0, 2, 5])), // iPAddress
);

export function certificate(): Uint8Array {
  const body = sequence(
    der(0xa0, der(0x02, wire(2))), // version 3
    der(0x02, wire(1)), // serial
    ALGORITHM,
    NAME, // issuer
    sequence(der(0x17, wire('260101000000Z')), der(0x17, wire('360101000000Z'))), // validity
    NAME, // subject
    sequence(ALGORITHM, der(0x03, wire(0, 4, new Uint8Array(64)))), // public key
    der(0xa3, sequence(sequence(der(0x06, wire([0x55, 0x1d, 17])), der(0x04, ALT_NAMES)))),
  );
  return sequence(body, ALGORITHM, der(0x03, wire(0, new Uint8Array(70))));
}
