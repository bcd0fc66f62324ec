// Several hosts at once, some at a time; one that fails stops no other. Tokens come from a file or the environment, never from the
// command line, which every user of a machine can read.

import { readPlainFile } from '../config/plain-file.ts';
import { toError, WeirError } from '../model/errors.ts';
import { Bandwidth } from './bandwidth.ts';
import { type HostName, parseHost } from './host-name.ts';
import { type Pulled, type PullWish, pullSite } from './pull-site.ts';

const AT_ONCE = 8;
/** One token for all, or a line for each host; a larger file is refused. */
const MAX_TOKENS_BYTES = 64 * 1024;
const TOKEN = /^[A-Za-z0-9-]{10,100}$/;

export interface RoundWish extends Omit<PullWish, 'host' | 'token' | 'bandwidth' | 'now'> {
  readonly hosts: readonly HostName[];
  readonly tokens: Tokens;
  /** Of all hosts together; 0 for no limit. */
  readonly bytesPerSecond: number;
  readonly now?: () => number;
}

export interface RoundEnd {
  readonly host: string;
  readonly pulled?: Pulled;
  readonly error?: Error;
}

/** In the order of the hosts. */
export async function pullRound(wish: RoundWish): Promise<RoundEnd[]> {
  const bandwidth = new Bandwidth(wish.bytesPerSecond);
  const ends: RoundEnd[] = [];
  const waiting = [...wish.hosts.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [i, host] = next;
      ends[i] = await pullOne(wish, host, bandwidth);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return ends;
}

async function pullOne(wish: RoundWish, host: HostName, bandwidth: Bandwidth): Promise<RoundEnd> {
  try {
    const token = wish.tokens(host);
    const pulled = await pullSite({ ...wish, host, token, bandwidth, now: wish.now ?? Date.now });
    return { host: host.key, pulled };
  } catch (thrown) {
    const error = toError(thrown);
    if (error instanceof TypeError) throw error;
    return { host: host.key, error };
  }
}

/** The token of a host. @throws WeirError USAGE where there is none. */
export type Tokens = (host: HostName) => string;

/** `file`: one token for all, or lines of a host and its token; `#` begins a remark. @throws WeirError USAGE, FILE_UNREADABLE. */
export function readTokens(file: string | undefined, environment: string | undefined): Tokens {
  const source = file ?? 'WEIR_TOKEN';
  const lines = (file === undefined ? (environment ?? '') : readTokenFile(file))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const byHost = new Map<string, string>();
  for (const [i, line] of lines.entries()) {
    const [first = '', second, ...more] = line.split(/\s+/);
    const token = second ?? first;
    if (!TOKEN.test(token) || more.length > 0)
      throw new WeirError(
        'USAGE',
        `${source}, line ${i + 1}: neither a token nor a host and its token; nothing was fetched.`,
      );
    byHost.set(second === undefined ? '' : parseHost(first).key, token);
  }
  return (host) => {
    const token = byHost.get(host.key) ?? byHost.get('');
    if (token !== undefined) return token;
    const message = `${host.key}: there is no token; nothing was fetched from it. Make one on its page (scopes summaries and captures), and put it into a file for --token-file or into WEIR_TOKEN.`;
    throw new WeirError('USAGE', message);
  };
}

function readTokenFile(file: string): string {
  try {
    const text = readPlainFile(file, MAX_TOKENS_BYTES);
    if (text !== undefined) return text;
    throw new Error('there is no such file');
  } catch (thrown) {
    throw new WeirError(
      'FILE_UNREADABLE',
      `${file}: ${toError(thrown).message}; nothing was fetched. It shall hold the token.`,
      { cause: thrown },
    );
  }
}
