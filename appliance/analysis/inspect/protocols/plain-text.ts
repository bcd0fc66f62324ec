// Asked last: text of protocols that nobody else knows, such as JSON over a port of the maker's own. It names no service;
// it only looks for what is unmistakable in readable bytes.
import { characterBytes } from '../../../decode/characters.ts';
import { textAt } from '../../../decode/octets.ts';
import { inspectLogin, inspectText } from '../cleartext.ts';
import type { DatagramListener, Facts, PayloadView, StreamListener, StreamView } from '../facts.ts';
import { deviceOf } from '../local-address.ts';
import { sniffMedia } from '../media.ts';
import { placeOf, textOf } from './logins/sasl.ts';
import { mayLogIn, typedLogin } from './logins/typed-logins.ts';
import { jsonBehindHeader } from './message-content.ts';
import { beginsTls } from './tls.ts';

/** Readable text shorter than this is a coincidence too often. */
const LEAST = 16;
const WINDOW = 4096;

/** Whether the first bytes are printable: UTF-8 text with tabs and line ends, nothing else. */
function isText(view: PayloadView): boolean {
  if (view.end - view.start < LEAST) return false;
  const stop = Math.min(view.end, view.start + 64);
  for (let at = view.start; at < stop; ) {
    const length = characterBytes(view.bytes, at, stop);
    if (length === 0) return false;
    at += length;
  }
  return true;
}

/** Where readable text begins: at once, or behind a header of the maker's own; -1 where there is none. */
function textStart(view: PayloadView): number {
  return isText(view) ? view.start : jsonBehindHeader(view.bytes, view.start, view.end);
}

/** A command such as `STARTTLS`: too short to be reported, but what follows it is looked at. */
function isCommand({ bytes, start, end }: PayloadView): boolean {
  if (end - start < 4 || bytes[end - 1] !== 10) return false;
  for (let at = start; at < end; ) {
    const length = characterBytes(bytes, at, end);
    if (length === 0) return false;
    at += length;
  }
  return true;
}

function channelOf(view: PayloadView, proto: string): string {
  const port = Math.min(view.sourcePort, view.destinationPort);
  return `${proto} port ${port}`;
}

/** False where there is no text. */
function tellText(view: PayloadView, proto: string, facts: Facts): boolean {
  const at = textStart(view);
  if (at < 0) return false;
  facts.mark('clear:text');
  const place = { device: deviceOf(view), channel: channelOf(view, proto) };
  inspectText(facts, place, textAt(view.bytes, at, view.end, WINDOW));
  return true;
}

/** Of what a client says first, in characters: logins are looked for in it. */
const LOGIN_WINDOW = 1024;

/**
 * A login comes in few short lines, perhaps in segments of their own: the first of them are kept until it is found; `login`
 * is false from then on.
 */
function tellTypedLogin(view: StreamView, facts: Facts): void {
  if (!view.fromInitiator || view.memo['login'] === false) return;
  const before = textOf(view.memo['said']);
  const said = before + textAt(view.bytes, view.start, view.end, LOGIN_WINDOW - before.length);
  const login = typedLogin(said, view.destinationPort);
  const goesOn = login === undefined && said.length < LOGIN_WINDOW && mayLogIn(said);
  view.memo['said'] = goesOn ? said : '';
  if (!goesOn) view.memo['login'] = false;
  if (login === undefined) return;
  inspectLogin(facts, placeOf(view, login.service), 'CRED-15', login.user.slice(0, 256), login.password);
}

export const plainStream: StreamListener = {
  service: 'text',
  ports: [],
  anyPort: true,
  lastResort: true,
  recognise(view) {
    if (textStart(view) >= 0 || isCommand(view)) return 'yes';
    return sniffMedia(view.bytes, view.start, view.end) === undefined ? 'no' : 'yes';
  },
  read(view, facts) {
    if (beginsTls(view.bytes, view.start, view.end)) {
      view.memo['clear-start'] = 'text';
      view.handsOver = true;
      return;
    }
    const media = sniffMedia(view.bytes, view.start, view.end);
    if (media !== undefined && view.memo['seen'] !== true) facts.mark(media.mark);
    else {
      tellText(view, 'TCP', facts);
      tellTypedLogin(view, facts);
    }
    view.memo['seen'] = true;
    view.used = view.end - view.start;
  },
};

export const plainDatagram: DatagramListener = {
  service: 'text',
  ports: [],
  anyPort: true,
  read(view, facts) {
    return tellText(view, 'UDP', facts);
  },
};
