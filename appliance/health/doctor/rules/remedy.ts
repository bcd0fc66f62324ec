// The line that lets the access point's packets through a chain of somebody else, in the words of whoever made the chain.

import { CONNTRACK, type Links, type Probe } from './probe.ts';
import type { RuleChain } from './ruleset.ts';
import { fateOf } from './walk.ts';

/** What is refused: what devices send (`out`), or what comes for them (`back`). */
export interface Refused {
  readonly way: 'out' | 'back';
  readonly probe: Probe;
}

/** Chains that are kept for the administrator: others of their table are made anew by the program that owns them. */
const DOCKER = 'DOCKER-USER';
const UFW = 'ufw-user-forward';

/** Names that a shell and nft take as they are. */
const PLAIN = /^[A-Za-z][\w.-]*$/;

export function remedyFor(
  chain: RuleChain,
  chains: ReadonlyMap<string, RuleChain>,
  links: Links,
  refused: readonly Refused[],
): string {
  const { bridge, uplink } = links;
  if (![chain.table, chain.name, bridge, uplink].every((name) => PLAIN.test(name)))
    return 'Look at `nft list ruleset` (or iptables -S): the chain that is named must accept what comes from and goes to the bridge.';
  if (chain.table === 'firewalld')
    return `firewall-cmd --permanent --zone=trusted --add-interface=${bridge} && firewall-cmd --reload`;
  const line = lineFor(chain, chains, links, refused);
  return refused.map(({ way }) => line(way)).join(' && ');
}

function lineFor(
  chain: RuleChain,
  chains: ReadonlyMap<string, RuleChain>,
  links: Links,
  refused: readonly Refused[],
): (way: Refused['way']) => string {
  const { tool, family, table, name } = chain;
  const { bridge } = links;
  const iptables = tool === 'nft' ? 'iptables' : tool;
  const flag = (way: Refused['way']) => (way === 'out' ? '-i' : '-o');
  if (wouldHelp(DOCKER, chain, chains, refused))
    return (way) => `${iptables} -I ${DOCKER} ${flag(way)} ${bridge} -j ACCEPT`;
  if (wouldHelp(UFW, chain, chains, refused))
    return (way) => `ufw route allow ${way === 'out' ? 'in' : 'out'} on ${bridge}`;
  if (tool !== 'nft') return (way) => `${iptables} -I ${name} ${flag(way)} ${bridge} -j ACCEPT`;
  return (way) => `nft insert rule ${family} ${table} ${name} ${matchFor(chain, way, links)} accept`;
}

/** Before the way is chosen there is no interface that it leaves by; before conntrack there is no state. */
function matchFor({ hook, priority }: RuleChain, way: Refused['way'], { bridge, uplink }: Links): string {
  if (hook === 'postrouting' && way === 'out') return `oifname ${uplink}`;
  if (hook !== 'prerouting' || way === 'out') return `${way === 'out' ? 'iifname' : 'oifname'} ${bridge}`;
  return priority > CONNTRACK ? `iifname ${uplink} ct state established,related` : `iifname ${uplink}`;
}

/** Whether accepting in that chain saves the packets: it must be there, and be asked before they are refused. */
function wouldHelp(
  name: string,
  chain: RuleChain,
  chains: ReadonlyMap<string, RuleChain>,
  refused: readonly Refused[],
): boolean {
  const kept = chains.get(name);
  if (kept === undefined || chain.family !== 'ip' || chain.table !== 'filter') return false;
  const mended = new Map(chains).set(name, { ...kept, rules: [[{ is: 'verdict', verdict: { does: 'accept' } }]] });
  return refused.every(({ probe }) => fateOf(chain, mended, probe) === 'passes');
}
