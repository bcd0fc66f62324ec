// Lines of the logins that are typed in the clear: FTP (RFC 959), SMTP (RFC 5321, RFC 4954), POP3/IMAP and Telnet (RFC 854).
// The listeners keep the state between lines; here are the lines themselves.
import { indexOfByte, isPrintableAscii, textAt } from '../octets.ts';

export interface TextLine {
  readonly text: string;
  /** With its line end. */
  readonly lineBytes: number;
}

/** Longest command line (RFC 5321 §4.5.3.1.4 allows 512, AUTH needs more). */
export const LINE_LIMIT = 1024;

/** The line at `start`; `undefined` while its end is missing. */
export function lineAt(bytes: Uint8Array, start: number, end: number): TextLine | undefined {
  const feed = indexOfByte(bytes, 10, start, Math.min(end, start + LINE_LIMIT));
  if (feed < 0) return undefined;
  const stop = feed > start && bytes[feed - 1] === 13 ? feed - 1 : feed;
  return { text: textAt(bytes, start, stop, LINE_LIMIT), lineBytes: feed + 1 - start };
}

export interface Command {
  /** Upper case. */
  readonly verb: string;
  readonly argument: string;
}

/** `USER jane` and the like. */
export function parseCommand(line: string): Command {
  const space = line.indexOf(' ');
  const verb = space < 0 ? line : line.slice(0, space);
  return { verb: verb.toUpperCase(), argument: space < 0 ? '' : line.slice(space + 1).trim() };
}

/** Three digits and a blank or dash (RFC 959 §4.2, RFC 5321 §4.2.1); 0 where the line is none. */
export function replyCode(line: string): number {
  const code = Number(line.slice(0, 3));
  const separator = line[3] ?? ' ';
  return Number.isInteger(code) && code >= 100 && code < 600 && (separator === ' ' || separator === '-') ? code : 0;
}

export interface SaslPlain {
  readonly user: string;
  readonly password: string;
}

/** RFC 4616: Base64 of `identity NUL user NUL password`. */
export function decodeSaslPlain(encoded: string): SaslPlain | undefined {
  const parts = Buffer.from(encoded.slice(0, LINE_LIMIT), 'base64').toString('utf8').split('\0');
  return parts.length === 3 ? { user: parts[1] ?? '', password: parts[2] ?? '' } : undefined;
}

const IAC = 255;
const SUBNEGOTIATION = 250;
const SUBNEGOTIATION_END = 240;

/** Whether Telnet option negotiation (RFC 854: IAC WILL, WONT, DO, DONT or SB) begins here. */
export function isTelnetNegotiation(bytes: Uint8Array, start: number, end: number): boolean {
  const verb = bytes[start + 1] ?? 0;
  return end - start >= 3 && bytes[start] === IAC && verb >= SUBNEGOTIATION && verb <= 254 && bytes[start + 2]! < 50;
}

/** What a person sees of Telnet bytes: commands and escape sequences left out, CR and LF as one line end; at most 1 KiB. */
export function telnetText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end && text.length < LINE_LIMIT; ) {
    const byte = bytes[at]!;
    if (byte === IAC) {
      at = commandEnd(bytes, at, end);
      continue;
    }
    if (isPrintableAscii(byte)) text += String.fromCharCode(byte);
    else if (byte === 13 || byte === 10) text += '\n';
    else if (byte === 8 || byte === 127) text = text.slice(0, -1);
    at++;
  }
  return text;
}

function commandEnd(bytes: Uint8Array, at: number, end: number): number {
  const verb = bytes[at + 1] ?? 0;
  if (verb === SUBNEGOTIATION) {
    const stop = indexOfByte(bytes, SUBNEGOTIATION_END, at + 2, end);
    return stop < 0 ? end : stop + 1;
  }
  return Math.min(end, at + (verb > SUBNEGOTIATION ? 3 : 2));
}
