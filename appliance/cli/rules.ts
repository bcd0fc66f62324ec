// weir rules: the platform rules in use, trying a rule file, and which condition decided what of a capture.

import { statSync } from 'node:fs';
import type { Command } from 'commander';
import type { JudgedDevice } from '../analysis/document/devices.ts';
import type { Judgement } from '../analysis/platforms/answers.ts';
import type { WrittenRule } from '../analysis/platforms/rule-text.ts';
import type { Part } from '../analysis/summary/summary.ts';
import { RULES_FOLDER } from '../config/rules-folder.ts';
import { WeirError } from '../model/errors.ts';
import { parseMac } from '../model/mac.ts';
import { printable } from '../model/text.ts';
import { type AnswerOptions, printAnswer } from './print/answer.ts';

interface RulesOptions {
  readonly rules: string;
  readonly json?: boolean;
}

interface ExplainOptions extends RulesOptions {
  readonly device?: string;
  readonly all?: boolean;
}

export function declareRules(weir: Command): void {
  const rules = weir
    .command('rules')
    .description('Platform rules: list them, try a file, see which condition decided.');
  rules
    .command('list')
    .description('The rules in use: built-in ones and those of the folder.')
    .option('--rules <folder>', 'platform rules of your own', RULES_FOLDER)
    .option('--json', 'the rules as JSON')
    .action(list);
  rules
    .command('test')
    .description('Try a rule file: whether it can be read, and whether it is right about its own examples.')
    .argument('<file>', 'YAML; appliance/analysis/platforms/RULES.md says how it is written')
    .option('--json', 'mistakes, and the rules that can be used, as JSON')
    .action(tryFile);
  rules
    .command('explain')
    .description('Which condition of which rule decided, for each device and far end of a capture.')
    .argument('<file>', 'pcap or pcapng, also gzip-compressed; or a folder of them')
    .option('--device <mac>', 'of this device alone')
    .option('--all', 'also the rules that say "not"')
    .option('--rules <folder>', 'platform rules of your own', RULES_FOLDER)
    .option('--json', 'the answer as JSON')
    .action(explain);
}

async function list(options: RulesOptions): Promise<void> {
  const [{ loadRules }, { CONDITION_KINDS }, { tableText }] = await Promise.all([
    import('../analysis/platforms/rule-folder.ts'),
    import('../analysis/platforms/decide.ts'),
    import('./print/print.ts'),
  ]);
  const { rules, sha256 } = await loadRules(options.rules);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ sha256, rules }, null, 2)}\n`);
    return;
  }
  const rows = rules.map((rule) => [
    rule.platform,
    rule.provider,
    rule.id,
    CONDITION_KINDS.filter((kind) => rule[kind] !== undefined).join(' '),
    rule.source,
  ]);
  process.stdout.write(`${tableText(['platform', 'provider', 'rule', 'conditions', 'source'], rows)}\n`);
  const platforms = new Set(rules.map(({ platform }) => platform)).size;
  process.stdout.write(`${rules.length} rules for ${platforms} platforms, sha256 ${sha256}\n`);
}

/** Every mistake on a line of its own on standard error, or in the JSON; exit code 2 where there is one. */
async function tryFile(file: string, options: AnswerOptions): Promise<void> {
  const [{ readRuleFile }, { parseRules }] = await Promise.all([
    import('../analysis/platforms/rule-folder.ts'),
    import('../analysis/platforms/rule-text.ts'),
  ]);
  const { rules, mistakes } = parseRules(readRuleFile(file));
  if (mistakes.length > 0) process.exitCode = 2;
  if (options.json !== true)
    for (const { line, message } of mistakes) process.stderr.write(`${printable(file, 300)}:${line}: ${message}\n`);
  const examples = rules.reduce((sum, rule) => sum + rule.examples.length, 0);
  const counterExamples = rules.reduce((sum, rule) => sum + rule.counterExamples.length, 0);
  printAnswer(
    options,
    { rules: rules.map(triedRule), mistakes },
    `${rules.length} rules are right about ${examples} examples and ${counterExamples} counter-examples; mistakes: ${mistakes.length}`,
  );
}

function triedRule({ rule, line, examples, counterExamples }: WrittenRule): object {
  const { platform, id, source } = rule;
  return { platform, rule: id, line, source, examples: examples.length, counter_examples: counterExamples.length };
}

async function explain(file: string, options: ExplainOptions): Promise<void> {
  const [{ judgeDevices }, { loadRules }, { describeDecision }] = await Promise.all([
    import('../analysis/document/devices.ts'),
    import('../analysis/platforms/rule-folder.ts'),
    import('../analysis/platforms/answers.ts'),
  ]);
  const wanted = options.device === undefined ? undefined : macOf(options.device);
  const { rules } = await loadRules(options.rules);
  const judged = judgeDevices(await partOf(file), rules)
    .filter(({ mac }) => wanted === undefined || mac === wanted)
    .map((device) => ({ ...device, judgements: device.judgements.filter(shown(options.all === true)) }));
  if (wanted !== undefined && judged.length === 0)
    throw new WeirError('USAGE', `${wanted} sent nothing in ${printable(file)}. \`weir analyze\` lists who did.`);
  const rows = judged.flatMap((device) => device.judgements.map((one) => rowOf(device, one, describeDecision)));
  process.stdout.write(options.json === true ? `${JSON.stringify(rows, null, 2)}\n` : textOf(judged, rows));
}

function shown(all: boolean): (judgement: Judgement) => boolean {
  return ({ decision }) => all || decision.word !== 'not';
}

interface ExplainedRow {
  readonly device: string;
  readonly peer: string | null;
  readonly answer: string;
  readonly platform: string;
  readonly rule: string;
  readonly decided: string;
  readonly source: string;
}

function rowOf(
  { mac }: JudgedDevice,
  { rule, peer, decision }: Judgement,
  describe: (decision: Judgement['decision']) => string,
): ExplainedRow {
  const { platform, id, source } = rule;
  const answer = decision.word;
  return {
    device: mac,
    peer: peer === '' ? null : peer,
    answer,
    platform,
    rule: id,
    decided: describe(decision),
    source,
  };
}

/** A block a device; lines are not cut, for the condition is what was asked for. */
function textOf(devices: readonly JudgedDevice[], rows: readonly ExplainedRow[]): string {
  const blocks = devices.map(({ mac }) => {
    const own = rows.filter(({ device }) => device === mac);
    const lines = own.map(({ answer, platform, peer, rule, decided }) =>
      printable(`  ${answer} ${platform}, ${peer ?? 'by itself'} [${rule}] ${decided}`, 600),
    );
    return [mac, ...(lines.length === 0 ? ['  no rule has anything to say'] : lines)].join('\n');
  });
  return blocks.length === 0 ? 'no device sent anything\n' : `${blocks.join('\n')}\n`;
}

async function partOf(path: string): Promise<Part> {
  const [{ Analyzer }, { readCaptureFile }, { analyzeFolder }, { wholePart }] = await Promise.all([
    import('../analysis/analyzer.ts'),
    import('./files/capture-file.ts'),
    import('./analyze/analyze-folder.ts'),
    import('../analysis/summary/merge.ts'),
  ]);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    const request = { withHash: false, vault: undefined, words: undefined, routers: [] };
    return wholePart((await analyzeFolder(path, request)).summary);
  }
  const analyzer = new Analyzer({ owner: null, infra: [] });
  await readCaptureFile(path, analyzer, false);
  return wholePart(analyzer.summary());
}

function macOf(text: string): string {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw new WeirError('USAGE', `A device is written aa:bb:cc:00:01:02, not ${printable(text, 20)}; nothing was read.`);
}
