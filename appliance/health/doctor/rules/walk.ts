// Thinks a packet through a chain as the kernel would, with a third answer where a rule asks for what is not known.

import { type Answer, asks, type Probe } from './probe.ts';
import type { RuleChain, Step, Verdict } from './ruleset.ts';

/** `perhaps`: refused, unless one of the rules before accepts that asks for what is not known. */
export type Fate = 'passes' | 'perhaps' | 'refused';

/** Jumps of the kernel go this deep (NFT_JUMP_STACK_SIZE). */
const DEEPEST = 16;
/** A ruleset that needs more is not thought to its end. */
const MAX_RULES = 200_000;

/** `chains`: of the same table, by name. */
export function fateOf(chain: RuleChain, chains: ReadonlyMap<string, RuleChain>, probe: Probe): Fate {
  const walk = new Walk(chains, probe);
  const end = walk.through(chain, 0);
  const isRefused = end === 'drop' || (end === 'open' && chain.policy === 'drop');
  if (!isRefused) return 'passes';
  return walk.mayHaveAccepted ? 'perhaps' : 'refused';
}

type End = 'accept' | 'drop' | 'open';

class Walk {
  readonly #chains: ReadonlyMap<string, RuleChain>;
  readonly #probe: Probe;
  #left = MAX_RULES;
  mayHaveAccepted = false;

  constructor(chains: ReadonlyMap<string, RuleChain>, probe: Probe) {
    this.#chains = chains;
    this.#probe = probe;
  }

  /** `open`: nothing in it decided for certain. */
  through(chain: RuleChain, depth: number): End {
    for (const rule of chain.rules) {
      if (this.#left-- <= 0) return this.#giveUp();
      const end = this.#apply(rule, depth);
      if (end === 'return') return 'open';
      if (end !== 'open') return end;
    }
    return 'open';
  }

  #giveUp(): End {
    this.mayHaveAccepted = true;
    return 'open';
  }

  #apply(rule: readonly Step[], depth: number): End | 'return' {
    let holds: Answer = 'yes';
    for (const step of rule) {
      if (step.is === 'verdict') return this.#decide(step.verdict, holds, depth);
      if (step.is === 'choice') return this.#choose(step, holds, depth);
      const answer = step.is === 'doubt' ? 'maybe' : this.#test(step);
      if (answer === 'no') return 'open';
      if (answer === 'maybe') holds = 'maybe';
    }
    return 'open';
  }

  #test({ field, not, values }: Extract<Step, { is: 'test' }>): Answer {
    const answer = asks(this.#probe, field, values);
    if (!not || answer === 'maybe') return answer;
    return answer === 'yes' ? 'no' : 'yes';
  }

  #choose({ field, cases }: Extract<Step, { is: 'choice' }>, holds: Answer, depth: number): End | 'return' {
    if (cases === null) return this.#giveUp();
    for (const { value, verdict } of cases) {
      const answer = asks(this.#probe, field, [value]);
      if (answer === 'no') continue;
      const end = this.#decide(verdict, answer === 'yes' ? holds : 'maybe', depth);
      if (answer === 'yes' || end !== 'open') return end;
    }
    return 'open';
  }

  /** What is not certain decides nothing, but is kept in mind where it would accept. */
  #decide(verdict: Verdict, holds: Answer, depth: number): End | 'return' {
    const end = this.#follow(verdict, depth);
    if (holds === 'yes') return end;
    if (end === 'accept' || end === 'return') this.mayHaveAccepted = true;
    return 'open';
  }

  #follow(verdict: Verdict, depth: number): End | 'return' {
    if (verdict.does === 'continue') return 'open';
    if (verdict.does !== 'jump' && verdict.does !== 'goto') return verdict.does;
    const chain = this.#chains.get(verdict.target);
    if (chain === undefined || depth >= DEEPEST) return this.#giveUp();
    const end = this.through(chain, depth + 1);
    return end === 'open' && verdict.does === 'goto' ? 'return' : end;
  }
}
