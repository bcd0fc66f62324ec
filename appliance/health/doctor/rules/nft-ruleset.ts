// Reads `nft -j list ruleset` (libnftables-json(5)) into the words of ruleset.ts; whatever has another form is a doubt.

import type { Case, Field, RuleChain, Step, Verdict } from './ruleset.ts';

type Json = Readonly<Record<string, unknown>>;

/** Entries of one listing that are read; rules beyond are not judged. */
const MAX_ENTRIES = 100_000;
/** Members of one set, or pairs of one map; those beyond are not compared. */
const MAX_VALUES = 10_000;

export interface NftRules {
  readonly chains: readonly RuleChain[];
  /** `family table` of those with parts that only iptables can print (extensions). */
  readonly opaque: readonly string[];
}

/** Chains of tables that sleep (`dormant`) are left out: the kernel does not ask them. */
export function parseNftRuleset(value: unknown): NftRules {
  const entries = nftEntries(value) ?? [];
  const sleeping = new Set(
    entries
      .map(({ table }) => object(table))
      .filter(isDormant)
      .map(({ family, name }) => key(family, name)),
  );
  const sets = collectSets(entries);
  const rules = collectRules(entries, sets);
  const chains = entries
    .map(({ chain }) => object(chain))
    .filter(({ name, family, table }) => typeof name === 'string' && !sleeping.has(key(family, table)))
    .map((chain) => readChain(chain, rules.steps));
  return { chains, opaque: [...rules.opaque] };
}

/** Undefined where it is no ruleset at all. */
export function nftEntries(value: unknown): readonly Json[] | undefined {
  const { nftables } = object(value);
  return Array.isArray(nftables) ? nftables.slice(0, MAX_ENTRIES).map(object) : undefined;
}

/** Reported by newer nft only (1.0.6 omits flags). */
function isDormant({ flags }: Json): boolean {
  return flags === 'dormant' || list(flags).includes('dormant');
}

function readChain(chain: Json, rules: ReadonlyMap<string, readonly (readonly Step[])[]>): RuleChain {
  const { family, table, name, hook, prio, policy } = chain;
  return {
    tool: 'nft',
    family: text(family),
    table: text(table),
    name: text(name),
    hook: text(hook),
    priority: typeof prio === 'number' ? prio : 0,
    policy: policy === 'drop' ? 'drop' : 'accept',
    rules: rules.get(key(family, table, name)) ?? [],
  };
}

type Sets = ReadonlyMap<string, readonly unknown[]>;

function collectSets(entries: readonly Json[]): Sets {
  const sets = new Map<string, readonly unknown[]>();
  for (const entry of entries) {
    const { family, table, name, elem } = object(entry['set'] ?? entry['map']);
    if (typeof name === 'string') sets.set(key(family, table, `@${name}`), list(elem));
  }
  return sets;
}

function collectRules(entries: readonly Json[], sets: Sets) {
  const steps = new Map<string, (readonly Step[])[]>();
  const opaque = new Set<string>();
  for (const entry of entries) {
    if (entry['rule'] === undefined) continue;
    const { family, table, chain, expr } = object(entry['rule']);
    const statements = list(expr).map(object);
    if (statements.some((statement) => 'xt' in statement)) opaque.add(`${text(family)} ${text(table)}`);
    const named = (name: string) => sets.get(key(family, table, name));
    const at = key(family, table, chain);
    const before = steps.get(at) ?? [];
    before.push(statements.flatMap((statement) => readStatement(statement, named)));
    steps.set(at, before);
  }
  return { steps, opaque };
}

type Named = (name: string) => readonly unknown[] | undefined;

/** Statements after which the next rule is asked as if nothing had been. */
const WITHOUT_EFFECT = new Set([
  'counter',
  'log',
  'mangle',
  'set',
  'map',
  'flow',
  'comment',
  'tproxy',
  'ct helper',
  'meter',
  'last',
]);
/** The packet goes on to the next chain, as after `accept`. */
const GOES_ON = new Set(['masquerade', 'snat', 'dnat', 'redirect', 'queue', 'synproxy']);

function readStatement(statement: Json, named: Named): Step[] {
  const [kind = ''] = Object.keys(statement);
  if (WITHOUT_EFFECT.has(kind)) return [];
  if (kind === 'match') return [readMatch(object(statement['match']), named)];
  if (kind === 'vmap') return [readChoice(object(statement['vmap']), named)];
  if (kind === 'xt') return readExtension(object(statement['xt']));
  const verdict = readVerdict(statement);
  return [verdict === undefined ? { is: 'doubt' } : { is: 'verdict', verdict }];
}

/** Without notes of the connection nothing is translated: as good as dropped. */
const DROPS = new Set(['drop', 'reject', 'notrack']);

function readVerdict(statement: Json): Verdict | undefined {
  const [kind = ''] = Object.keys(statement);
  if (kind === 'accept' || GOES_ON.has(kind)) return { does: 'accept' };
  if (DROPS.has(kind)) return { does: 'drop' };
  if (kind === 'return' || kind === 'continue') return { does: kind };
  const target = object(statement[kind])['target'];
  return (kind === 'jump' || kind === 'goto') && typeof target === 'string' ? { does: kind, target } : undefined;
}

/** An extension of iptables; nft says at most its name. */
function readExtension({ type, name }: Json): Step[] {
  if (type === 'target') return name === 'REJECT' ? [{ is: 'verdict', verdict: { does: 'drop' } }] : [];
  return name === 'comment' ? [] : [{ is: 'doubt' }];
}

function readMatch({ op, left, right }: Json, named: Named): Step {
  const field = fieldOf(object(left));
  if (field === 'never') return { is: 'test', field: 'nfproto', not: false, values: [] };
  if (field === null || !['==', 'in', '!='].includes(text(op))) return { is: 'doubt' };
  return { is: 'test', field, not: op === '!=', values: valuesOf(right, named) };
}

function readChoice({ key: left, data }: Json, named: Named): Step {
  const field = fieldOf(object(left));
  const pairs = elementsOf(data, named);
  const cases = pairs?.slice(0, MAX_VALUES).flatMap((pair) => readCases(pair, named));
  return { is: 'choice', field: field === 'never' ? null : field, cases: cases ?? null };
}

function readCases(pair: unknown, named: Named): Case[] {
  const [value, does] = list(pair);
  const verdict = readVerdict(object(does));
  return verdict === undefined ? [] : (valuesOf(value, named) ?? ['?']).map((one) => ({ value: one, verdict }));
}

const META: Readonly<Record<string, Field>> = {
  iifname: 'iif',
  iif: 'iif',
  oifname: 'oif',
  oif: 'oif',
  nfproto: 'nfproto',
  protocol: 'nfproto',
  l4proto: 'l4proto',
};
const CONNECTION: Readonly<Record<string, Field>> = { state: 'ctstate', status: 'ctstatus' };
const PAYLOAD: Readonly<Record<string, Field>> = {
  'ip saddr': 'saddr',
  'ip daddr': 'daddr',
  'ip protocol': 'l4proto',
  'tcp sport': 'sport',
  'tcp dport': 'dport',
  'th sport': 'sport',
  'th dport': 'dport',
};
/** Not in the packet that is thought of (TCP in IPv4). */
const OTHER_PROTOCOLS = new Set([
  'ip6',
  'udp',
  'udplite',
  'icmp',
  'icmpv6',
  'igmp',
  'sctp',
  'dccp',
  'esp',
  'ah',
  'arp',
]);

function fieldOf({ meta, ct, payload }: Json): Field | null | 'never' {
  if (meta !== undefined) return own(META, text(object(meta)['key']));
  if (ct !== undefined) return own(CONNECTION, text(object(ct)['key']));
  const { protocol, field } = object(payload);
  if (OTHER_PROTOCOLS.has(text(protocol))) return 'never';
  return own(PAYLOAD, `${text(protocol)} ${text(field)}`);
}

/** Never what an object has by birth. */
function own(table: Readonly<Record<string, Field>>, name: string): Field | null {
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}

function elementsOf(right: unknown, named: Named): readonly unknown[] | undefined {
  if (typeof right === 'string' && right.startsWith('@')) return named(right);
  const { set } = object(right);
  if (set !== undefined) return list(set);
  return Array.isArray(right) ? right : [right];
}

/** Names, numbers, `a.b.c.d/n` and `a-b` as texts; null if they were not printed. */
function valuesOf(right: unknown, named: Named): readonly string[] | null {
  return elementsOf(right, named)?.slice(0, MAX_VALUES).map(valueText) ?? null;
}

function valueText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const { elem, prefix, range } = object(value);
  const inner = object(elem)['val'];
  if (typeof inner === 'string' || typeof inner === 'number') return String(inner);
  if (prefix !== undefined) return `${text(object(prefix)['addr'])}/${String(object(prefix)['len'])}`;
  const [low, high] = list(range);
  return range === undefined ? '?' : `${String(low)}-${String(high)}`;
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function key(...parts: readonly unknown[]): string {
  return parts.map(text).join('\0');
}
