// Rule files: those of the tree, and what is refused in others.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BUILT_IN, loadRules, rulesOrBuiltIn } from '../../../appliance/analysis/platforms/rule-folder.ts';
import { parseRules } from '../../../appliance/analysis/platforms/rule-text.ts';
import { BUILT_IN_FILE, builtInText, readTree } from '../../../provisioning/platforms/built-in-text.ts';

const CLI = fileURLToPath(new URL('../../../appliance/cli/main.js', import.meta.url));
const ROOT = resolve(fileURLToPath(new URL('../../../..', import.meta.url)));

test('the built-in rules are those of the rule files, which are right about their examples', () => {
  assert.equal(readFileSync(join(ROOT, BUILT_IN_FILE), 'utf8'), builtInText(ROOT), 'npm run build:platforms');
  assert.deepEqual(
    BUILT_IN.rules,
    readTree(ROOT).map(({ rule }) => rule),
  );
});

test('each platform that the field asks for has a rule with source, example and counter-example', () => {
  const wanted =
    'AWS IoT, Amazon Alexa, Samsung SmartThings, MiJia, Joylink, Alink, Ezviz, Tuya, Philips Hue, TP-Link Kasa, TP-Link Tapo, ' +
    'Google Nest, Ring, Blink, Withings, LIFX, Netatmo, WeMo, Sonos, eWeLink, HomeKit, mydlink, Meross, Shelly, Govee, ecobee, ' +
    'Sensi, iRobot, Rachio, August, Yale, Schlage';
  const written = readTree(ROOT);
  const shown = new Set(
    written
      .filter(
        ({ rule, examples, counterExamples }) => rule.source !== '' && examples.length * counterExamples.length > 0,
      )
      .map(({ rule }) => rule.platform),
  );
  assert.deepEqual(
    wanted.split(', ').filter((platform) => !shown.has(platform)),
    [],
  );
  for (const { rule, examples, counterExamples } of written)
    assert.ok(rule.source.length > 5 && examples.length > 0 && counterExamples.length > 0, rule.id);
});

/** A file with one rule whose lines are replaced; the rule begins in line 4. */
function ruleFile(lines: Readonly<Record<string, string>>): string {
  const rule: Record<string, string> = {
    id: 'lamp-names',
    source: 'manual',
    'sufficient-positive': '[{domain: lamp.example}]',
    example: '[{sni: api.lamp.example}]',
    'counter-example': '[{sni: shop.example}]',
    ...lines,
  };
  const written = Object.entries(rule).filter(([, text]) => text !== '');
  const body = written.map(([name, text], i) => `    ${i === 0 ? '- ' : '  '}${name}: ${text}`);
  return ['- platform: Lamp', '  provider: Lamps', '  rules:', ...body, ''].join('\n');
}

test('a rule file is read', () => {
  const { rules, mistakes } = parseRules(ruleFile({}));
  assert.deepEqual([rules.map(({ rule, line }) => [rule.id, line]), mistakes], [[['lamp-names', 4]], []]);
});

const WRONG: readonly (readonly [string, Readonly<Record<string, string>>, number, RegExp])[] = [
  ['an unknown condition', { 'sufficient-positive': '[{domian: a.example}]' }, 6, /domian is no condition/],
  ['an unknown name', { sauce: 'x' }, 9, /sauce: is not known here/],
  ['no source', { source: '' }, 4, /source: must be a text/],
  ['no example', { example: '' }, 4, /example: must be a list/],
  ['no counter-example', { 'counter-example': '[]' }, 8, /counter-example: must be a list/],
  ['an example that is none', { example: '[{sni: shop.example}]' }, 7, /is judged "open", not "belongs"/],
  ['a counter-example that is none', { 'counter-example': '[{sni: b.lamp.example}]' }, 8, /belongs by this rule/],
  ['a number for bytes', { 'sufficient-positive': '[{payload: 2131}]' }, 6, /in quotes/],
  ['bytes beyond those kept', { 'sufficient-positive': '[{payload: "2131", at: 15}]' }, 6, /first 16 bytes/],
  ['a port that is none', { 'sufficient-positive': '[{port: tcp/70000}]' }, 6, /must be a port/],
  ['a star in the last labels', { 'sufficient-positive': '[{domain: iot.*.com}]' }, 6, /no star in its last two/],
  ['a pattern that fits everything', { 'sufficient-positive': '[{path: "*"}]' }, 6, /fits everything/],
  ['many stars', { 'sufficient-positive': '[{path: "*a*a*a*a*a*"}]' }, 6, /at most 4 stars/],
  [
    'a value that is not kept',
    { 'sufficient-positive': '[{answer-header: "x-key: 1"}]' },
    6,
    /values are kept of server/,
  ],
  [
    'no positive condition',
    { 'sufficient-positive': '', 'sufficient-negative': '[{sni: x}]' },
    8,
    /sni is no condition/,
  ],
  ['only negative conditions', { 'sufficient-positive': '', 'sufficient-negative': '[{alpn: h2}]' }, 4, /no positive/],
  ['what everything lacks', { 'necessary-negative': '[{domain: ads.example}]' }, 9, /needs a necessary-positive/],
  ['an alias', { source: '&a x', example: '*a' }, 7, /aliases/],
  ['broken YAML', { source: '{x' }, 6, /flow|comma|\}/i],
];

for (const [what, lines, line, message] of WRONG) {
  test(`refused with its line: ${what}`, () => {
    const { rules, mistakes } = parseRules(ruleFile(lines));
    assert.deepEqual([rules.length, mistakes[0]?.line], [0, line], mistakes[0]?.message);
    assert.match(mistakes[0]?.message ?? '', message);
  });
}

test('one wrong rule leaves the others, and every mistake is reported', () => {
  const text = ruleFile({}) + ruleFile({ id: 'b', source: '' }) + ruleFile({ id: 'c' }) + ruleFile({ id: 'c' });
  const { rules, mistakes } = parseRules(text);
  assert.deepEqual(
    [rules.map(({ rule }) => rule.id), mistakes.map(({ line }) => line)],
    [
      ['lamp-names', 'c'],
      [12, 27],
    ],
  );
});

test('weir rules test --json reports rules and mistakes with their lines', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-rules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const tried = (text: string) => {
    writeFileSync(join(folder, 'own.yaml'), text);
    const words = [CLI, 'rules', 'test', join(folder, 'own.yaml'), '--json'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    return { status, stderr, answer: JSON.parse(stdout) as unknown };
  };
  const rule = { platform: 'Lamp', rule: 'lamp-names', line: 4, source: 'manual', examples: 1, counter_examples: 1 };
  assert.deepEqual(tried(ruleFile({})), { status: 0, stderr: '', answer: { rules: [rule], mistakes: [] } });
  const wrong = tried(ruleFile({}) + ruleFile({ id: 'b', source: '' }));
  assert.deepEqual(wrong, {
    status: 2,
    stderr: '',
    answer: { rules: [rule], mistakes: [{ line: 12, message: 'rules.source: must be a text of 1 to 400 characters' }] },
  });
});

test('what is no list of platforms is reported in one line', () => {
  for (const text of ['', 'hello', '{}', '[]', '- 1', '- {platform: x}', '- {platform: x, provider: y, rules: {}}']) {
    const { rules, mistakes } = parseRules(text);
    assert.deepEqual([rules.length, mistakes.length], [0, 1], text);
  }
});

test('rules of a folder are added to the built-in ones, and take the place of those with their id', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-rules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(await loadRules(folder), BUILT_IN);
  assert.equal(await loadRules(join(folder, 'none')), BUILT_IN);
  writeFileSync(join(folder, 'own.yaml'), ruleFile({}) + ruleFile({ id: 'homekit-service' }));
  const { rules, sha256 } = await loadRules(folder);
  const own = rules.filter(({ platform }) => platform === 'Lamp').map(({ id }) => id);
  assert.deepEqual([own, rules.length], [['lamp-names', 'homekit-service'], BUILT_IN.rules.length + 1]);
  assert.notEqual(sha256, BUILT_IN.sha256);
});

test('a bad rule file is reported with file and line, and a caller that must go on uses the built-in rules', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-rules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'bad.yml'), ruleFile({ source: '' }));
  await assert.rejects(loadRules(folder), /bad\.yml:4: rules\.source: must be a text/);
  const reported: string[] = [];
  assert.equal(await rulesOrBuiltIn(folder, (text) => reported.push(text)), BUILT_IN);
  assert.match(reported.join(), /bad\.yml:4: .*The built-in rules are used/);
});
