// Whether the name servers of this machine answer: asked for the root's name servers, which reveals nothing.

import { Resolver } from 'node:dns/promises';
import { systemCode } from '../../../model/errors.ts';
import type { ResolverFact } from '../facts.ts';
import type { Host } from '../host.ts';
import { type Look, seen, unseen } from '../look.ts';

/** Twice: a single packet may get lost, and a loaded machine took longer than one second and a half. */
const TIMEOUT_MS = 2500;
const TRIES = 2;
/** What the C library takes (resolv.conf(5)). */
const MAX_SERVERS = 3;
/** Codes of c-ares that mean that nobody answered; a refusal is an answer. */
const SILENCE = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED', 'EBADRESP']);

export async function askResolver(host: Host, isWanted: boolean): Promise<Look<ResolverFact>> {
  if (!isWanted) return unseen('not asked: devices need no names');
  const servers = parseResolvConf((await host.read('/etc/resolv.conf')) ?? '');
  return seen({ servers, problem: servers.length === 0 ? '' : await askAny(servers) });
}

export function parseResolvConf(text: string): string[] {
  return [...text.matchAll(/^nameserver[ \t]+([0-9a-fA-F:.]+)/gm)].map((match) => match[1] ?? '').slice(0, MAX_SERVERS);
}

async function askAny(servers: readonly string[]): Promise<string> {
  const answers = await Promise.all(servers.map(ask));
  return answers.includes('') ? '' : (answers[0] ?? '');
}

/** Empty where it answered. */
async function ask(server: string): Promise<string> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  try {
    resolver.setServers([server]);
    await resolver.resolveNs('.');
    return '';
  } catch (thrown) {
    const code = systemCode(thrown) ?? 'no answer';
    return SILENCE.has(code) ? `no answer (${code})` : '';
  }
}
