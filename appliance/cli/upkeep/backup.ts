// weir backup, restore, move: what an appliance is but for its captures, in one file. Run as root, because the key is in it.

import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';
import type { BackupMade } from '../../provision/backup/make-backup.ts';
import { settingsOption } from '../config-option.ts';

interface BackupFlags {
  readonly config: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

interface RestoreFlags extends BackupFlags {
  readonly data?: string;
  readonly setAside?: boolean;
}

export function declareBackup(weir: Command): void {
  passphrase(weir.command('backup'))
    .argument('<file>', 'a file that does not exist yet; only its owner may read it')
    .description(
      'Put key, settings, registry, hashed tokens and the ledger’s signed end into one file (not the captures).',
    )
    .option('--json', 'what is in it as JSON')
    .action((file: string, flags: BackupFlags) => back(file, flags, false));
}

export function declareRestore(weir: Command): void {
  passphrase(weir.command('restore'))
    .argument('<file>', 'what `weir backup` or `weir move` wrote')
    .description(
      'Make an appliance of a backup, in a data folder that holds none; the ledger says that it was restored.',
    )
    .option('--data <folder>', 'another data folder than the settings in the backup name')
    .option('--set-aside', 'where an appliance is there already: move it into a folder of its own first')
    .option('--json', 'what was done as JSON')
    .action(restore);
}

export function declareMove(weir: Command): void {
  passphrase(weir.command('move'))
    .argument('<file>', 'a file that does not exist yet; `weir restore` takes it on the other machine')
    .description('The same as backup, and take the key away from this machine: it records no more.')
    .option('--json', 'what is in it as JSON')
    .action((file: string, flags: BackupFlags) => back(file, flags, true));
}

function passphrase(command: Command): Command {
  return command
    .option(
      '--passphrase-file <file>',
      'encrypt with, or decrypt by, the first line of this file (8 to 1024 characters)',
      nonEmpty,
    )
    .addOption(settingsOption());
}

function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('name a file.');
  return text;
}

async function back(target: string, flags: BackupFlags, isMove: boolean): Promise<void> {
  const [{ makeBackup }, { moveAway }, { version }] = await Promise.all([
    import('../../provision/backup/make-backup.ts'),
    import('../../provision/backup/move-away.ts'),
    import('../../config/version.ts'),
  ]);
  const phrase = await passphraseIn(flags.passphraseFile);
  const wish = { config: flags.config, target, passphrase: phrase, version, moved: isMove };
  const by = userInfo().username;
  const made = isMove ? await moveAway(wish, by) : await makeBackup(wish);
  const note = isMove ? null : await noteInLedger(flags.config, made, by);
  const { appliance, key, ledger, registry, files } = made.content;
  const about = { file: target, bytes: made.bytes, encrypted: phrase !== undefined, appliance, key, ledger };
  const rows = { devices: registry.length, files: files.map(({ name }) => name), left_out: made.left };
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ...about, ...rows }, null, 2)}\n`);
  else process.stdout.write(`${backupText(target, made, phrase !== undefined, isMove)}\n`);
  if (note !== null) process.stderr.write(`weir: the ledger does not know of this backup: ${printable(note, 500)}\n`);
}

function backupText(
  target: string,
  { content, bytes, left }: BackupMade,
  isEncrypted: boolean,
  isMove: boolean,
): string {
  const { appliance, key, ledger, registry, files } = content;
  return [
    `${printable(target, 200)}: ${bytes} bytes, appliance ${appliance}, key ${key}`,
    `ledger up to line ${ledger.lines}, ${registry.length} devices of the registry, ${files.length} files`,
    ...left.map((what) => `not in it: ${printable(what, 300)}`),
    'not in it: captures and the rest of the ledger (`weir pull`, `weir export`), programs of campaigns (actions/)',
    isEncrypted
      ? 'It is encrypted. Without the passphrase nobody can read it, you neither.'
      : 'It holds the private key IN THE CLEAR: who reads it can sign in this appliance’s name. Keep it as you keep a key, or use --passphrase-file.',
    ...(isMove
      ? ['The key was taken from this machine: it records no more. `weir restore` goes on with it elsewhere.']
      : []),
  ].join('\n');
}

/** Anyone who has a backup can sign: the ledger says when one was made. Null: it does. */
async function noteInLedger(config: string, { content }: BackupMade, by: string): Promise<string | null> {
  const [{ loadConfig }, { CaptureClient }, { CAPTURE_SOCKET }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../experiment/capture-client.ts'),
    import('../../model/files/run-files.ts'),
  ]);
  const socket = join(loadConfig(config).config.data.dir, CAPTURE_SOCKET);
  const text = `backup with the private key made at line ${content.ledger.lines}`;
  return await new CaptureClient(socket).ask({ verb: 'annotate', by, text }).then(
    () => null,
    (thrown: unknown) => String(thrown instanceof Error ? thrown.message : thrown),
  );
}

async function restore(file: string, flags: RestoreFlags): Promise<void> {
  const [{ restoreBackup }, { version }] = await Promise.all([
    import('../../provision/backup/restore-backup.ts'),
    import('../../config/version.ts'),
  ]);
  const { config, data, setAside = false } = flags;
  const wish = { file, config, data, setAside, version, by: userInfo().username };
  const done = await restoreBackup({ ...wish, passphrase: await passphraseIn(flags.passphraseFile) });
  const { appliance, key, ledger, created, moved, registry } = done.content;
  if (flags.json === true) {
    const { dataDir, aside, keptSettings } = done;
    const about = { appliance, key, created, moved, ledger, devices: registry.length };
    process.stdout.write(
      `${JSON.stringify({ ...about, data: dataDir, aside, kept_settings: keptSettings }, null, 2)}\n`,
    );
    return;
  }
  const lines = [
    `${done.dataDir}: appliance ${appliance} restored, key ${key}, as of ${created} (line ${ledger.lines} of the ledger of before)`,
    ...(done.aside === null ? [] : [`what was there is in ${done.aside}`]),
    ...(done.keptSettings === null
      ? []
      : [`the settings of before are kept: weir config restore ${done.keptSettings}`]),
    moved
      ? 'The machine of before gave its key away. A new ledger begins here and says so.'
      : 'A new ledger begins here and says so: if the machine of before still runs, two carry the same key. Stop that one.',
    'The captures of before are not here. `systemctl start weir-capture weir` goes on.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

const PHRASE_BYTES = 4096;

async function passphraseIn(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const { readPlainFile } = await import('../../config/plain-file.ts');
  const [phrase = ''] = (readPlainFile(file, PHRASE_BYTES) ?? '').split(/\r?\n/);
  if (phrase.length >= 8 && phrase.length <= 1024) return phrase;
  const message = `${printable(file, 200)}: its first line is no passphrase of 8 to 1024 characters; nothing was done. Write one into it.`;
  throw new WeirError('USAGE', message);
}
