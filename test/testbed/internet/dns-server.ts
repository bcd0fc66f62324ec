// The authoritative name server of the testbed's Internet, for the names in clouds.ts and nothing else.
import { ADDRESSES, ALIASES, RESOLVERS } from '../clouds.ts';
import { type AnswerRecord, addressRecord, encodeAnswer, nameRecord, readQuestion, TYPE } from '../wire/dns.ts';
import { startUdpService } from './udp-service.ts';

const NO_SUCH_NAME = 3;
/** As pool.ntp.org does: four addresses per answer, others the next time. */
const ADDRESSES_PER_ANSWER = 4;

const turns = new Map<string, number>();

function rotated(name: string, addresses: readonly string[]): string[] {
  const turn = turns.get(name) ?? 0;
  turns.set(name, turn + ADDRESSES_PER_ANSWER);
  const count = Math.min(addresses.length, ADDRESSES_PER_ANSWER);
  return Array.from({ length: count }, (_, i) => addresses[(turn + i) % addresses.length] ?? '');
}

/** Follows aliases to the end; undefined where the name does not exist. */
function recordsFor(name: string, type: number): AnswerRecord[] | undefined {
  const chain: AnswerRecord[] = [];
  let current = name;
  for (let target = ALIASES[current]; target !== undefined; target = ALIASES[current]) {
    chain.push(nameRecord(current, TYPE.CNAME, target));
    current = target;
  }
  const addresses = ADDRESSES[current];
  if (addresses === undefined) return undefined;
  if (type !== TYPE.A) return chain;
  return [...chain, ...rotated(current, addresses).map((address) => addressRecord(current, address))];
}

function answer(query: Buffer): Buffer | undefined {
  const question = readQuestion(query);
  if (question === undefined) return undefined;
  const records = recordsFor(question.name, question.type);
  return encodeAnswer(query, question, records ?? [], records === undefined ? NO_SUCH_NAME : 0);
}

export async function startDnsServers(): Promise<void> {
  await Promise.all(RESOLVERS.map((address) => startUdpService(address, 53, answer)));
}
