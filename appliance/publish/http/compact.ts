// Answers on a narrow line: a reader who has this answer already learns so (ETag, RFC 9110 §8.8.3), others get it compressed.
// Compressed copies of the page's files are made by the build.

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './routing.ts';

const compress = promisify(gzip);
/** Below it the headers outweigh what is saved. */
const FEWEST_BYTES = 1024;
/** A Pi spends half the time of the usual 6 for a tenth more bytes. */
const LEVEL = 4;
const TEXT = /^(?:application\/(?:json|x-ndjson)|text\/(?:csv|plain))\b/;
/** At the beginning: when an answer was made, which is nothing of what it says. The tag is weak for leaving it out. */
const MADE_AT = /^\{("schema":"[^"]*",)?"ts":"[^"]*",(?:"age_seconds":[\d.e+-]+,)?/;

export function installCompact(app: App): void {
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const isRead = request.method === 'GET' && reply.statusCode === 200;
    if (!isRead || typeof payload !== 'string' || !TEXT.test(String(reply.getHeader('content-type')))) return payload;
    return isKnown(request, reply, payload) ? unchanged(reply) : await shrunk(request, reply, payload);
  });
}

function isKnown(request: FastifyRequest, reply: FastifyReply, text: string): boolean {
  if (reply.getHeader('etag') !== undefined) return false;
  const said = text.replace(MADE_AT, '$1');
  const tag = `W/"${createHash('sha256').update(said).digest('base64url').slice(0, 22)}"`;
  reply.header('etag', tag);
  const known = request.headers['if-none-match'];
  return known !== undefined && known.split(',').some((one) => one.trim() === tag);
}

function unchanged(reply: FastifyReply): string {
  reply.code(304).removeHeader('content-type').removeHeader('content-length');
  return '';
}

async function shrunk(request: FastifyRequest, reply: FastifyReply, text: string): Promise<string | Buffer> {
  vary(reply);
  const { 'accept-encoding': accepted = '' } = request.headers;
  if (text.length < FEWEST_BYTES || !acceptsGzip(String(accepted))) return text;
  const small = await compress(text, { level: LEVEL });
  reply.header('content-encoding', 'gzip').header('content-length', small.length);
  return small;
}

/** RFC 9110 §12.5.3: not where its weight is 0. */
function acceptsGzip(accepted: string): boolean {
  return accepted.split(',').some((one) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(one));
}

function vary(reply: FastifyReply): void {
  const before = reply.getHeader('vary');
  reply.header('vary', before === undefined ? 'accept-encoding' : `${String(before)}, accept-encoding`);
}
