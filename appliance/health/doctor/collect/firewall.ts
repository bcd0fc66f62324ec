// Which of Weir's rules are loaded: reads the kernel's ruleset as nft tells it.

import type { Config } from '../../../config/schema.ts';
import type { FirewallFact } from '../facts.ts';
import type { Host } from '../host.ts';
import { type Look, seen, unseen } from '../look.ts';

/** Tables of `weir ap` begin with it. */
const OURS = /^weir/;

export async function collectFirewall(host: Host, { ap }: Config): Promise<Look<FirewallFact>> {
  if (!ap.enabled) return unseen('the access point is switched off');
  const told = await host.run('nft', ['-j', 'list', 'ruleset']);
  if (!('value' in told)) return host.isRoot ? told : unseen('only root may look');
  try {
    return seen(judgeRuleset(JSON.parse(told.value)));
  } catch {
    return unseen('nft answered with something that is no JSON');
  }
}

interface NftEntry {
  readonly table?: { family?: string; name?: string };
  readonly chain?: { family?: string; table?: string; name?: string; hook?: string; policy?: string };
  readonly rule?: { family?: string; table?: string; chain?: string; expr?: unknown };
}

/** libnftables-json(5): `{nftables: [{table}, {chain}, {rule}, …]}`. */
export function judgeRuleset(value: unknown): FirewallFact {
  const entries = ((value as { nftables?: NftEntry[] }).nftables ?? []).filter(isOurs);
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
