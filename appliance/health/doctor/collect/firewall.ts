// Which of Weir's rules are loaded, and whose else: reads the kernel's ruleset as nft prints it.

import type { Config } from '../../../config/schema.ts';
import { expectOnly, MALFORMED } from '../../../model/expected-error.ts';
import type { FirewallFact, NetworkFacts } from '../facts.ts';
import type { Host } from '../host.ts';
import { type Look, mapLook, seen, unseen } from '../look.ts';
import { parseIptablesRules } from '../rules/iptables-ruleset.ts';
import { nftEntries, parseNftRuleset } from '../rules/nft-ruleset.ts';
import type { RuleChain, Ruleset } from '../rules/ruleset.ts';

/** Tables of `weir ap` begin with it. */
const OURS = /^weir/;

export async function collectFirewall(host: Host, { ap }: Config): Promise<Pick<NetworkFacts, 'firewall' | 'rules'>> {
  const answer = ap.enabled ? await askNft(host) : unseen('the access point is switched off');
  if (!('value' in answer)) return { firewall: answer, rules: answer };
  return { firewall: seen(judgeRuleset(answer.value)), rules: seen(await collectRules(host, answer.value)) };
}

async function askNft(host: Host): Promise<Look<unknown>> {
  const answer = await host.run('nft', ['-j', 'list', 'ruleset']);
  if (!('value' in answer)) return host.isRoot ? answer : unseen('only root may look');
  try {
    const value: unknown = JSON.parse(answer.value);
    return nftEntries(value) === undefined ? unseen('nft answered in a form that is not known') : seen(value);
  } catch (thrown) {
    expectOnly(thrown, "reading nft's answer", ...MALFORMED);
    return unseen('nft answered with something that is no JSON');
  }
}

/** nft knows nothing of legacy tables, and little of what iptables adds to its own. */
async function collectRules(host: Host, value: unknown): Promise<Ruleset> {
  const { chains, opaque } = parseNftRuleset(value);
  const [readable, legacy] = await Promise.all([
    opaque.includes('ip filter') ? readByIptables(host, chains) : chains,
    collectLegacy(host),
  ]);
  if ('value' in legacy) return { chains: [...readable, ...legacy.value], untold: [] };
  return { chains: readable, untold: [`legacy rules of iptables are loaded, and ${legacy.unknown}`] };
}

async function readByIptables(host: Host, chains: readonly RuleChain[]): Promise<readonly RuleChain[]> {
  const answer = await host.run('iptables-nft', ['-S']);
  if (!('value' in answer)) return chains;
  const better = new Map(parseIptablesRules(answer.value, 'nft').map((chain) => [chain.name, chain.rules]));
  return chains.map((chain) =>
    chain.family === 'ip' && chain.table === 'filter'
      ? { ...chain, rules: better.get(chain.name) ?? chain.rules }
      : chain,
  );
}

/** Asked only where such a table is: the question itself would make one. */
async function collectLegacy(host: Host): Promise<Look<readonly RuleChain[]>> {
  const tables = (await host.read('/proc/net/ip_tables_names')) ?? '';
  if (!tables.split('\n').includes('filter')) return seen([]);
  const answer = await host.run('iptables-legacy', ['-S']);
  return mapLook(answer, (text) => parseIptablesRules(text, 'iptables-legacy'));
}

interface NftEntry {
  readonly table?: { family?: string; name?: string };
  readonly chain?: { family?: string; table?: string; name?: string; hook?: string; policy?: string };
  readonly rule?: { family?: string; table?: string; chain?: string; expr?: unknown };
}

/** libnftables-json(5): `{nftables: [{table}, {chain}, {rule}, …]}`. */
export function judgeRuleset(value: unknown): FirewallFact {
  const entries: NftEntry[] = (nftEntries(value) ?? []).filter(isOurs);
  const tables = entries.flatMap(({ table }) => (table === undefined ? [] : [`${table.family} ${table.name}`]));
  const refuses = (hook: string) =>
    entries.some(({ chain }) => chain?.hook === hook && (chain.policy === 'drop' || hasRefusal(entries, chain)));
  const translates = entries.some(({ rule }) => /"(masquerade|snat)"/.test(JSON.stringify(rule?.expr) ?? ''));
  return { tables, guardsAppliance: refuses('input'), guardsNetworks: refuses('forward'), translates };
}

/** The table between the captured side and the rest; the one of the bridge only counts. */
function isOurs({ table, chain, rule }: NftEntry): boolean {
  const family = table?.family ?? chain?.family ?? rule?.family;
  return family === 'inet' && OURS.test(table?.name ?? chain?.table ?? rule?.table ?? '');
}

type Chain = NonNullable<NftEntry['chain']>;

/** In the chain itself or in one that it jumps to. */
function hasRefusal(entries: readonly NftEntry[], chain: Chain, depth = 0): boolean {
  const texts = entries
    .filter(({ rule }) => rule?.table === chain.table && rule?.chain === chain.name)
    .map(({ rule }) => JSON.stringify(rule?.expr));
  if (texts.some((text) => /"(drop|reject)"/.test(text))) return true;
  const targets = texts.flatMap((text) => [...text.matchAll(/"target":"([^"]+)"/g)].map((match) => match[1]));
  return (
    depth < 4 && targets.some((name) => hasRefusal(entries, { table: chain.table ?? '', name: name ?? '' }, depth + 1))
  );
}
