// PostgreSQL and MySQL after their first message where no TLS follows (clear-start.ts): who logs in, and by which method.

import { indexOfByte, textAt, u32, u32le } from '../../../../decode/octets.ts';
import { inspectHashedLogin, inspectLogin } from '../../cleartext.ts';
import type { Facts, StreamListener, StreamView } from '../../facts.ts';
import { MAX_LOGIN_BYTES, type Message, readMessages } from './login-messages.ts';
import { placeOf, textOf } from './sasl.ts';

/** The end of a text that a zero byte ends, or `end` where there is none. */
function zeroAt(bytes: Uint8Array, start: number, end: number): number {
  const at = indexOfByte(bytes, 0, start, end);
  return at < 0 ? end : at;
}

/** Version 3.0 (PostgreSQL, "Message Formats", StartupMessage). */
const VERSION_3 = 0x0003_0000;
const AUTHENTICATION = 0x52;
const PASSWORD = 0x70;
/** AuthenticationCleartextPassword and AuthenticationMD5Password. */
const ASKS_CLEAR = 3;
const ASKS_MD5 = 5;

function isStartup({ bytes, end }: StreamView, at: number): boolean {
  const length = u32(bytes, at);
  return end - at >= 9 && u32(bytes, at + 4) === VERSION_3 && length >= 9 && length <= MAX_LOGIN_BYTES;
}

function postgresqlAt(view: StreamView, at: number): Message | undefined {
  const { bytes, end, memo, fromInitiator } = view;
  if (fromInitiator && memo['database'] === undefined) {
    return isStartup(view, at) ? { bytes: u32(bytes, at), isLogin: true } : undefined;
  }
  const length = u32(bytes, at + 1);
  if (end - at < 5 || length < 4) return undefined;
  return { bytes: 1 + length, isLogin: bytes[at] === (fromInitiator ? PASSWORD : AUTHENTICATION) };
}

/** Names and values by turns, each ended by a zero byte. */
function startupUser(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start; at < end; ) {
    const nameEnd = zeroAt(bytes, at, end);
    const valueEnd = zeroAt(bytes, nameEnd + 1, end);
    if (textAt(bytes, at, nameEnd) === 'user') return textAt(bytes, nameEnd + 1, valueEnd);
    at = valueEnd + 1;
  }
  return '';
}

function readPostgresqlLogin(at: number, end: number, view: StreamView, facts: Facts): void {
  const { bytes, memo, peer } = view;
  if (!view.fromInitiator) {
    memo['asks'] ??= u32(bytes, at + 5);
  } else if (memo['database'] === undefined) {
    memo['database'] = 'postgresql';
    memo['user'] = startupUser(bytes, at + 8, end);
  } else if (peer['asks'] === ASKS_CLEAR) {
    const password = textAt(bytes, at + 5, zeroAt(bytes, at + 5, end));
    inspectLogin(facts, placeOf(view, 'PostgreSQL'), 'CRED-15', textOf(memo['user']), password);
  } else if (peer['asks'] === ASKS_MD5) {
    inspectHashedLogin(facts, placeOf(view, 'PostgreSQL'), 'MD5', textOf(memo['user']));
  }
}

export const postgresqlSession: StreamListener = {
  service: 'postgresql',
  ports: [5432],
  anyPort: true,
  recognise(view) {
    if (view.fromInitiator) return isStartup(view, view.start) ? 'yes' : 'no';
    const isAsked = view.peer['database'] === 'postgresql' && view.bytes[view.start] === AUTHENTICATION;
    return isAsked && u32(view.bytes, view.start + 1) >= 8 ? 'yes' : 'no';
  },
  read(view, facts) {
    facts.service('postgresql', 'grammar');
    facts.mark('clear:postgresql');
    readMessages(view, postgresqlAt, (at, end) => readPostgresqlLogin(at, end, view, facts));
  },
};

/** Capabilities of the client (MySQL, "Protocol::HandshakeResponse41"). */
const WITH_DATABASE = 0x0000_0008;
const PROTOCOL_41 = 0x0000_0200;
const WITH_LENGTH = 0x0000_8000;
const WITH_PLUGIN = 0x0008_0000;
const RESPONSE_USER_AT = 36;
/** Protocol::AuthSwitchRequest: another method, by its name. */
const SWITCH = 0xfe;
const CLEAR_METHOD = 'mysql_clear_password';

/** Three bytes of length, a number. */
function mysqlAt(view: StreamView, at: number): Message | undefined {
  const { bytes, end, memo, fromInitiator } = view;
  if (end - at < 5) return undefined;
  const length = 4 + (u32le(bytes, at) & 0xff_ff_ff);
  const mayLogIn = fromInitiator ? memo['login'] !== 'over' : bytes[at + 4] === SWITCH && bytes[at + 3] === 2;
  return { bytes: length, isLogin: mayLogIn };
}

function readMysqlLogin(at: number, end: number, view: StreamView, facts: Facts): void {
  const { bytes, memo, peer } = view;
  if (!view.fromInitiator) {
    memo['asks'] = textAt(bytes, at + 5, zeroAt(bytes, at + 5, end));
  } else if (memo['database'] === undefined) {
    memo['database'] = 'mysql';
    readMysqlResponse(at, end, view, facts);
  } else {
    memo['login'] = 'over';
    if (peer['asks'] !== undefined) tellMysqlLogin(textOf(peer['asks']), at + 4, end, view, facts);
  }
}

/** User name, answer to the greeting, perhaps a database, the name of the method. */
function readMysqlResponse(at: number, end: number, view: StreamView, facts: Facts): void {
  const { bytes, memo } = view;
  const capabilities = u32le(bytes, at + 4);
  const userEnd = zeroAt(bytes, at + RESPONSE_USER_AT, end);
  memo['user'] = textAt(bytes, at + RESPONSE_USER_AT, userEnd);
  const isCounted = (capabilities & WITH_LENGTH) !== 0;
  const start = userEnd + (isCounted ? 2 : 1);
  const answerEnd = isCounted ? start + (bytes[userEnd + 1] ?? 0) : zeroAt(bytes, start, end);
  if (answerEnd > end) return;
  const behind = isCounted ? answerEnd : answerEnd + 1;
  const methodAt = (capabilities & WITH_DATABASE) === 0 ? behind : zeroAt(bytes, behind, end) + 1;
  const hasMethod = (capabilities & WITH_PLUGIN) !== 0;
  tellMysqlLogin(hasMethod ? textAt(bytes, methodAt, zeroAt(bytes, methodAt, end)) : '', start, answerEnd, view, facts);
}

/** Without the method in clear an answer is a hash over the greeting's random bytes; an empty one is no password. */
function tellMysqlLogin(method: string, start: number, end: number, view: StreamView, facts: Facts): void {
  const user = textOf(view.memo['user']);
  const place = placeOf(view, 'MySQL');
  if (end <= start) return;
  if (method !== CLEAR_METHOD) return inspectHashedLogin(facts, place, 'hash', user);
  inspectLogin(facts, place, 'CRED-15', user, textAt(view.bytes, start, zeroAt(view.bytes, start, end)));
}

export const mysqlSession: StreamListener = {
  service: 'mysql',
  ports: [3306],
  anyPort: true,
  recognise({ bytes, start, end, memo, peer, fromInitiator }) {
    if (!fromInitiator) return memo['clear-start'] === 'mysql' && peer['database'] === 'mysql' ? 'yes' : 'no';
    const isResponse = peer['clear-start'] === 'mysql' && bytes[start + 3] === 1 && end - start > RESPONSE_USER_AT;
    return isResponse && (u32le(bytes, start + 4) & PROTOCOL_41) !== 0 ? 'yes' : 'no';
  },
  read(view, facts) {
    facts.service('mysql', 'grammar');
    facts.mark('clear:mysql');
    readMessages(view, mysqlAt, (at, end) => readMysqlLogin(at, end, view, facts));
  },
};
