// Rules of others (Docker, ufw, firewalld, hand-made) that stop what the access point forwards: a packet must please all of them.

import type { Facts } from '../facts.ts';
import { type Check, fail, known, notApplicable, type Outcome, ofAccessPoint, ok, unknown, warn } from '../outcome.ts';
import { probes } from '../rules/probe.ts';
import { remedyFor } from '../rules/remedy.ts';
import type { RuleChain, Ruleset } from '../rules/ruleset.ts';
import { type Fate, fateOf } from '../rules/walk.ts';

/** Where packets come by that are forwarded. IPv6 is not: Weir's own rules refuse it. */
const HOOKS = ['prerouting', 'forward', 'postrouting'];
const FAMILIES = ['ip', 'inet'];
/** Chains named in one line of the check-up, with their remedies; of further ones the number is said. */
const MAX_NAMED = 3;

const foreignRules: Check = {
  id: 'foreign-rules',
  area: 'network',
  title: 'No rules of others stop what the access point forwards',
  means: 'Devices have an address but no Internet: another firewall on this machine refuses what Weir lets through.',
  fix: 'nft insert rule ip filter FORWARD iifname br-weir accept (table and chain that are named; the same with oifname)',
  look: ofAccessPoint((facts) => {
    const { ap } = facts.settings.config;
    if (!ap.internet) return notApplicable('devices may not reach the Internet (ap.internet)');
    return known(facts.network.routes, (routes) => {
      const way = routes.find(({ to, family }) => to === 'default' && family === 4)?.interface;
      const uplink = ap.uplink === '' ? way : ap.uplink;
      if (uplink === undefined) return notApplicable('there is no way to the Internet');
      return known(facts.network.rules, (rules) => judge(rules, facts, uplink));
    });
  }),
};

interface Stop {
  readonly chain: RuleChain;
  readonly out: Fate;
  readonly back: Fate;
  readonly fix: string;
}

function judge(rules: Ruleset, facts: Facts, uplink: string): Outcome {
  const foreign = rules.chains.filter(isForeignBase);
  const stops = foreign.map((chain) => weigh(chain, rules, facts, uplink)).filter(isStop);
  const certain = stops.filter(({ out, back }) => out === 'refused' || back === 'refused');
  if (certain.length > 0) return fail(naming(certain, 'stops'), { fix: fixes(certain) });
  if (stops.length > 0) return warn(naming(stops, 'may stop'), { fix: fixes(stops) });
  if (rules.untold.length > 0) return unknown(rules.untold.join('; '));
  return ok(foreign.length === 0 ? 'there are none' : `${foreign.length} chains of others let it pass`);
}

function isForeignBase({ family, table, hook }: RuleChain): boolean {
  return HOOKS.includes(hook) && FAMILIES.includes(family) && !(family === 'inet' && table === 'weir');
}

function weigh(chain: RuleChain, rules: Ruleset, { settings: { config } }: Facts, uplink: string): Stop {
  const links = { bridge: config.capture.interface, uplink, devices: config.ap.address };
  const chains = neighbours(chain, rules);
  const { out, back } = probes(chain, links);
  const ways = [
    { way: 'out' as const, probe: out },
    { way: 'back' as const, probe: back },
  ].filter(({ probe }) => fateOf(chain, chains, probe) !== 'passes');
  return {
    chain,
    out: fateOf(chain, chains, out),
    back: fateOf(chain, chains, back),
    fix: remedyFor(chain, chains, links, ways),
  };
}

function neighbours(chain: RuleChain, { chains }: Ruleset): ReadonlyMap<string, RuleChain> {
  const same = chains.filter(
    ({ tool, family, table }) => tool === chain.tool && family === chain.family && table === chain.table,
  );
  return new Map(same.map((one) => [one.name, one]));
}

function isStop({ out, back }: Stop): boolean {
  return out !== 'passes' || back !== 'passes';
}

function naming(stops: readonly Stop[], verb: string): string {
  const named = stops.slice(0, MAX_NAMED).map((stop) => `${chainText(stop.chain)} ${verb} ${whatOf(stop)}`);
  const more = stops.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function chainText({ tool, family, table, name, hook, policy }: RuleChain): string {
  const legacy = tool === 'nft' ? '' : 'legacy ';
  return `${legacy}${family} ${table} ${name} (hook ${hook}, policy ${policy})`;
}

function whatOf({ out, back }: Stop): string {
  if (back === 'passes') return 'what devices send';
  return out === 'passes' ? 'the answers to devices' : 'what devices send and the answers';
}

function fixes(stops: readonly Stop[]): string {
  return [...new Set(stops.slice(0, MAX_NAMED).map(({ fix }) => fix))].join(' && ');
}

export const FOREIGN_RULES_CHECKS: readonly Check[] = [foreignRules];
