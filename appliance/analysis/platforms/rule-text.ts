// A rule file (YAML) becomes platform rules with their examples, or a list of everything that is wrong with it, by line.

import { isNode, LineCounter, parseDocument, visit } from 'yaml';
import { printable } from '../../model/text.ts';
import type { Condition } from './condition.ts';
import {
  isPlain,
  type Path,
  type Plain,
  RuleMistake,
  readCondition,
  readExample,
  readList,
  readText,
  refuseOthers,
} from './condition-text.ts';
import { CONDITION_KINDS, type Conditions, decide } from './decide.ts';
import type { PlatformRule } from './rule.ts';
import type { Sighting } from './sightings.ts';

export interface WrittenRule {
  readonly rule: PlatformRule;
  readonly line: number;
  /** Each belongs, or is a candidate where the rule can do no more. */
  readonly examples: readonly Sighting[];
  /** None belongs. */
  readonly counterExamples: readonly Sighting[];
}

export interface RuleFileMistake {
  readonly line: number;
  /** One printable line. */
  readonly message: string;
}

export interface RuleFile {
  readonly rules: readonly WrittenRule[];
  readonly mistakes: readonly RuleFileMistake[];
}

/** In one file; the built-in rules know fewer than half as many. */
const MAX_PLATFORMS = 200;
/** Rules in one entry of a platform; an entry with more is not used and reported as a mistake. */
const MAX_RULES = 50;

const PLATFORM_NAMES = ['platform', 'provider', 'rules'];
const RULE_NAMES = ['id', 'source', ...CONDITION_KINDS, 'candidate', 'example', 'counter-example'];

/** The examples are held against the rules as well: a rule that is not right about its own examples is a mistake. */
export function parseRules(text: string): RuleFile {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { lineCounter: lines, strict: true, uniqueKeys: true });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const broken = document.errors.map((error) => mistake(lineAt(error.pos[0]), error.message));
  if (broken.length > 0) return { rules: [], mistakes: broken };
  let alias: number | undefined;
  visit(document, {
    Alias(_key, node) {
      alias = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  if (alias !== undefined) return { rules: [], mistakes: [mistake(lineAt(alias), 'aliases (*name) are not taken')] };
  const lineOf = (path: Path): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node)) return lineAt(node.range?.[0] ?? 0);
    }
    return 1;
  };
  return new Reader(lineOf).read(document.toJS());
}

function mistake(line: number, message: string): RuleFileMistake {
  return { line, message: printable(message.split('\n', 1)[0] ?? '', 300) };
}

class Reader {
  readonly #lineOf: (path: Path) => number;
  readonly #rules: WrittenRule[] = [];
  readonly #mistakes: RuleFileMistake[] = [];

  constructor(lineOf: (path: Path) => number) {
    this.#lineOf = lineOf;
  }

  read(value: unknown): RuleFile {
    this.#try(() => {
      for (const [i, platform] of readList(value, [], MAX_PLATFORMS).entries())
        this.#try(() => this.#readPlatform(platform, [i]));
    });
    return { rules: this.#rules, mistakes: this.#mistakes.sort((a, b) => a.line - b.line) };
  }

  /** What is wrong with one rule leaves the others. */
  #try(read: () => void): void {
    try {
      read();
    } catch (thrown) {
      if (!(thrown instanceof RuleMistake)) throw thrown;
      const where = thrown.path.filter((step) => typeof step === 'string').join('.');
      this.#mistakes.push(mistake(this.#lineOf(thrown.path), `${where || 'the file'}: ${thrown.message}`));
    }
  }

  #readPlatform(value: unknown, path: Path): void {
    if (!isPlain(value)) throw new RuleMistake(path, 'must be a platform with `platform`, `provider` and `rules`');
    refuseOthers(value, PLATFORM_NAMES, path);
    const platform = readText(value['platform'], [...path, 'platform'], 64);
    const provider = readText(value['provider'], [...path, 'provider'], 64);
    for (const [i, rule] of readList(value['rules'], [...path, 'rules'], MAX_RULES).entries())
      this.#try(() => this.#readRule(rule, [...path, 'rules', i], platform, provider));
  }

  #readRule(value: unknown, path: Path, platform: string, provider: string): void {
    if (!isPlain(value)) throw new RuleMistake(path, 'must be a rule with `id`, `source` and conditions');
    refuseOthers(value, RULE_NAMES, path);
    const id = readText(value['id'], [...path, 'id'], 64);
    if (!/^[a-z0-9-]+$/.test(id)) throw new RuleMistake([...path, 'id'], 'must be of lower-case letters, digits and -');
    if (this.#rules.some(({ rule }) => rule.id === id)) throw new RuleMistake([...path, 'id'], `${id} is taken`);
    const source = readText(value['source'], [...path, 'source'], 400);
    const candidate = value['candidate'] ?? true;
    if (typeof candidate !== 'boolean') throw new RuleMistake([...path, 'candidate'], 'must be true or false');
    const rule: PlatformRule = { id, platform, provider, source, candidate, ...readConditions(value, path) };
    const examples = readExamples(value, 'example', path);
    const counterExamples = readExamples(value, 'counter-example', path);
    tryExamples(rule, examples, counterExamples, path);
    this.#rules.push({ rule, line: this.#lineOf(path), examples, counterExamples });
  }
}

function readConditions(value: Plain, path: Path): Conditions {
  const entries = CONDITION_KINDS.flatMap((kind): [string, readonly Condition[]][] => {
    if (value[kind] === undefined) return [];
    const at = [...path, kind];
    return [[kind, readList(value[kind], at).map((one, i) => readCondition(one, [...at, i]))]];
  });
  const conditions: Conditions = Object.fromEntries(entries);
  const decides = conditions['sufficient-positive'] ?? conditions['necessary-positive'];
  if (decides === undefined)
    throw new RuleMistake(path, 'has no positive condition: a rule says what belongs to its platform');
  if (conditions['necessary-negative'] !== undefined && conditions['necessary-positive'] === undefined)
    throw new RuleMistake(
      [...path, 'necessary-negative'],
      'needs a necessary-positive beside it: without one everything that lacks the feature would belong',
    );
  return conditions;
}

function readExamples(value: Plain, name: string, path: Path): Sighting[] {
  const at = [...path, name];
  return readList(value[name], at).map((one, i) => readExample(one, [...at, i]));
}

function tryExamples(
  rule: PlatformRule,
  examples: readonly Sighting[],
  counterExamples: readonly Sighting[],
  path: Path,
): void {
  const canDecide = rule['sufficient-positive'] !== undefined || rule['necessary-negative'] !== undefined;
  const wanted = canDecide ? 'belongs' : 'candidate';
  const wrong = examples.findIndex((example) => decide(rule, example).word !== wanted);
  if (wrong >= 0) {
    const { word } = decide(rule, examples[wrong]!);
    throw new RuleMistake([...path, 'example', wrong], `is judged "${word}", not "${wanted}"`);
  }
  const caught = counterExamples.findIndex((example) => ['belongs', wanted].includes(decide(rule, example).word));
  if (caught >= 0) throw new RuleMistake([...path, 'counter-example', caught], 'belongs by this rule, and must not');
}
