// README and manuals hold what they promise: each command exists with its options, each make target, each link with its
// heading; the front page stays short.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { manualsOf } from '../provisioning/deb/manuals.ts';
import { commandsOf, LIST, manualPages, ROOT, readParts } from './manual-commands.ts';

const WEIR = join(ROOT, 'dist/appliance/cli/main.js');
const PAGES = manualPages();
/** It runs whatever the list gives it; `tutorial.test.ts` runs every block of its page. */
const OWN_RUNNERS = new Set(['test/integration/manual-commands.test.ts', 'test/integration/tutorial.test.ts']);

/** `words` of a verb (`archive status`) to what the completion of the shell offers after it. */
const VERBS = new Map(
  [
    ...execFileSync(process.execPath, [WEIR, 'completion', 'bash'], { encoding: 'utf8' }).matchAll(
      /'(.*?)'\) next='(.*?)'/g,
    ),
  ].map(([, words = '', next = '']) => [words, next.split(' ')] as const),
);

/** What is wrong with a command of ours, or nothing. */
function faultOf(command: string): string | undefined {
  const call = /^(?:sudo )?(?:weir|node dist\/appliance\/cli\/main\.js)(?=\s|$)(.*)$/.exec(command)?.[1];
  if (call === undefined) return undefined;
  const words =
    call
      .split(/[|>;]|&&/)[0]
      ?.trim()
      .split(/\s+/)
      .filter(Boolean) ?? [];
  let verb = '';
  for (const word of words) {
    const longer = verb === '' ? word : `${verb} ${word}`;
    if (!VERBS.has(longer)) break;
    verb = longer;
  }
  const [first] = words;
  const isNamed = first === undefined || verb !== '' || /^(help|VERB|-V|--version|-h|--help)/.test(first);
  if (!isNamed && /^[a-z-]+$/.test(first)) return `no verb ${first}`;
  const known = [
    ...(VERBS.get(verb) ?? []),
    '--version',
    '--help',
    ...(verb === 'proxy' ? optionsOf(words.slice(0, 2)) : []),
  ];
  return words
    .map((word) => /^(--[a-z][a-z-]*)/.exec(word)?.[1])
    .filter((option) => option !== undefined)
    .filter((option) => !known.includes(option))
    .map((option) => `weir ${verb} has no ${option}`)[0];
}

/** Of a verb of the second package, which declares its own verbs when it is called. */
function optionsOf(words: readonly string[]): string[] {
  const help = execFileSync(process.execPath, [WEIR, ...words, '--help'], { encoding: 'utf8' });
  return [...help.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option);
}

test('each command of README and manuals exists, with its options', () => {
  assert.ok(VERBS.size > 30, 'the verbs were read');
  const wrong = PAGES.flatMap(({ file, text }) =>
    commandsOf(text).flatMap((command) => {
      const fault = faultOf(command);
      return fault === undefined ? [] : [`${file}: \`${command}\`: ${fault}`];
    }),
  );
  assert.deepEqual(wrong, []);
});

test('a command that does not exist would be noticed', () => {
  assert.equal(faultOf('weir analyse FILE'), 'no verb analyse');
  assert.equal(faultOf('weir verify --hed X DIR'), 'weir verify has no --hed');
  assert.equal(faultOf('weir archive status ARCHIVE'), undefined);
});

test('each make target of README and manuals is in the Makefile', () => {
  const targets = new Set(
    [...readFileSync(join(ROOT, 'Makefile'), 'utf8').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name),
  );
  const wrong = PAGES.flatMap(({ file, text }) =>
    commandsOf(text)
      .flatMap((command) => /^make ((?:[a-z-]+ ?)+)/.exec(command)?.[1]?.trim().split(' ') ?? [])
      .filter((target) => !targets.has(target))
      .map((target) => `${file}: make ${target}`),
  );
  assert.deepEqual(wrong, []);
});

test('each command of README and manuals has a row that says what runs it, and each row a command', () => {
  const rows = readParts().flatMap(({ commands }) => commands);
  const shown = new Set(PAGES.flatMap(({ text }) => commandsOf(text)));
  const listed = new Set(rows);
  assert.deepEqual(
    rows.filter((command, at) => rows.indexOf(command) !== at),
    [],
    'twice',
  );
  assert.deepEqual([...shown].filter((command) => !listed.has(command)).toSorted(), [], `without a row in ${LIST}`);
  assert.deepEqual([...listed].filter((command) => !shown.has(command)).toSorted(), [], 'in no manual any more');
});

test('what runs a command is there, and names its verb', () => {
  const wrong = readParts()
    .filter(({ runner }) => !runner.startsWith('none: '))
    .flatMap(({ runner, commands }) => {
      if (!existsSync(join(ROOT, runner))) return [`${runner} is not there`];
      const text = readFileSync(join(ROOT, runner), 'utf8');
      const words = (command: string) => new RegExp(`\\b${verbOf(command)}\\b`);
      const isOwn = OWN_RUNNERS.has(runner);
      return commands
        .filter((command) => !isOwn && verbOf(command) !== '' && !words(command).test(text))
        .map((command) => `${runner} does not name ${verbOf(command)}: ${command}`);
    });
  assert.deepEqual(wrong, []);
});

/** Of `sudo weir archive load X`: `load`; nothing of other programs. */
function verbOf(command: string): string {
  const words = /^(?:sudo )?weir ((?:[a-z-]+ ?)+)/.exec(command)?.[1]?.trim().split(' ') ?? [];
  let [verb = ''] = words;
  if (VERBS.has(words.slice(0, 2).join(' '))) verb = words[1] ?? verb;
  return verb;
}

test('each script that the manuals call is there', () => {
  const scripts = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts as Record<string, string>;
  const wrong = [...new Set(PAGES.flatMap(({ text }) => commandsOf(text)))].filter((command) => {
    const file = /^node (?:--test )?(dist\/\S+)/.exec(command)?.[1];
    const script = /^npm run (\S+)/.exec(command)?.[1];
    return (file !== undefined && !existsSync(join(ROOT, file))) || (script !== undefined && !(script in scripts));
  });
  assert.deepEqual(wrong, []);
});

/** The anchor that code hosts give a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

test('each link of README and manuals leads to a file and, where it names one, to a heading', () => {
  const wrong = PAGES.flatMap(({ file, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      const [path = '', anchor] = target.split('#');
      const page = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), path));
      if (!existsSync(join(ROOT, page))) return [`${file} links ${target}`];
      if (anchor === undefined) return [];
      const headings = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        anchorOf(heading),
      );
      return headings.includes(anchor) ? [] : [`${file} links ${target}: no such heading`];
    }),
  );
  assert.deepEqual(wrong, []);
});

test('the front page stays a front page: at most 7 kB', () => {
  assert.ok(statSync(join(ROOT, 'README.md')).size <= 7_000);
});

test('the package holds the pages to which the front page leads', () => {
  const pages = manualsOf(ROOT);
  assert.ok(pages.includes('README.md') && pages.includes('appliance/config/CONFIGURATION.md'));
  assert.ok(pages.every((page) => existsSync(join(ROOT, page))));
});
