// Logins typed in the clear: FTP, SMTP, POP3 and Telnet. State between lines lives in the stream's memo.

import { isPrintableAscii } from '../../../../decode/octets.ts';
import {
  isTelnetNegotiation,
  LINE_LIMIT,
  lineAt,
  parseCommand,
  replyCode,
  telnetText,
} from '../../../../decode/protocols/login.ts';
import { inspectLogin } from '../../cleartext.ts';
import type { Facts, StreamListener, StreamView } from '../../facts.ts';
import { deviceOf } from '../../local-address.ts';
import { report } from '../../report.ts';
import type { RuleId } from '../../rules.ts';
import { readUpgradable, startTls } from '../upgrade.ts';
import { beginSasl, continueSasl, isInSasl, placeOf, textOf } from './sasl.ts';

/** Calls `onLine` for each whole line; what is no line within the limit passes by. */
function readLines(view: StreamView, onLine: (line: string) => void): void {
  for (let at = view.start + view.used; at < view.end; at = view.start + view.used) {
    const line = lineAt(view.bytes, at, view.end);
    if (line === undefined && view.end - at < LINE_LIMIT && !view.full) return;
    view.used += line?.lineBytes ?? view.end - at;
    if (line !== undefined) onLine(line.text);
    if (view.memo['tls'] === true) return;
  }
}

/** `USER` then `PASS`, as FTP and POP3 do. */
function userAndPassword(line: string, rule: RuleId, view: StreamView, facts: Facts, service: string): void {
  const { verb, argument } = parseCommand(line);
  if (verb === 'USER') view.memo['user'] = argument.slice(0, 256);
  if (verb !== 'PASS') return;
  inspectLogin(facts, placeOf(view, service), rule, textOf(view.memo['user']), argument);
}

export const ftp: StreamListener = {
  service: 'ftp',
  ports: [21],
  anyPort: false,
  recognise: (view) =>
    recogniseLines(view, (line, code) => code > 0 || ['USER', 'AUTH', 'FEAT'].includes(parseCommand(line).verb)),
  read(view, facts) {
    readUpgradableLines(view, facts, 'ftp', (line) => {
      if (parseCommand(line).verb === 'AUTH') view.memo['asked'] = true;
      if (replyCode(line) === 234) startTls(view, facts);
      userAndPassword(line, 'CRED-08', view, facts, 'FTP');
    });
  },
};

export const pop3: StreamListener = {
  service: 'pop3',
  ports: [110],
  anyPort: false,
  recognise: (view) =>
    recogniseLines(
      view,
      (line) => line.startsWith('+OK') || ['USER', 'CAPA', 'STLS', 'APOP', 'AUTH'].includes(parseCommand(line).verb),
    ),
  read(view, facts) {
    readUpgradableLines(view, facts, 'pop3', (line) => {
      if (view.fromInitiator) readPop3Command(line, view, facts);
      else if (view.peer['asked'] === true && line.startsWith('+OK')) startTls(view, facts);
    });
  },
};

/** RFC 1939: USER and PASS, or APOP, whose digest only lets the password be guessed. RFC 5034: AUTH. RFC 2595: STLS. */
function readPop3Command(line: string, view: StreamView, facts: Facts): void {
  if (isInSasl(view)) return continueSasl(line, view, facts, 'POP3');
  const { verb, argument } = parseCommand(line);
  view.memo['asked'] = verb === 'STLS';
  if (verb === 'AUTH') beginSasl(argument, view, facts, 'POP3');
  if (verb === 'APOP') {
    inspectLogin(facts, placeOf(view, 'POP3'), 'CRED-10', argument.split(' ', 1)[0] ?? '', undefined);
  }
  userAndPassword(line, 'CRED-10', view, facts, 'POP3');
}

function readUpgradableLines(view: StreamView, facts: Facts, service: string, onLine: (line: string) => void): void {
  readUpgradable(view, facts, service, () => readLines(view, onLine));
}

function recogniseLines(view: StreamView, fits: (line: string, code: number) => boolean): 'yes' | 'no' | 'more' {
  const line = lineAt(view.bytes, view.start, view.end);
  if (line === undefined) return view.end - view.start < LINE_LIMIT && !view.full ? 'more' : 'no';
  return fits(line.text, replyCode(line.text)) ? 'yes' : 'no';
}

export const smtp: StreamListener = {
  service: 'smtp',
  ports: [25, 587, 2525],
  anyPort: false,
  recognise: (view) =>
    recogniseLines(view, (line, code) => code === 220 || ['EHLO', 'HELO'].includes(parseCommand(line).verb)),
  read(view, facts) {
    readUpgradableLines(view, facts, 'smtp', (line) => {
      if (view.fromInitiator) readSmtpCommand(line, view, facts);
      else if (view.peer['asked'] === true && replyCode(line) === 220) startTls(view, facts);
    });
  },
};

/** RFC 4954: AUTH with its answer or before it. RFC 3207: STARTTLS. */
function readSmtpCommand(line: string, view: StreamView, facts: Facts): void {
  if (isInSasl(view)) return continueSasl(line, view, facts, 'SMTP');
  const { verb, argument } = parseCommand(line);
  if (verb === 'STARTTLS') view.memo['asked'] = true;
  if (verb === 'AUTH') beginSasl(argument, view, facts, 'SMTP');
}

export const telnet: StreamListener = {
  service: 'telnet',
  ports: [23, 2323],
  anyPort: true,
  recognise(view) {
    if (isTelnetNegotiation(view.bytes, view.start, view.end)) return 'yes';
    const onPort = [23, 2323].includes(view.destinationPort) || [23, 2323].includes(view.sourcePort);
    return onPort && isTyped(view) ? 'yes' : 'no';
  },
  read(view, facts) {
    facts.service('telnet', 'grammar');
    facts.mark('clear:telnet');
    const text = telnetText(view.bytes, view.start, view.end);
    view.used = view.end - view.start;
    if (view.fromInitiator) typeText(text, view, facts);
    else notePrompt(text, view, facts);
  },
};

/** On its own port Telnet may begin without negotiation: then with characters that a terminal shows. */
function isTyped(view: StreamView): boolean {
  for (let at = view.start; at < Math.min(view.end, view.start + 16); at++) {
    const byte = view.bytes[at]!;
    if (!isPrintableAscii(byte) && byte !== 10 && byte !== 13 && byte !== 27) return false;
  }
  return view.end > view.start;
}

/** What the server asks for is in its memo, `login` or `password`, until a line without a question ends. */
function notePrompt(text: string, view: StreamView, facts: Facts): void {
  const all = textOf(view.memo['tail']) + text;
  const tail = all.slice(all.lastIndexOf('\n') + 1).slice(-64);
  const asked = promptIn(tail);
  view.memo['tail'] = tail;
  if (asked !== '') view.memo['prompt'] = asked;
  else if (text.includes('\n') && tail !== '') view.memo['prompt'] = '';
  report(facts, 'CLR-06', {
    device: deviceOf(view),
    subject: `${view.sourceIp()}:${view.sourcePort}`,
    excerpt: `Telnet with ${view.sourceIp()}:${view.sourcePort}`,
  });
}

function promptIn(line: string): 'login' | 'password' | '' {
  const text = line.trimEnd().toLowerCase();
  if (text.endsWith('login:') || text.endsWith('username:')) return 'login';
  return text.endsWith('password:') ? 'password' : '';
}

/** Typed characters are gathered to lines; a line after a prompt is its answer. */
function typeText(text: string, view: StreamView, facts: Facts): void {
  const lines = (textOf(view.memo['typed']) + text).split('\n');
  view.memo['typed'] = (lines.pop() ?? '').slice(-256);
  for (const line of lines) if (line !== '') answerPrompt(line, view, facts);
}

function answerPrompt(line: string, view: StreamView, facts: Facts): void {
  const prompt = textOf(view.peer['prompt']);
  if (prompt === 'login') view.memo['user'] = line.slice(0, 256);
  if (prompt !== 'password') return;
  inspectLogin(facts, placeOf(view, 'Telnet'), 'CRED-07', textOf(view.memo['user']), line);
  view.peer['prompt'] = '';
}
