// Packet filter rules in the few words that the check-up weighs: the output of nft and iptables becomes this, and nothing else.

/** What a rule may ask of a packet; everything else is a doubt. */
export type Field =
  | 'iif'
  | 'oif'
  | 'nfproto'
  | 'l4proto'
  | 'saddr'
  | 'daddr'
  | 'sport'
  | 'dport'
  | 'ctstate'
  | 'ctstatus';

export type Verdict =
  | { readonly does: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly does: 'jump' | 'goto'; readonly target: string };

/** A rule is steps from left to right. `values` null: a set that was not printed. */
export type Step =
  | { readonly is: 'test'; readonly field: Field; readonly not: boolean; readonly values: readonly string[] | null }
  | { readonly is: 'choice'; readonly field: Field | null; readonly cases: readonly Case[] | null }
  | { readonly is: 'verdict'; readonly verdict: Verdict }
  /** Something that may or may not hold. */
  | { readonly is: 'doubt' };

export interface Case {
  readonly value: string;
  readonly verdict: Verdict;
}

export interface RuleChain {
  readonly tool: 'nft' | 'iptables-legacy';
  /** `ip`, `inet`, … */
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Where the kernel asks a base chain; empty for a chain that others jump to. */
  readonly hook: string;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly (readonly Step[])[];
}

export interface Ruleset {
  readonly chains: readonly RuleChain[];
  /** Why rules that are loaded could not be read. */
  readonly untold: readonly string[];
}
