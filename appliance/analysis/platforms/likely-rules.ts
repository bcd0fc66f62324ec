// Which rules can have a yes for a sighting at all, found by what it shows: of dozens of rules two or three are then weighed.

import type { Condition } from './condition.ts';
import type { PlatformRule } from './rule.ts';
import type { Sighting } from './sightings.ts';

export class LikelyRules {
  /** Rules by number, under the keys of their positive conditions. */
  readonly #byKey = new Map<string, number[]>();
  /** Rules that say yes where something is not there. */
  readonly #always: number[] = [];
  readonly #rules: readonly PlatformRule[];

  constructor(rules: readonly PlatformRule[]) {
    this.#rules = rules;
    for (const [number, rule] of rules.entries()) this.#add(number, rule);
  }

  #add(number: number, rule: PlatformRule): void {
    const necessary = rule['necessary-positive'];
    if (necessary === undefined && rule['necessary-negative'] !== undefined) this.#always.push(number);
    for (const key of new Set((necessary ?? rule['sufficient-positive'] ?? []).flatMap(keysOf))) {
      const numbers = this.#byKey.get(key);
      if (numbers === undefined) this.#byKey.set(key, [number]);
      else numbers.push(number);
    }
  }

  /** In the order of the rules. */
  of({ facts }: Sighting): PlatformRule[] {
    const numbers = new Set(this.#always);
    for (const { field, text } of facts) {
      this.#take(numbers, field);
      if (text !== '') this.#take(numbers, ending(text));
    }
    return [...numbers].sort((a, b) => a - b).map((number) => this.#rules[number]!);
  }

  #take(numbers: Set<number>, key: string): void {
    for (const number of this.#byKey.get(key) ?? []) numbers.add(number);
  }
}

/** The field that a condition asks for, or the last two labels of its domain, which hold no star. */
function keysOf(condition: Condition): string[] {
  switch (condition.is) {
    case 'domain':
      return [ending(condition.domain)];
    case 'text':
      return [condition.field];
    case 'header':
      return [condition.field === 'request-header' ? 'request' : 'answer'];
    case 'json':
      return [...condition.fields];
    case 'all':
      return keysOf(condition.of[0]!);
    case 'port':
    case 'payload':
      return [condition.is];
  }
}

/** `.amazonaws.com`: with its dot, so that no field is called so. */
function ending(name: string): string {
  const last = name.lastIndexOf('.');
  const before = last <= 0 ? -1 : name.lastIndexOf('.', last - 1);
  return before < 0 ? `.${name}` : name.slice(before);
}
