// First messages of protocols that lead to TLS or to anything else (proxies, databases, remote desktops). They are named
// here; what follows them is recognised again.

import { indexOfByte, startsWith, textAt, u16 } from '../../../decode/octets.ts';
import { inspectLogin } from '../cleartext.ts';
import type { Facts, StreamListener, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';

/** Bytes of a first message of this protocol at the start of the view; 0 where there is none. */
type Preamble = (view: StreamView) => number;
/** What such a message gives away. */
type Report = (view: StreamView, facts: Facts) => void;

function clearStart(service: string, ports: readonly number[], preamble: Preamble, report?: Report): StreamListener {
  return {
    service,
    ports,
    anyPort: true,
    recognise: (view) => (preamble(view) > 0 ? 'yes' : 'no'),
    read(view, facts) {
      const bytes = preamble(view);
      if (bytes > 0) tellStart(service, view, facts);
      if (bytes > 0) report?.(view, facts);
      view.used = bytes;
      view.handsOver = true;
    },
  };
}

function tellStart(service: string, view: StreamView, facts: Facts): void {
  facts.service(service, 'grammar');
  facts.mark(`clear:${service}`);
  view.memo['clear-start'] = service;
}

function isAnswerTo(service: string, { peer }: StreamView): boolean {
  return peer['clear-start'] === service;
}

/** One is enough: a flood of first messages must not be handed over again and again. */
const isFirst = ({ memo }: StreamView): boolean => memo['clear-start'] === undefined;

const PROXY_2 = '\r\n\r\n\0\r\nQUIT\n';

/** The header that a proxy puts before a connection (haproxy.org, "The PROXY protocol", §2). */
const proxy: Preamble = (view) => {
  const { bytes, start, end } = view;
  if (!isFirst(view)) return 0;
  if (startsWith(bytes, start, end, 'PROXY '))
    return indexOfByte(bytes, 10, start, Math.min(end, start + 108)) + 1 - start;
  const length = 16 + u16(bytes, start + 14);
  return startsWith(bytes, start, end, PROXY_2) && end - start >= length ? length : 0;
};

const SOCKS_5 = 5;
const SOCKS_4 = 4;

/** RFC 1928 §3 to §6, RFC 1929, and version 4: each message is a segment of its own. */
const socks: Preamble = (view) => {
  const { bytes, start, end } = view;
  const size = end - start;
  const second = bytes[start + 1] ?? 0;
  if (socksLogin(view) !== undefined) return size;
  if (isAnswerTo('socks', view)) return isSocksAnswer(view) ? size : 0;
  if (bytes[start] === SOCKS_4) return isSocks4(view) ? size : 0;
  if (bytes[start] !== SOCKS_5) return 0;
  const isGreeting = second >= 1 && second <= 8 && size === 2 + second;
  const isRequest = view.memo['clear-start'] === 'socks' && size >= 8 && second <= 3 && bytes[start + 2] === 0;
  return isGreeting || isRequest ? size : 0;
};

const LOGIN_VERSION = 1;

/** RFC 1929 §2: version, length and name, length and password. */
function socksLogin({ bytes, start, end, memo }: StreamView): { user: string; password: string } | undefined {
  if (memo['clear-start'] !== 'socks' || bytes[start] !== LOGIN_VERSION) return undefined;
  const userEnd = start + 2 + (bytes[start + 1] ?? 0);
  const passwordEnd = userEnd + 1 + (bytes[userEnd] ?? 0);
  if (passwordEnd !== end) return undefined;
  return { user: textAt(bytes, start + 2, userEnd), password: textAt(bytes, userEnd + 1, passwordEnd) };
}

const tellSocksLogin: Report = (view, facts) => {
  const login = socksLogin(view);
  if (login === undefined) return;
  const place = { device: deviceOf(view), channel: `SOCKS ${view.destinationIp()}` };
  inspectLogin(facts, place, 'CRED-14', login.user, login.password);
};

function isSocks4({ bytes, start, end }: StreamView): boolean {
  const command = bytes[start + 1] ?? 0;
  return end - start >= 9 && end - start < 300 && (command === 1 || command === 2) && bytes[end - 1] === 0;
}

function isSocksAnswer({ bytes, start, end }: StreamView): boolean {
  const size = end - start;
  if (bytes[start] === 0) return size === 8; // version 4
  if (bytes[start] === LOGIN_VERSION) return size === 2;
  return bytes[start] === SOCKS_5 && (size === 2 || (size >= 10 && size <= 262 && bytes[start + 2] === 0));
}

/** SSLRequest and GSSENCRequest (PostgreSQL, "Message Formats"), answered by one letter. */
const postgresql: Preamble = (view) => {
  const { bytes, start, end } = view;
  if (!isFirst(view)) return 0;
  if (isAnswerTo('postgresql', view)) return end > start && 'SNG'.includes(String.fromCharCode(bytes[start]!)) ? 1 : 0;
  if (end - start !== 8 || !startsWith(bytes, start, end, '\0\0\0\x08\x04\xd2\x16')) return 0;
  return bytes[start + 7] === 0x2f || bytes[start + 7] === 0x30 ? 8 : 0;
};

const MYSQL_SSL = 0x08;

/** Greeting of version 10, and the request for TLS (MySQL, "Connection Phase"): three bytes of length, a number, the packet. */
const mysql: Preamble = (view) => {
  const { bytes, start, end } = view;
  if (!isFirst(view)) return 0;
  const length = 4 + (bytes[start] ?? 0) + (bytes[start + 1] ?? 0) * 256;
  if (end - start < length || bytes[start + 2] !== 0) return 0;
  const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
  const isGreeting = bytes[start + 3] === 0 && bytes[start + 4] === 10 && isDigit(bytes[start + 5]) && length >= 40;
  const isRequest =
    isAnswerTo('mysql', view) && bytes[start + 3] === 1 && length === 36 && (bytes[start + 5]! & MYSQL_SSL) !== 0;
  return isGreeting || isRequest ? length : 0;
};

/** Connection request and confirmation of X.224 in a TPKT (MS-RDPBCGR §2.2.1.1). */
const rdp: Preamble = ({ bytes, start, end }) => {
  const length = u16(bytes, start + 2);
  const type = (bytes[start + 5] ?? 0) & 0xf0;
  const isTpkt = bytes[start] === 3 && bytes[start + 1] === 0 && length === end - start && length >= 11;
  return isTpkt && bytes[start + 4] === length - 5 && (type === 0xe0 || type === 0xd0) ? length : 0;
};

export const CLEAR_STARTS: readonly StreamListener[] = [
  clearStart('proxy', [], proxy),
  clearStart('socks', [1080], socks, tellSocksLogin),
  clearStart('postgresql', [5432], postgresql),
  clearStart('mysql', [3306], mysql),
  clearStart('rdp', [3389], rdp),
];
