// The rule files of the tree as a module with their rules, each on one line, without their examples.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRules, type WrittenRule } from '../../appliance/analysis/platforms/rule-text.ts';

const RULES = 'appliance/analysis/platforms/rules';
export const BUILT_IN_FILE = 'appliance/analysis/platforms/built-in.ts';

const HEAD = `// The built-in platform rules, made from rules/*.yaml by \`npm run build:platforms\`; not written by hand.

import type { PlatformRule } from './rule.ts';

/** As JSON: a module with so many values costs a start more. */
const RULES = \`
`;
const FOOT = `\`;

export const BUILT_IN_RULES: readonly PlatformRule[] = RULES.trim()
  .split('\\n')
  .map((line) => JSON.parse(line) as PlatformRule);
`;

export function builtInText(root: string): string {
  const lines = readTree(root).map(({ rule }) => JSON.stringify(rule).replaceAll(/[\\`]|\$(?=\{)/g, String.raw`\$&`));
  return `${HEAD}${lines.join('\n')}\n${FOOT}`;
}

/** Every rule of the tree in the order of files. @throws Error with file and line */
export function readTree(root: string): WrittenRule[] {
  const ids = new Set<string>();
  return readdirSync(join(root, RULES))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => {
      const { rules, mistakes } = parseRules(readFileSync(join(root, RULES, name), 'utf8'));
      const [first] = mistakes;
      if (first !== undefined) throw new Error(`${name}:${first.line}: ${first.message}`);
      const twice = rules.find(({ rule }) => ids.has(rule.id));
      if (twice !== undefined) throw new Error(`${name}:${twice.line}: ${twice.rule.id} is taken`);
      for (const { rule } of rules) ids.add(rule.id);
      return rules;
    });
}
