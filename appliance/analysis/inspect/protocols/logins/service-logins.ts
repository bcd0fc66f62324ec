// LDAP (RFC 4511) and AMQP (0-9-1, 1.0): messages with lengths, of which those that log in are read and the rest passes by.

import { elementAt, INTEGER, OCTETS, SEQUENCE } from '../../../../decode/ber.ts';
import { startsWith, textAt, u16, u32 } from '../../../../decode/octets.ts';
import { inspectLogin } from '../../cleartext.ts';
import type { Facts, StreamListener, StreamView } from '../../facts.ts';
import { readUpgradable } from '../upgrade.ts';
import { MAX_LOGIN_BYTES, type Message, readMessages } from './login-messages.ts';
import { placeOf } from './sasl.ts';

const BIND_REQUEST = 0x60;
/** RFC 4511 §4.2 to §4.14: [APPLICATION 0] to [APPLICATION 25]. */
const OPERATIONS: ReadonlySet<number> = new Set([
  0x60, 0x61, 0x42, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x4a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x50, 0x73, 0x77,
  0x78, 0x79,
]);
const SIMPLE = 0x80;
const SASL = 0xa3;

/** LDAPMessage: a sequence that begins with a number and an operation. */
function ldapAt({ bytes, end }: StreamView, at: number): Message | undefined {
  const message = bytes[at] === SEQUENCE ? elementAt(bytes, at, end) : undefined;
  const id = message === undefined ? undefined : elementAt(bytes, message.start, end);
  if (message === undefined || id?.tag !== INTEGER || id.end - id.start > 4 || id.end >= end) return undefined;
  const operation = bytes[id.end] ?? 0;
  if (id.end >= message.end || !OPERATIONS.has(operation)) return undefined;
  return { bytes: message.end - at, isLogin: operation === BIND_REQUEST };
}

/** RFC 4511 §4.2: version, name, and a password or a mechanism with its first answer. An empty password is anonymous. */
function tellBind(at: number, end: number, view: StreamView, facts: Facts): void {
  const { bytes } = view;
  const message = elementAt(bytes, at, end);
  const id = message === undefined ? undefined : elementAt(bytes, message.start, end);
  const bind = id === undefined ? undefined : elementAt(bytes, id.end, end);
  const version = bind === undefined ? undefined : elementAt(bytes, bind.start, end);
  const name = version === undefined ? undefined : elementAt(bytes, version.end, end);
  const secret = name === undefined ? undefined : elementAt(bytes, name.end, end);
  if (name?.tag !== OCTETS || secret === undefined || secret.end > end) return;
  if (secret.tag === SIMPLE && secret.end > secret.start) {
    const password = textAt(bytes, secret.start, secret.end);
    inspectLogin(facts, placeOf(view, 'LDAP'), 'CRED-15', textAt(bytes, name.start, name.end), password);
  }
  if (secret.tag !== SASL) return;
  const mechanism = elementAt(bytes, secret.start, secret.end);
  const answer = mechanism === undefined ? undefined : elementAt(bytes, mechanism.end, secret.end);
  if (mechanism === undefined || answer === undefined || answer.end > secret.end) return;
  if (textAt(bytes, mechanism.start, mechanism.end) === 'PLAIN') {
    tellPlain(textAt(bytes, answer.start, answer.end), 'LDAP', view, facts);
  }
}

/** RFC 4616, not in Base64 here. */
function tellPlain(answer: string, service: string, view: StreamView, facts: Facts): void {
  const [, user, password] = answer.split('\0');
  if (user !== undefined && password !== undefined) {
    inspectLogin(facts, placeOf(view, service), 'CRED-15', user, password);
  }
}

export const ldap: StreamListener = {
  service: 'ldap',
  ports: [389],
  anyPort: true,
  recognise: (view) => (ldapAt(view, view.start) === undefined ? 'no' : 'yes'),
  read(view, facts) {
    readUpgradable(view, facts, 'ldap', () => {
      readMessages(view, ldapAt, (at, end) => {
        if (view.fromInitiator) tellBind(at, end, view, facts);
      });
    });
  },
};

const AMQP_HEADER_BYTES = 8;

/** The header that both versions begin with: `AMQP`, then numbers (0-9-1 §2.2.4: 0 0 9 1; 1.0 §2.2: kind 0, 2 or 3, then 1 0 0). */
function isAmqpHeader({ bytes, end }: StreamView, at: number): boolean {
  if (!startsWith(bytes, at, end, 'AMQP') || end - at < AMQP_HEADER_BYTES) return false;
  const is091 = u32(bytes, at + 4) === 0x0000_0901;
  return is091 || (bytes[at + 4]! <= 3 && bytes[at + 5] === 1 && u16(bytes, at + 6) === 0);
}

const FRAME_END_091 = 0xce;
/** Class 10, method 11 (Connection.Start-Ok), behind a method frame's header. */
const START_OK = 0x000a_000b;
/** Descriptor of sasl-init (1.0, part 5 §5.3.3.2). */
const SASL_INIT = '\0SA';

function amqpAt(view: StreamView, at: number): Message | undefined {
  const { bytes, end } = view;
  if (isAmqpHeader(view, at)) {
    view.memo['amqp'] = bytes[at + 5] === 1 ? '1.0' : '0-9-1';
    return { bytes: AMQP_HEADER_BYTES, isLogin: false };
  }
  const version = view.memo['amqp'] ?? view.peer['amqp'];
  if (version === '0-9-1' && end - at >= 11) {
    const length = u32(bytes, at + 3) + 8;
    const last = bytes[at + length - 1];
    const isFrame = bytes[at]! >= 1 && bytes[at]! <= 8 && (at + length > end || last === FRAME_END_091);
    return isFrame ? { bytes: length, isLogin: bytes[at] === 1 && u32(bytes, at + 7) === START_OK } : undefined;
  }
  if (version === '1.0' && end - at >= 11) {
    const length = u32(bytes, at);
    return length >= 8 ? { bytes: length, isLogin: startsWith(bytes, at + 8, end, SASL_INIT) } : undefined;
  }
  return undefined;
}

/** Mechanism and answer of either version. */
function tellAmqpLogin(at: number, end: number, view: StreamView, facts: Facts): void {
  const { bytes } = view;
  const is091 = view.memo['amqp'] === '0-9-1';
  // 0-9-1: properties with four octets of length. 1.0: a list with lengths of one octet or of four.
  const mechanismAt = is091 ? at + 15 + u32(bytes, at + 11) : at + 11 + (bytes[at + 11] === 0xd0 ? 10 : 4);
  const mechanismEnd = mechanismAt + 1 + (bytes[mechanismAt] ?? 0);
  const mechanism = textAt(bytes, mechanismAt + 1, Math.min(mechanismEnd, end));
  const isLong = is091 || bytes[mechanismEnd] === 0xb0;
  const lengthAt = is091 ? mechanismEnd : mechanismEnd + 1;
  const answerAt = lengthAt + (isLong ? 4 : 1);
  const answerEnd = answerAt + (isLong ? u32(bytes, lengthAt) : (bytes[lengthAt] ?? 0));
  if (answerEnd > end) return;
  const answer = textAt(bytes, answerAt, answerEnd, MAX_LOGIN_BYTES);
  if (mechanism === 'PLAIN') tellPlain(answer, 'AMQP', view, facts);
  if (mechanism !== 'AMQPLAIN') return;
  const password = tableText(bytes, answerAt, answerEnd, 'PASSWORD');
  const user = tableText(bytes, answerAt, answerEnd, 'LOGIN') ?? '';
  if (password !== undefined) inspectLogin(facts, placeOf(view, 'AMQP'), 'CRED-15', user, password);
}

/** A long string in a field table (0-9-1 §4.2.5.5): length and name, `S`, four octets of length, text. */
function tableText(bytes: Uint8Array, start: number, end: number, name: string): string | undefined {
  for (let at = start; at < end; ) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    if (bytes[nameEnd] !== 0x53 || nameEnd + 5 > end) return undefined;
    const textEnd = nameEnd + 5 + u32(bytes, nameEnd + 1);
    if (textAt(bytes, at + 1, nameEnd) === name) return textEnd > end ? undefined : textAt(bytes, nameEnd + 5, textEnd);
    at = textEnd;
  }
  return undefined;
}

export const amqp: StreamListener = {
  service: 'amqp',
  ports: [5672],
  anyPort: true,
  recognise(view) {
    if (isAmqpHeader(view, view.start)) return 'yes';
    return amqpAt(view, view.start) === undefined ? 'no' : 'yes';
  },
  read(view, facts) {
    readUpgradable(view, facts, 'amqp', () => {
      readMessages(view, amqpAt, (at, end) => {
        if (view.fromInitiator) tellAmqpLogin(at, end, view, facts);
      });
    });
  },
};
