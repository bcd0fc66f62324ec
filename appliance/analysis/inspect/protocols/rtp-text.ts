// Text in RTP, as emergency calls and intercoms carry it (RFC 4103): what is typed is put together to lines and searched.

import { textAt } from '../../../decode/octets.ts';
import { decodeRtpText, type RtpText } from '../../../decode/protocols/rtp-text.ts';
import { inspectText } from '../cleartext.ts';
import type { DatagramListener, DatagramView, Facts } from '../facts.ts';
import { deviceOf } from '../local-address.ts';

/** Text in packets that follow one another: fewer bytes may be text by accident. */
const LEAST_TEXT = 20;
/** Numbers that may be missing between two packets. */
const MOST_LOST = 50;
/** A longer line is searched in parts of about so many characters. */
const MAX_LINE = 1024;
/** Begins a session of T.140. */
const BOM = '\ufeff';

/** Numbers from the last packet of this direction to this one: 0 for one that came again; `undefined` where it does not go on there. */
function stepOf({ number, source }: RtpText, { memo }: DatagramView): number | undefined {
  const step = (number - Number(memo['number'])) & 0xffff;
  return memo['source'] === source && step <= MOST_LOST ? step : undefined;
}

/** One that came again proves nothing, since any datagram may begin like RTP; with other text it is for other listeners. */
function isRepeated(text: string, { memo }: DatagramView): boolean {
  return String(memo['line']).endsWith(text);
}

function typedText({ from, to }: RtpText, { bytes, start }: DatagramView): string {
  return textAt(bytes, start + from, start + to, to - from).replaceAll(BOM, '');
}

/** Lines that end here are searched; the rest waits for what is typed next. */
function readLines(text: string, view: DatagramView, facts: Facts): void {
  const lines = text.split(/[\r\n\u2028]+/);
  const last = lines.pop() ?? '';
  const isLong = last.length >= MAX_LINE;
  for (const line of isLong ? [...lines, last] : lines) if (line !== '') inspectLine(line, view, facts);
  view.memo['line'] = isLong ? '' : last;
}

function inspectLine(typed: string, view: DatagramView, facts: Facts): void {
  const line = withoutErased(typed);
  const bytes = Buffer.from(line);
  facts.unpacked(bytes, 0, bytes.length, 'blocks');
  const port = Math.min(view.sourcePort, view.destinationPort);
  inspectText(facts, { device: deviceOf(view), channel: `RTP text port ${port}` }, line);
}

/** A backspace takes back the character before it (T.140 §8). */
function withoutErased(typed: string): string {
  if (!typed.includes('\b')) return typed;
  const kept: string[] = [];
  for (const character of typed) {
    if (character === '\b') kept.pop();
    else kept.push(character);
  }
  return kept.join('');
}

export const rtpText: DatagramListener = {
  service: 'rtp',
  ports: [],
  anyPort: true,
  read(view, facts) {
    const message = decodeRtpText(view.bytes, view.start, view.end);
    if (message === undefined) return false;
    const { memo } = view;
    const step = stepOf(message, view);
    const text = typedText(message, view);
    if (step === 0) return memo['proven'] === true || isRepeated(text, view);
    const isNext = step !== undefined;
    const textBytes = message.textBytes + (isNext ? Number(memo['text']) : 0);
    memo['source'] = message.source;
    memo['number'] = message.number;
    memo['text'] = Math.min(LEAST_TEXT, textBytes);
    if (isNext) readLines(`${memo['line']}${text}`, view, facts);
    else memo['line'] = text;
    if (isNext && textBytes >= LEAST_TEXT) {
      memo['proven'] = true;
      facts.service('rtp', 'grammar');
      facts.mark('clear:rtp-text');
    }
    return isNext;
  },
};
