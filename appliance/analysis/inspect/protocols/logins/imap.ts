// IMAP (RFC 9051): logins typed in the clear, with their literals, and where TLS begins.

import { LINE_LIMIT, lineAt } from '../../../../decode/protocols/login.ts';
import { inspectLogin } from '../../cleartext.ts';
import type { Facts, StreamListener, StreamView } from '../../facts.ts';
import { readUpgradable, startTls } from '../upgrade.ts';
import { beginSasl, continueSasl, isInSasl, placeOf, textOf } from './sasl.ts';

const LITERAL = /\{(\d{1,9})\+?\}$/;
/** Of a command with its literals; logins are short. */
const COMMAND_CHARACTERS = 2048;
const CLIENT = /^[A-Za-z0-9.]{1,16} (?:LOGIN|AUTHENTICATE|CAPABILITY|STARTTLS|ID|NOOP)\b/i;
const ANY_COMMAND = /^[A-Za-z0-9.]{1,16} [A-Za-z]{2,}/;
const SERVER = /^\* (?:OK|PREAUTH|BYE)\b/i;

export const imap: StreamListener = {
  service: 'imap',
  ports: [143],
  anyPort: true,
  recognise(view) {
    const line = lineAt(view.bytes, view.start, view.end);
    const onPort = view.sourcePort === 143 || view.destinationPort === 143;
    if (line === undefined) return onPort && view.end - view.start < LINE_LIMIT && !view.full ? 'more' : 'no';
    if (CLIENT.test(line.text) || (onPort && ANY_COMMAND.test(line.text))) return 'yes';
    return SERVER.test(line.text) && (onPort || line.text.includes('IMAP')) ? 'yes' : 'no';
  },
  read(view, facts) {
    readUpgradable(view, facts, 'imap', () => readCommands(view, facts));
  },
};

function readCommands(view: StreamView, facts: Facts): void {
  for (let at = view.start + view.used; at < view.end; at = view.start + view.used) {
    if (view.memo['tls'] === true) return;
    const left = view.memo['literal'];
    if (typeof left === 'number' && left > 0) takeLiteral(left, at, view);
    else if (!takeLine(at, view, facts)) return;
  }
}

/** RFC 9051 §4.3: a literal: so many bytes of a string. Those of a login are kept, mails pass by. */
function takeLiteral(left: number, at: number, view: StreamView): void {
  const isLogin = view.fromInitiator && isLoginCommand(textOf(view.memo['command']));
  const taken = isLogin ? Math.min(left, view.end - at) : left;
  if (isLogin)
    addText(
      view,
      Buffer.from(view.bytes.subarray(at, at + taken))
        .toString('utf8')
        .replaceAll(/[\\"]/g, '\\$&'),
    );
  view.memo['literal'] = left - taken;
  if (left === taken) addText(view, '"');
  view.used += taken;
}

function isLoginCommand(command: string): boolean {
  return /^\S+ (?:LOGIN|AUTHENTICATE) /i.test(command);
}

function addText(view: StreamView, text: string): void {
  view.memo['command'] = `${textOf(view.memo['command'])}${text}`.slice(0, COMMAND_CHARACTERS);
}

/** False asks for more. */
function takeLine(at: number, view: StreamView, facts: Facts): boolean {
  const line = lineAt(view.bytes, at, view.end);
  if (line === undefined && view.end - at < LINE_LIMIT && !view.full) return false;
  view.used += line?.lineBytes ?? view.end - at;
  if (line === undefined) {
    view.memo['command'] = '';
    return true;
  }
  const literal = LITERAL.exec(line.text);
  addText(view, literal === null ? line.text : `${line.text.slice(0, literal.index)}"`);
  if (literal !== null && Number(literal[1]) > 0) {
    view.memo['literal'] = Number(literal[1]);
    return true;
  }
  if (literal !== null) {
    addText(view, '"');
    return true;
  }
  const command = textOf(view.memo['command']);
  view.memo['command'] = '';
  if (view.fromInitiator) tellCommand(command, view, facts);
  else if (isAgreed(command, view)) startTls(view, facts);
  return true;
}

/** `tag OK` to the client's `tag STARTTLS`. */
function isAgreed(line: string, { peer }: StreamView): boolean {
  const asked = textOf(peer['asked']);
  return asked !== '' && line.toUpperCase().startsWith(`${asked} OK`);
}

function tellCommand(command: string, view: StreamView, facts: Facts): void {
  if (isInSasl(view)) return continueSasl(command, view, facts, 'IMAP');
  const [tag = '', verb = '', ...words] = wordsOf(command);
  const name = verb.toUpperCase();
  if (name === 'STARTTLS') view.memo['asked'] = tag.toUpperCase();
  if (name === 'AUTHENTICATE') beginSasl(words.join(' '), view, facts, 'IMAP');
  if (name !== 'LOGIN' || words[0] === undefined) return;
  inspectLogin(facts, placeOf(view, 'IMAP'), 'CRED-10', words[0].slice(0, 256), words[1]);
}

/** Atoms and quoted strings. */
function wordsOf(command: string): string[] {
  const words = command.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word));
}
