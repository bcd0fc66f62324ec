// Logins in text protocols without a listener of their own, on any port: Redis, IRC, XMPP, NNTP, and those of mail and file
// transfer on foreign ports. Pure text in, login out; plain-text.ts gathers the text.

import { decodeSaslPlain } from '../../../../decode/protocols/login.ts';

interface TypedLogin {
  /** As people call it: `Redis`. */
  readonly service: string;
  /** Empty where the protocol has none. */
  readonly user: string;
  readonly password: string;
}

/** Redis, "Serialization protocol specification": AUTH as strings with their lengths, alone or in HELLO; one is the password. */
const REDIS = /\$4\r\nAUTH\r\n\$\d{1,4}\r\n([^\r\n]+)\r\n(?:\$\d{1,4}\r\n([^\r\n]+)\r\n)?/i;
/** The same as typed. */
const REDIS_LINE = /^AUTH (?!(?:PLAIN|LOGIN|TLS|SSL|NTLM|CRAM-MD5|SCRAM|XOAUTH2)\b)(?:([^\s=]+) )?([^\s=]+)\r?\n/im;
const REDIS_PORT = 6379;
/** RFC 2812 §3.1: the password goes before nickname and user. */
const IRC = /^PASS :?([^\r\n]+?)\r?\n(?:[^\n]*\n){0,4}?NICK :?([^\s]+)/im;
/** RFC 959, RFC 1939. */
const USER_PASS = /^USER ([^\s]+)\r?\n(?:[^\n]*\n){0,2}?PASS ([^\r\n]+)/im;
/** RFC 4643 §2.3. */
const NNTP = /^AUTHINFO USER ([^\r\n]+)\r?\n(?:[^\n]*\n)??AUTHINFO PASS ([^\r\n]+)/im;
/** RFC 4954 §4, RFC 5034: the answer in the same line or the next. */
const AUTH_PLAIN = /^AUTH PLAIN(?:\r?\n| )([A-Za-z0-9+/]{4,}={0,2})\r?\n/im;
/** RFC 6120 §6.4.2, and XEP-0388, where the answer is an element. */
const XMPP =
  /<auth(?:enticate)?\s[^>]{0,256}?mechanism=["']PLAIN["'][^>]{0,256}>(?:\s*<initial-response>)?\s*([A-Za-z0-9+/]{4,}={0,2})/;

const FIRST_WORDS =
  /^(?:\*\d|<|(?:AUTH|AUTHINFO|CAP|CAPABILITIES|CLNT|EHLO|FEAT|HELLO|HELO|LHLO|MODE|NICK|NOOP|OPTS|PASS|PING|SYST|USER)\b)/i;

/** Whether a client that begins with `text` may log in later: of all others nothing need be kept. */
export function mayLogIn(text: string): boolean {
  return FIRST_WORDS.test(text);
}

/** The login in what a client has said; `undefined` where there is none (yet). `port` is the server's. */
export function typedLogin(text: string, port: number): TypedLogin | undefined {
  return redisLogin(text, port) ?? pairLogin(text) ?? saslLogin(text);
}

function redisLogin(text: string, port: number): TypedLogin | undefined {
  const [, first, second] = REDIS.exec(text) ?? [];
  if (first !== undefined) {
    return { service: 'Redis', user: second === undefined ? '' : first, password: second ?? first };
  }
  const [, user = '', password] = (port === REDIS_PORT ? REDIS_LINE.exec(text) : null) ?? [];
  return password === undefined ? undefined : { service: 'Redis', user, password };
}

function pairLogin(text: string): TypedLogin | undefined {
  const [, ircPassword, nickname] = IRC.exec(text) ?? [];
  if (ircPassword !== undefined) return { service: 'IRC', user: nickname ?? '', password: ircPassword };
  for (const [service, form] of [
    ['NNTP', NNTP],
    ['FTP or POP3', USER_PASS],
  ] as const) {
    const [, user, password] = form.exec(text) ?? [];
    if (user !== undefined && password !== undefined) return { service, user, password };
  }
  return undefined;
}

function saslLogin(text: string): TypedLogin | undefined {
  for (const [service, form] of [
    ['SMTP or POP3', AUTH_PLAIN],
    ['XMPP', XMPP],
  ] as const) {
    const answer = form.exec(text)?.[1];
    const login = answer === undefined ? undefined : decodeSaslPlain(answer);
    if (login !== undefined) return { service, ...login };
  }
  return undefined;
}
