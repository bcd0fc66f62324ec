// Outside time: RFC 3161 tokens over ledger heads, made by an authority that knows nothing of what it stamps. `openssl ts` makes the query and
// checks the answer: stock, and the same that an examiner uses. Kept in `times/` of a site; what could not be fetched is asked for again.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { request as plain } from 'node:http';
import { request as encrypted } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { openRegular } from '../capture/storage/regular-file.ts';
import { toError, WeirError } from '../model/errors.ts';
import { orElse, UNREADABLE } from '../model/expected-error.ts';
import { printable } from '../model/text.ts';
import { writeOwn } from './own-file.ts';
import { readHeads, type SeenHead } from './witness-heads.ts';

const run = promisify(execFile);
/** Of an authority's answer; a longer one is refused. */
const MAX_REPLY_BYTES = 256 * 1024;
const STILL_MS = 30_000;
const NAME = /^(\d{15})-([0-9a-f]{12})\.tsr$/;

export interface TimeToken {
  /** Number of the line up to which the ledger existed. */
  readonly lines: number;
  /** ISO 8601, by the authority. */
  readonly before: string;
  /** File below the site's folder. */
  readonly file: string;
}

/** What is stamped: one line that anybody can write again from ledger and site. */
export function stampedText(site: string, head: Pick<SeenHead, 'durable' | 'durable_head'>): string {
  return `weir ledger ${site} ${head.durable} ${head.durable_head}\n`;
}

/**
 * Asks each authority for a token over the newest head that has none yet. The newest says all that older ones would: what was missed while
 * offline is caught up by it. Answers the tokens that came. @throws WeirError SITE_UNREACHABLE where no authority answered.
 */
export async function stampNewest(folder: string, site: string, authorities: readonly string[]): Promise<string[]> {
  const head = readHeads(folder).reduce<SeenHead | undefined>(
    (top, one) => (top === undefined || one.durable >= top.durable ? one : top),
    undefined,
  );
  if (head === undefined) return [];
  const times = join(folder, 'times');
  fs.mkdirSync(times, { recursive: true, mode: 0o750 });
  const came: string[] = [];
  const problems: string[] = [];
  for (const authority of authorities) {
    const mark = createHash('sha256').update(authority).digest('hex').slice(0, 12);
    const name = `${String(head.durable).padStart(15, '0')}-${mark}`;
    if (fs.existsSync(join(times, `${name}.tsr`))) continue;
    try {
      await stamp(join(times, name), stampedText(site, head), authority);
      came.push(`times/${name}.tsr`);
    } catch (thrown) {
      problems.push(`${printable(authority, 120)}: ${toError(thrown).message.split('\n', 1)[0]}`);
    }
  }
  if (came.length === 0 && problems.length > 0)
    throw new WeirError(
      'SITE_UNREACHABLE',
      `no time token for ${site.slice(0, 16)}: ${problems.join('; ')}. Nothing is lost: the next call asks for the newest head again.`,
    );
  return came;
}

async function stamp(file: string, text: string, authority: string): Promise<void> {
  await writeDurably(nodeDisk, `${file}.txt`, text);
  // openssl opens by name: what an earlier call, or anybody, left there goes first.
  fs.rmSync(`${file}.tsq`, { force: true });
  await openssl(['ts', '-query', '-data', `${file}.txt`, '-sha256', '-cert', '-out', `${file}.tsq`]);
  const reply = await post(authority, await readQuery(`${file}.tsq`));
  const waiting = `${file}.reply`;
  writeOwn(waiting, reply);
  const words = (await openssl(['ts', '-reply', '-in', waiting, '-text'])).stdout;
  const imprint = createHash('sha256').update(text).digest();
  // The whole of RFC 3161 §2.4.2 is for `openssl ts -verify`; here: granted, and over these bytes.
  if (!/Status: Granted/i.test(words) || !reply.includes(imprint))
    throw new Error('the answer is no granted token over this head');
  await writeDurably(nodeDisk, `${file}.tsr`, reply);
  fs.rmSync(waiting, { force: true });
}

async function readQuery(file: string): Promise<Buffer> {
  const handle = await openRegular(file);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Tokens whose signature leads to one of the certificates in `caFile`, over text that the ledger still confirms; others are reported. */
export async function checkTokens(
  folder: string,
  site: string,
  caFile: string,
  hashAt: (lines: number) => string | undefined,
): Promise<{ readonly good: TimeToken[]; readonly bad: { readonly file: string; readonly why: string }[] }> {
  const good: TimeToken[] = [];
  const bad: { file: string; why: string }[] = [];
  for (const name of tokenFiles(folder)) {
    const file = `times/${name}`;
    const lines = Number(NAME.exec(name)?.[1]);
    const hash = hashAt(lines);
    if (hash === undefined) {
      bad.push({ file, why: `it is of line ${lines}, which is not in the ledger` });
      continue;
    }
    const digest = createHash('sha256')
      .update(stampedText(site, { durable: lines, durable_head: hash }))
      .digest('hex');
    try {
      const path = join(folder, file);
      await openssl(['ts', '-verify', '-digest', digest, '-in', path, '-CAfile', caFile]);
      const { stdout } = await openssl(['ts', '-reply', '-in', path, '-text']);
      const [, time = ''] = /Time stamp: (.+)/.exec(stdout) ?? [];
      good.push({ lines, before: new Date(time).toISOString(), file });
    } catch (thrown) {
      const why = /imprint mismatch/i.test(toError(thrown).message)
        ? `it is over another history than the ledger’s up to line ${lines}`
        : 'its signature does not lead to a certificate of the authority';
      bad.push({ file, why });
    }
  }
  return { good, bad };
}

/** Lines covered by tokens. */
export function tokenLines(folder: string): number[] {
  return tokenFiles(folder).map((name) => Number(NAME.exec(name)?.[1]));
}

function tokenFiles(folder: string): string[] {
  try {
    return fs
      .readdirSync(join(folder, 'times'))
      .filter((name) => NAME.test(name))
      .toSorted();
  } catch (thrown) {
    return orElse<string[]>([], 'listing time tokens', ...UNREADABLE)(thrown);
  }
}

async function openssl(words: readonly string[]): Promise<{ stdout: string }> {
  return await run('openssl', words, { timeout: STILL_MS, maxBuffer: 1024 * 1024 });
}

/** RFC 3161 §3.4: the query as `application/timestamp-query`, by HTTP. */
function post(authority: string, query: Buffer): Promise<Buffer> {
  const url = new URL(authority);
  const send = url.protocol === 'https:' ? encrypted : plain;
  const headers = { 'content-type': 'application/timestamp-query', 'content-length': query.length };
  return new Promise((resolve, reject) => {
    const asking = send(url, { method: 'POST', headers, timeout: STILL_MS }, (answer) => {
      const parts: Buffer[] = [];
      let length = 0;
      answer.on('data', (part: Buffer) => {
        length += part.length;
        if (length > MAX_REPLY_BYTES) answer.destroy(new Error('the answer is too long'));
        else parts.push(part);
      });
      answer.once('error', reject);
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(parts));
        else reject(new Error(`HTTP ${answer.statusCode}`));
      });
    });
    asking.once('timeout', () => asking.destroy(new Error('no answer within 30 s')));
    asking.once('error', reject);
    asking.end(query);
  });
}
