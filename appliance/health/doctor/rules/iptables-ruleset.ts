// Reads `iptables -S` (the filter table, in the form of iptables-save) into the words of ruleset.ts.

import type { Field, RuleChain, Step, Verdict } from './ruleset.ts';

/** Lines of one listing that are read; rules beyond are not judged. */
const MAX_LINES = 50_000;
const HOOKS: Readonly<Record<string, string>> = { INPUT: 'input', FORWARD: 'forward', OUTPUT: 'output' };

/** `tool`: whose rules they are; nft reports its own under the same names of table and chains. */
export function parseIptablesRules(text: string, tool: RuleChain['tool']): RuleChain[] {
  const lines = text.split('\n').slice(0, MAX_LINES).map(words);
  const policies = new Map(
    lines.flatMap(([what, name = '', to]) => (what === '-P' || what === '-N' ? [[name, to]] : [])),
  );
  const rules = new Map<string, (readonly Step[])[]>([...policies.keys()].map((name) => [name, []]));
  for (const [what, name = '', ...rest] of lines) {
    if (what === '-A') rules.get(name)?.push(readRule(rest, rules));
  }
  return [...rules].map(([name, steps]) => ({
    tool,
    family: 'ip',
    table: 'filter',
    name,
    hook: (Object.hasOwn(HOOKS, name) && HOOKS[name]) || '',
    priority: 0,
    policy: policies.get(name) === 'DROP' ? 'drop' : 'accept',
    rules: steps,
  }));
}

/** Comments are in quotation marks. */
function words(line: string): string[] {
  return line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
}

const FIELDS: Readonly<Record<string, Field>> = {
  '-i': 'iif',
  '-o': 'oif',
  '-s': 'saddr',
  '-d': 'daddr',
  '-p': 'l4proto',
  '--sport': 'sport',
  '--dport': 'dport',
  '--sports': 'sport',
  '--dports': 'dport',
  '--ctstate': 'ctstate',
  '--state': 'ctstate',
};
/** Extensions whose options are understood, or that test nothing by themselves. */
const MODULES = new Set(['tcp', 'udp', 'conntrack', 'state', 'comment', 'multiport']);

function readRule(rest: readonly string[], chains: ReadonlyMap<string, unknown>): Step[] {
  const steps: Step[] = [];
  let not = false;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    const next = rest[at + 1] ?? '';
    if (word === '!') {
      not = true;
      continue;
    }
    if (word === '-j' || word === '-g') return [...steps, ...readTarget(word, next, chains)];
    const read = readOption(word, next, not);
    if (read !== undefined) at++;
    steps.push(...(read ?? [{ is: 'doubt' }]));
    not = false;
  }
  return steps;
}

function readOption(word: string, next: string, not: boolean): Step[] | undefined {
  if (word === '--comment') return [];
  if (word === '-m') return MODULES.has(next) ? [] : [{ is: 'doubt' }];
  const field = Object.hasOwn(FIELDS, word) ? FIELDS[word] : undefined;
  if (field === undefined) return undefined;
  return [{ is: 'test', field, not, values: next.split(',').map((value) => valueText(field, value)) }];
}

function valueText(field: Field, value: string): string {
  if (field === 'iif' || field === 'oif') return value.replace(/\+$/, '*');
  return field === 'sport' || field === 'dport' ? value.replace(':', '-') : value.toLowerCase();
}

/** Not among them: LOG, MARK and the like, after which the next rule is asked. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  ACCEPT: { does: 'accept' },
  QUEUE: { does: 'accept' },
  NFQUEUE: { does: 'accept' },
  DROP: { does: 'drop' },
  REJECT: { does: 'drop' },
  RETURN: { does: 'return' },
};

function readTarget(word: '-j' | '-g', target: string, chains: ReadonlyMap<string, unknown>): Step[] {
  const known = Object.hasOwn(VERDICTS, target) ? VERDICTS[target] : undefined;
  if (known !== undefined) return [{ is: 'verdict', verdict: known }];
  if (!chains.has(target)) return [];
  return [{ is: 'verdict', verdict: { does: word === '-j' ? 'jump' : 'goto', target } }];
}
