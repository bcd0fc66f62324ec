// Logins by SASL (RFC 4422) in the line protocols of mail: the mechanisms whose answers are no secret to a listener. State
// between lines lives in the stream's memo. Called by login.ts and imap.ts.

import { decodeSaslPlain, parseCommand } from '../../../../decode/protocols/login.ts';
import { inspectLogin, type Place } from '../../cleartext.ts';
import type { Facts, StreamMemo, StreamView } from '../../facts.ts';
import { deviceOf } from '../../local-address.ts';

export function placeOf(view: StreamView, service: string): Place {
  return { device: deviceOf(view), channel: `${service} ${view.destinationIp()}:${view.destinationPort}` };
}

export function textOf(value: StreamMemo[string] | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** `PLAIN` or `LOGIN`, with or without its first answer. */
export function beginSasl(argument: string, view: StreamView, facts: Facts, service: string): void {
  const { verb: mechanism, argument: initial } = parseCommand(argument);
  if (mechanism === 'LOGIN') view.memo['auth'] = 'login-user';
  else if (mechanism === 'PLAIN') view.memo['auth'] = 'plain';
  else if (mechanism === 'XOAUTH2' || mechanism === 'OAUTHBEARER') view.memo['auth'] = 'bearer';
  else if (mechanism === 'CRAM-MD5') view.memo['auth'] = 'digest';
  else return;
  if (initial !== '') continueSasl(initial, view, facts, service);
}

/** Whether the next line of the client is an answer. */
export function isInSasl(view: StreamView): boolean {
  return textOf(view.memo['auth']) !== '';
}

/** One line in Base64; `*` takes the login back. */
export function continueSasl(line: string, view: StreamView, facts: Facts, service: string): void {
  const state = textOf(view.memo['auth']);
  const text = Buffer.from(line.slice(0, 1024), 'base64').toString('utf8');
  view.memo['auth'] = '';
  if (line === '*') return;
  const login = (user: string, password: string | undefined): void =>
    inspectLogin(facts, placeOf(view, service), 'CRED-10', user.slice(0, 256), password);
  if (state === 'plain') {
    const plain = decodeSaslPlain(line);
    if (plain !== undefined) login(plain.user, plain.password);
  } else if (state === 'login-user') {
    view.memo['user'] = text.slice(0, 256);
    view.memo['auth'] = 'login-password';
  } else if (state === 'login-password') {
    login(textOf(view.memo['user']), text);
  } else if (state === 'digest') {
    // RFC 2195: the user name and a digest, from which the password can be guessed.
    login(text.slice(0, Math.max(0, text.lastIndexOf(' '))), undefined);
  } else if (state === 'bearer') tellBearer(text, login);
}

/** RFC 7628 §3.1 and what came before it: fields behind control characters, one of them the token. */
function tellBearer(text: string, login: (user: string, password: string) => void): void {
  const token = /auth=bearer ([^\u0001]+)/i.exec(text)?.[1];
  const user = /(?:user=|a=)([^\u0001,]+)/i.exec(text)?.[1];
  if (token !== undefined) login(user ?? '', token);
}
