// Exchanges as entries of a HAR 1.2 file (http://www.softwareishard.com/blog/har-12-spec/), which browsers and test tools open. Pure.
// Without content, values are masked as in findings: names of parameters, fields and cookies stay, and what no secret is in.

import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib';
import { maskPath, maskValue } from '../../analysis/inspect/mask.ts';
import { expectOnly } from '../../model/expected-error.ts';
import type { Exchange } from './exchanges.ts';
import { fieldOf, type Message } from './message.ts';

export interface EntryFacts {
  /** As the tester named it; empty where nobody did. */
  readonly app: string;
  readonly round: string;
  /** Where the request names no host. */
  readonly host: string;
}

interface Pair {
  readonly name: string;
  readonly value: string;
}

/** Values that name software and form, not persons: shown. */
const OPEN_FIELDS = new Set(
  (
    'host user-agent accept accept-encoding accept-language accept-ranges content-type content-length content-encoding content-language ' +
    'transfer-encoding connection cache-control pragma date server via vary age upgrade te expect allow alt-svc x-powered-by x-cache ' +
    'x-amz-cf-pop strict-transport-security content-security-policy x-content-type-options x-frame-options last-modified expires'
  ).split(' '),
);
/** Of one body; one that would be larger is not unpacked and stays as it was sent. */
const MAX_UNPACKED = 32 * 1024 * 1024;

/** One entry of `log.entries`. `hasContent`: values and bodies as they were. */
export function harEntry(
  { ends, request, answer, isPaired }: Exchange,
  facts: EntryFacts,
  hasContent: boolean,
): object {
  const shown = hasContent ? (value: string) => value : maskValue;
  const { send, wait, receive } = timings(request, answer);
  const comments = [
    request.isWhole ? '' : 'the request was not seen whole',
    isPaired ? '' : 'too many requests waited at once: its answer cannot be assigned',
    !isPaired || answer !== undefined ? '' : 'no answer was seen',
    answer === undefined || answer.isWhole ? '' : 'the answer was not seen whole',
    hasContent ? '' : 'masked; weir proxy har --content has the content',
  ].filter((text) => text !== '');
  return {
    startedDateTime: new Date(request.began).toISOString(),
    time: send + wait + receive,
    request: harRequest(request, facts, shown, hasContent),
    response: harAnswer(answer, shown, hasContent),
    cache: {},
    timings: { send, wait, receive },
    serverIPAddress: ends.address,
    connection: ends.client,
    ...(comments.length === 0 ? {} : { comment: comments.join('; ') }),
    _app: facts.app,
    _round: facts.round,
  };
}

/** To a microsecond, as the record has them. */
function timings(request: Message, answer: Message | undefined): { send: number; wait: number; receive: number } {
  const micro = (ms: number): number => Math.max(0, Math.round(ms * 1000) / 1000);
  return {
    send: micro(request.ended - request.began),
    wait: answer === undefined ? 0 : micro(answer.began - request.ended),
    receive: answer === undefined ? 0 : micro(answer.ended - Math.max(answer.began, request.ended)),
  };
}

type Shown = (value: string) => string;

function harRequest(message: Message, { host }: EntryFacts, shown: Shown, hasContent: boolean): object {
  const { path, query } = splitTarget(message.target);
  const authority = fieldOf(message, 'host') ?? host;
  const parameters = query === undefined ? [] : query.split('&').map(pairOf);
  const visible = hasContent ? path : maskPath(path);
  const asked = parameters.map(({ name, value }) =>
    value === '' ? shownName(name, shown) : `${name}=${shown(value)}`,
  );
  return {
    method: message.method,
    url: `https://${authority}${visible}${query === undefined ? '' : `?${asked.join('&')}`}`,
    httpVersion: message.version,
    cookies: cookies(message, 'cookie', shown),
    headers: fields(message, shown, hasContent),
    queryString: parameters.map(({ name, value }) => ({
      name: value === '' ? shownName(name, shown) : decoded(name),
      value: value === '' ? '' : shown(decoded(value)),
    })),
    ...(message.body.bytes === 0 ? {} : { postData: postData(message, hasContent) }),
    headersSize: message.headBytes,
    bodySize: message.body.bytes,
  };
}

/** A query that is one value and has no name may be a key. */
function shownName(name: string, shown: Shown): string {
  return name.length >= 12 ? shown(name) : name;
}

function harAnswer(message: Message | undefined, shown: Shown, hasContent: boolean): object {
  if (message === undefined)
    return {
      status: 0,
      statusText: '',
      httpVersion: '',
      cookies: [],
      headers: [],
      content: { size: 0, mimeType: '' },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    };
  const location = fieldOf(message, 'location') ?? '';
  return {
    status: message.status,
    statusText: hasContent ? message.statusText : message.statusText.slice(0, 40),
    httpVersion: message.version,
    cookies: cookies(message, 'set-cookie', shown),
    headers: fields(message, shown, hasContent),
    content: content(message, hasContent),
    redirectURL: location === '' ? '' : shown(location),
    headersSize: message.headBytes,
    bodySize: message.body.bytes,
  };
}

function fields(message: Message, shown: Shown, hasContent: boolean): readonly Pair[] {
  return message.fields.map(([name, value]) => ({
    name,
    value: hasContent || OPEN_FIELDS.has(name.toLowerCase()) ? value : shown(value),
  }));
}

/** RFC 6265 §4.1, §4.2: of an answer each field is one cookie, its attributes left out. */
function cookies(message: Message, field: 'cookie' | 'set-cookie', shown: Shown): readonly Pair[] {
  const values = message.fields.filter(([name]) => name.toLowerCase() === field).map(([, value]) => value);
  const texts = values.flatMap((value) => (field === 'cookie' ? value.split(';') : value.split(';', 1)));
  return texts
    .map((text) => pairOf(text.trim()))
    .filter(({ name }) => name !== '')
    .map(({ name, value }) => ({ name, value: shown(value) }));
}

function pairOf(text: string): Pair {
  const equals = text.indexOf('=');
  return equals < 0 ? { name: text, value: '' } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

function splitTarget(target: string): { readonly path: string; readonly query: string | undefined } {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? { path: local, query: undefined } : { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

/** What is no percent-encoding stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (thrown) {
    expectOnly(thrown, 'reading a query', URIError);
    return text;
  }
}

/** HAR knows no encoding of what was sent: bytes that are no text are escaped one by one (`\xff` as U+00FF). */
function postData(message: Message, hasContent: boolean): object {
  const mimeType = fieldOf(message, 'content-type') ?? '';
  if (!hasContent) return { mimeType, params: [], text: '' };
  const { bytes, packed } = unpacked(message);
  const text = isText(message, bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
  return { mimeType, params: [], text, ...lacks(message, packed) };
}

function content(message: Message, hasContent: boolean): object {
  const mimeType = fieldOf(message, 'content-type') ?? '';
  const { kept, bytes: sent } = message.body;
  if (!hasContent || sent === 0) return { size: sent, mimeType };
  const { bytes, isUnpacked, packed } = unpacked(message);
  const compression = isUnpacked ? { compression: bytes.length - kept.length } : {};
  const text = isText(message, bytes)
    ? { text: bytes.toString('utf8') }
    : { text: bytes.toString('base64'), encoding: 'base64' };
  return { size: bytes.length, ...compression, mimeType, ...text, ...lacks(message, packed) };
}

/** What a body here is not. */
function lacks({ body }: Message, packed: string): { readonly comment?: string } {
  const missing = body.bytes - body.kept.length;
  const words = [missing === 0 ? '' : `${missing} bytes more were not kept`, packed].filter((text) => text !== '');
  return words.length === 0 ? {} : { comment: words.join('; ') };
}

/** Text by its type, and by its bytes: valid UTF-8 (the standard's decoder is strict on request). */
function isText(message: Message, bytes: Buffer): boolean {
  const type = fieldOf(message, 'content-type') ?? '';
  if (/^(image|audio|video|font)\/(?!svg)/i.test(type)) return false;
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
}

interface Unpacked {
  readonly bytes: Buffer;
  readonly isUnpacked: boolean;
  /** Why it is still packed; empty where it is not. */
  readonly packed: string;
}

/** Without its coding (RFC 9110 §8.4.1); as it was where that is unknown, damaged, or a bomb. */
function unpacked(message: Message): Unpacked {
  const { kept } = message.body;
  const coding = fieldOf(message, 'content-encoding')?.trim().toLowerCase() ?? '';
  const undo = CODINGS[coding];
  const still = (packed: string): Unpacked => ({ bytes: kept, isUnpacked: false, packed });
  if (['', 'identity'].includes(coding) || kept.length === 0) return still('');
  if (undo === undefined) return still('still packed: its content-encoding is not known here');
  try {
    return { bytes: undo(kept), isUnpacked: true, packed: '' };
  } catch (thrown) {
    const isBomb = (thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return still(
      isBomb ? `still packed: more than ${MAX_UNPACKED >> 20} MiB unpacked` : 'still packed: its packing is damaged',
    );
  }
}

/** A stream that was not seen whole gives what there is. */
const CODINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_UNPACKED }),
  deflate: (bytes) => inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_UNPACKED }),
  br: (bytes) =>
    brotliDecompressSync(bytes, {
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
      maxOutputLength: MAX_UNPACKED,
    }),
};
