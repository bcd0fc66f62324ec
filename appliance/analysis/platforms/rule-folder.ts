// The rules in use: the built-in ones and those of a folder of the operator's. Loaded with the tables of documents.

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readPlainFile } from '../../config/plain-file.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { BUILT_IN_RULES } from './built-in.ts';
import type { PlatformRule, RuleSet } from './rule.ts';

/** Files *.yaml and *.yml in the folder of the operator's own rules; a folder with more is refused. */
const MAX_FILES = 64;

/** The built-in rules alone. */
export const BUILT_IN: RuleSet = ruleSet(BUILT_IN_RULES);

/** An own rule with the id of a built-in one takes its place. */
function ruleSet(rules: readonly PlatformRule[]): RuleSet {
  return { rules, sha256: createHash('sha256').update(JSON.stringify(rules)).digest('hex') };
}

/**
 * @param folder its files `*.yaml` and `*.yml` in the order of their names; one that is not there holds no rules
 * @throws WeirError CONFIG_INVALID with file, line and what is wrong
 */
export async function loadRules(folder: string): Promise<RuleSet> {
  const files = ruleFiles(folder);
  if (files.length === 0) return BUILT_IN;
  // The parser is loaded where there is something to parse.
  const { parseRules } = await import('./rule-text.ts');
  const own = new Map<string, PlatformRule>();
  for (const file of files) {
    const { rules, mistakes } = parseRules(readRuleFile(file));
    const [first] = mistakes;
    if (first !== undefined) throw invalid(`${file}:${first.line}: ${first.message}`);
    for (const { rule } of rules) {
      if (own.has(rule.id)) throw invalid(`${file}: the rule ${rule.id} is in another file as well`);
      own.set(rule.id, rule);
    }
  }
  return ruleSet([...BUILT_IN_RULES.filter(({ id }) => !own.has(id)), ...own.values()]);
}

/** For processes that must continue: figures without an operator's rules are better than none, and the cause is reported. */
export async function rulesOrBuiltIn(folder: string, problem: (text: string) => void): Promise<RuleSet> {
  try {
    return await loadRules(folder);
  } catch (thrown) {
    if (!(thrown instanceof WeirError)) throw thrown;
    problem(`${thrown.message} The built-in rules are used.`);
    return BUILT_IN;
  }
}

function ruleFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
    throw invalid(`${folder}: cannot be read (${toError(thrown).message})`);
  }
  const files = names.filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort();
  if (files.length > MAX_FILES) throw invalid(`${folder}: more than ${MAX_FILES} rule files`);
  return files.map((name) => join(folder, name));
}

/** @throws WeirError CONFIG_INVALID */
export function readRuleFile(path: string): string {
  let text: string | undefined;
  try {
    text = readPlainFile(path, MAX_RULE_BYTES);
  } catch (thrown) {
    throw invalid(`${path}: cannot be read (${toError(thrown).message})`);
  }
  if (text === undefined) throw invalid(`${path}: no such file`);
  return text;
}

function invalid(text: string): WeirError {
  return new WeirError(
    'CONFIG_INVALID',
    `${text}. Rules of that folder are not used; correct it: \`weir rules test FILE\` tries it.`,
  );
}

/** A rule file is read whole into memory. */
const MAX_RULE_BYTES = 256 * 1024;
