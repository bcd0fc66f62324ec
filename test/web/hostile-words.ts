// Sixty strings that would be more than text in a page that was careless, and packets that carry them: each string in each of nine
// protocols, one device a protocol.

import { connection, type Endpoint, udp } from '../analysis/packets.ts';
import { clientHelloBody, handshake, record as tlsRecord } from '../decode/client-hello.ts';
import { wire } from '../decode/fixture.ts';
import { device, GATEWAY } from '../store/data-folder.ts';
import { encodeConnect, encodePublish } from '../testbed/wire/mqtt.ts';

/** None has a dot: they are one label of a name each. */
const FORMS = [
  '<script>owned=1</script>',
  '"><img src=x onerror=owned=1>',
  "'><svg/onload=owned=1>",
  '</style><script>owned=1</script>',
  '</title><iframe src=//evil>',
  '&lt;b&gt;&#x3c;b&#x3e;',
  'javascript:owned=1',
  '\u202Efdp-exe\u2066',
  '<a href="x" onclick=owned=1>x</a>',
  '{{constructor}}${owned=1}',
];
/** Each form in six dresses: what comes before it, what comes behind it. */
const DRESSES = [
  ['', ''],
  ['a', ''],
  ['"', '"'],
  ['<!--', '-->'],
  ['x ', ' y'],
  ['%3C', '%00'],
] as const;

export const HOSTILE_WORDS: readonly string[] = FORMS.flatMap((form) =>
  DRESSES.map(([before, behind]) => `${before}${form}${behind}`),
);

const MOST_LABEL = 63;

function label(word: string): Buffer {
  const bytes = Buffer.from(word).subarray(0, MOST_LABEL);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** A name of the word and `tail`, asked for (RFC 1035 §4.1). */
function question(word: string, tail: string): Buffer {
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const end = Buffer.from([0, 0, 1, 0, 1]);
  return Buffer.concat([header, label(word), ...tail.split('.').map(label), end]);
}

/** DHCPREQUEST (RFC 2131 §2) with host name (12), vendor class (60) and requested address (50). */
function dhcp(mac: string, word: string): Buffer {
  const fixed = Buffer.alloc(236);
  fixed.set([1, 1, 6, 0]);
  Buffer.from(mac.replaceAll(':', ''), 'hex').copy(fixed, 28);
  const option = (code: number, bytes: Buffer) => Buffer.concat([Buffer.from([code, bytes.length]), bytes]);
  const options = [option(53, Buffer.from([3])), option(12, Buffer.from(word)), option(60, Buffer.from(word))];
  return Buffer.concat([fixed, Buffer.from([0x63, 0x82, 0x53, 0x63]), ...options, Buffer.from([255])]);
}

/** GET with Uri-Host (3) and Uri-Path (11) below 13 bytes more each (RFC 7252 §3.1). */
function coap(word: string): Buffer {
  const bytes = Buffer.from(word);
  const option = (delta: number) => Buffer.concat([Buffer.from([(delta << 4) | 13, bytes.length - 13]), bytes]);
  return Buffer.concat([Buffer.from([0x40, 1, 0x12, 0x34]), option(3), option(8)]);
}

interface Protocol {
  readonly name: string;
  readonly port: number;
  readonly proto: 'tcp' | 'udp';
  readonly say: (word: string, mac: string) => Uint8Array;
}

const text = (lines: readonly string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);

export const PROTOCOLS: readonly Protocol[] = [
  { name: 'DNS', port: 53, proto: 'udp', say: (word) => question(word, 'example.com') },
  { name: 'mDNS', port: 5353, proto: 'udp', say: (word) => question(word, '_http._tcp.local') },
  { name: 'DHCP', port: 67, proto: 'udp', say: (word, mac) => dhcp(mac, word) },
  {
    name: 'HTTP',
    port: 80,
    proto: 'tcp',
    say: (word) =>
      text([
        `GET /${word}?password=${word} HTTP/1.1`,
        `Host: ${word}`,
        `User-Agent: ${word}`,
        `Cookie: session=${word}`,
      ]),
  },
  { name: 'TLS', port: 443, proto: 'tcp', say: (word) => tlsRecord(22, 0x0301, handshake(1, clientHelloBody(word))) },
  {
    name: 'SSDP',
    port: 1900,
    proto: 'udp',
    say: (word) =>
      text(['NOTIFY * HTTP/1.1', `SERVER: ${word}`, `USN: ${word}`, `LOCATION: http://${word}/`, 'NTS: ssdp:alive']),
  },
  {
    name: 'MQTT',
    port: 1883,
    proto: 'tcp',
    say: (word) =>
      wire(encodeConnect(word, word, word, 60), encodePublish(word, Buffer.from(`{"name":${JSON.stringify(word)}}`))),
  },
  { name: 'CoAP', port: 5683, proto: 'udp', say: (word) => coap(word.padEnd(14, '.')) },
  { name: 'FTP', port: 21, proto: 'tcp', say: (word) => Buffer.from(`USER ${word}\r\nPASS ${word}\r\n`) },
];

/** Frames of the `n`th protocol's device, which has the number `n + 1`. */
export function hostileFrames(n: number): Uint8Array[] {
  const protocol = PROTOCOLS[n];
  if (protocol === undefined) throw new TypeError('no such protocol');
  const mac = device(n + 1);
  return HOSTILE_WORDS.flatMap((word, i) => {
    const near: Endpoint = { mac, ip: `10.0.0.${n + 11}`, port: 40_000 + i };
    const far: Endpoint = { mac: GATEWAY, ip: '93.184.216.34', port: protocol.port };
    const payload = protocol.say(word, mac);
    return protocol.proto === 'udp' ? [udp(near, far, payload)] : connection(near, far, [[0, payload]]);
  });
}
