// Each verb of the declarations has a row here with the error it gives for what is not there. A verb without a row fails.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { type Command, CommanderError } from 'commander';
import { weirProgram } from '../../appliance/cli/run-weir.ts';
import { VERBS } from '../../appliance/cli/verbs.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import { temporaryFolder } from '../capture/fixture.ts';

/** They ask the one appliance or access point of the machine, or start a program: only their options are refused here. */
const NOT_CALLED = new Set([
  'capture',
  'appliance',
  'shell',
  'provision',
  'proxy',
  'scan-worker',
  'run-action',
  'ap run',
  'ap stop',
  'ap status',
  'findings packet',
  'findings set-aside',
]);

/** They need nothing that could be missing, or, as `doctor`, report it as their result. */
const SUCCEED = new Set(['doctor', 'rules list', 'config reference', 'config backups']);

/** Code of the error by verb, where arguments name nothing and the settings are not there. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  FILE_UNREADABLE: [
    'analyze',
    'diff',
    'report',
    'reproduce paper',
    'reproduce amar',
    'reproduce iotshark',
    'measured-analysis',
    'registry import',
    'campaign check',
    'campaign start',
    'verify',
    'export zeek',
    'ent',
    'rules explain',
  ],
  CONFIG_MISSING: [
    'replay',
    'rebuild',
    'status',
    'registry export',
    'registry show',
    'flows',
    'destinations',
    'ports',
    'sessions',
    'captures',
    'scan list',
    'scan show',
    'scan table',
    'scan stop',
    'tag start',
    'tag stop',
    'tag cancel',
    'tag add',
    'tag remove',
    'tag list',
    'windows',
    'token list',
    'pause',
    'resume',
    'annotate',
    'campaign list',
    'campaign status',
    'campaign done',
    'campaign skip',
    'campaign abort',
    'geo compare',
    'geo check',
    'geo update',
    'ap check',
    'ap render',
    'cert',
    'mosquitto',
    'notify test',
    'config show',
    'config get',
    'config set',
    'config apply',
    'backup',
    'move',
    'forget',
    'update',
  ],
  CONFIG_INVALID: ['rules test'],
  USAGE: [
    'devices confirm',
    'registry set',
    'figures',
    'token revoke',
    'phase',
    'pull',
    'archive load',
    'archive rows',
    'geo lookup',
    'config restore',
    'completion',
  ],
  ARCHIVE_INVALID: ['archive status', 'archive compact', 'archive hold', 'archive release'],
  BACKUP_INVALID: ['restore'],
  'commander.invalidArgument': ['token make', 'archive timestamp', 'packet'],
};

interface Verb {
  readonly words: readonly string[];
  readonly command: Command;
}

function* verbsOf(command: Command, words: readonly string[]): Iterable<Verb> {
  if (command.commands.length === 0) yield { words, command };
  for (const verb of command.commands) yield* verbsOf(verb, [...words, verb.name()]);
}

/** One program for each call: commander keeps the options of the last. Its messages are kept, not printed. */
async function refusal(words: readonly string[]): Promise<{ code: string; message: string }> {
  const program = weirProgram(VERBS);
  for (const { command } of verbsOf(program, [])) command.configureOutput({ writeErr: () => {} });
  const thrown: unknown = await program.parseAsync(['node', 'weir', ...words]).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(
    thrown instanceof WeirError || thrown instanceof CommanderError,
    `weir ${words.join(' ')}: ${String(thrown)}`,
  );
  return { code: thrown.code, message: thrown.message };
}

/** All that the verb needs, and nothing of it is there. */
function withNothing({ words, command }: Verb, missing: string): string[] {
  const values = command.registeredArguments.filter(({ required }) => required).map(() => missing);
  const options = command.options.flatMap(({ long, mandatory }) => {
    if (long === '--config') return [long, `${missing}.yaml`];
    return mandatory && long ? [long, 'x'] : [];
  });
  return [...words, ...values, ...options];
}

const verbs = [...verbsOf(weirProgram(VERBS), [])];
const name = ({ words }: Verb) => words.join(' ');

test('each declared verb has one row, and each row a verb', () => {
  const rows = [...NOT_CALLED, ...SUCCEED, ...Object.values(REFUSED).flat()];
  assert.deepEqual(rows.toSorted(), verbs.map(name).toSorted());
});

test('each verb refuses what is not there, in one line and with its code', async (t) => {
  const missing = path.join(temporaryFolder(t), 'missing', 'x');
  const codes = new Map(Object.entries(REFUSED).flatMap(([code, names]) => names.map((verb) => [verb, code])));
  for (const verb of verbs.filter((one) => codes.has(name(one)))) {
    const { code, message } = await refusal(withNothing(verb, missing));
    assert.equal(code, codes.get(name(verb)), `weir ${name(verb)}: ${message}`);
    assert.doesNotMatch(message, /\n/, name(verb));
    assert.equal(message.split(missing).length <= 2, true, `weir ${name(verb)} says the file twice: ${message}`);
  }
});

test('each verb refuses an option that it does not have; the app proxy hands its words on', async () => {
  for (const verb of verbs.filter((one) => name(one) !== 'proxy')) {
    const values = verb.command.registeredArguments.filter(({ required }) => required).map(() => '1');
    const { code } = await refusal([...verb.words, ...values, '--no-such-option']);
    assert.match(code, /^commander\.(unknownOption|missingMandatoryOptionValue|invalidArgument)$/, name(verb));
  }
});
