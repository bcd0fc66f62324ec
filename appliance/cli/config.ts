// weir config: what applies, what there is, and changes that are checked before they are in force, with the old settings kept.

import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { systemCode, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { configOption } from './config-option.ts';
import { type AnswerOptions, printAnswer } from './print/answer.ts';

interface ConfigFlags {
  readonly config?: string;
  readonly json?: boolean;
}

export function declareConfig(weir: Command): void {
  const config = weir
    .command('config')
    .description('Show the settings that apply, or all that there are; change them.');
  config
    .command('show')
    .description('Print the completed settings as YAML.')
    .addOption(configOption())
    .option('--json', 'as JSON')
    .action(show);
  config
    .command('reference')
    .description('Print every setting with its default and bounds as Markdown.')
    .option('--json', 'as JSON Schema')
    .action(reference);
  flags(config.command('get'))
    .argument('<setting>', 'as `retention.idle`, or a section')
    .description('Print what applies of one setting, with its default where the file does not name it.')
    .action(get);
  flags(config.command('set'))
    .argument('<setting>', 'as `retention.idle`')
    .argument('<value>', 'text, or YAML for numbers, flags and lists')
    .description('Change one setting in the file; comments stay, and the old file is kept.')
    .action(set);
  flags(config.command('apply'))
    .argument('<file>', 'a settings file')
    .description('Put a whole file in force once it has no mistake; the old one is kept.')
    .action(apply);
  flags(config.command('backups')).description('List settings that were replaced, newest first.').action(backups);
  flags(config.command('restore'))
    .argument('<name>', 'as `weir config backups` lists it')
    .description('Put replaced settings in force again; those of now are kept.')
    .action(restore);
}

function flags(command: Command): Command {
  return command.addOption(configOption('the settings')).option('--json', 'the answer as JSON');
}

async function show(options: ConfigFlags): Promise<void> {
  const [{ loadConfig }, { stringify }] = await Promise.all([import('../config/load.ts'), import('yaml')]);
  const loaded = loadConfig(options.config);
  const { path, sha256, config } = loaded;
  const text = `# ${path ?? 'defaults'}, sha256 ${sha256}\n${stringify(config)}`.trimEnd();
  printAnswer(options, { path, sha256, settings: config }, text);
}

async function reference(options: AnswerOptions): Promise<void> {
  const [{ configurationReference }, { configSchema }] = await Promise.all([
    import('../config/reference.ts'),
    import('../config/schema.ts'),
  ]);
  printAnswer(options, configSchema, configurationReference().trimEnd());
}

async function get(key: string, options: ConfigFlags): Promise<void> {
  const [{ loadConfig }, { settingPath }, { stringify }] = await Promise.all([
    import('../config/load.ts'),
    import('../config/edit-settings.ts'),
    import('yaml'),
  ]);
  let value: unknown = loadConfig(options.config).config;
  for (const name of settingPath(key)) value = (value as Readonly<Record<string, unknown>>)[name];
  process.stdout.write(options.json === true ? `${JSON.stringify(value)}\n` : stringify(value));
}

async function set(key: string, value: string, options: ConfigFlags): Promise<void> {
  const { withSetting } = await import('../config/edit-settings.ts');
  const file = namedFile(options);
  await putInForce(file, withSetting(await textOf(file), key, value), options);
}

async function apply(file: string, options: ConfigFlags): Promise<void> {
  const text = await textOf(file);
  const { mistakesInText } = await import('../config/load.ts');
  const [mistake, ...more] = mistakesInText(text);
  if (mistake !== undefined) {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    const message = `${printable(file, 200)}:${mistake.line}: ${mistake.message}${others}; the settings are as they were. Correct the file.`;
    throw new WeirError('CONFIG_INVALID', message);
  }
  await putInForce(namedFile(options), text, options);
}

async function backups(options: ConfigFlags): Promise<void> {
  const { listKept } = await import('../config/kept-settings.ts');
  const kept = listKept(namedFile(options));
  if (options.json === true) process.stdout.write(`${JSON.stringify({ backups: kept }, null, 2)}\n`);
  else if (kept.length === 0) process.stdout.write('no settings were replaced yet\n');
  else process.stdout.write(kept.map(({ name, bytes }) => `${name}  ${bytes} bytes\n`).join(''));
}

async function restore(name: string, options: ConfigFlags): Promise<void> {
  const { listKept } = await import('../config/kept-settings.ts');
  const kept = listKept(namedFile(options)).find((one) => one.name === name);
  if (kept !== undefined) return await apply(kept.path, options);
  const message = `${printable(name, 100)}: no settings are kept under that name; nothing was done. \`weir config backups\` lists them.`;
  throw new WeirError('USAGE', message);
}

/** Defaults alone are nothing that could be changed. */
function namedFile({ config }: ConfigFlags): string {
  if (config !== undefined) return config;
  const message = 'No settings file is installed here, and none was named; nothing was done. Name one with --config.';
  throw new WeirError('CONFIG_MISSING', message);
}

/** Settings are read whole into memory. */
const MAX_BYTES = 256 * 1024;

async function textOf(file: string): Promise<string> {
  const { readPlainFile } = await import('../config/plain-file.ts');
  try {
    const text = readPlainFile(file, MAX_BYTES);
    if (text !== undefined) return text.replace(/^\uFEFF/, '');
  } catch (thrown) {
    const message = `${printable(file, 200)} cannot be read (${systemCode(thrown) ?? String(thrown)}); nothing was done. Name a readable settings file.`;
    throw new WeirError('CONFIG_INVALID', message, { cause: thrown });
  }
  throw new WeirError('CONFIG_MISSING', `${printable(file, 200)}: no such file; nothing was done. Create it first.`);
}

async function putInForce(file: string, text: string, options: ConfigFlags): Promise<void> {
  const [{ loadConfig }, { replaceSettings }, { restartsFor }, { existsSync }] = await Promise.all([
    import('../config/load.ts'),
    import('../config/kept-settings.ts'),
    import('../config/edit-settings.ts'),
    import('node:fs'),
  ]);
  const before = settingsBefore(() => loadConfig(existsSync(file) ? file : undefined).config);
  const kept = replace(() => replaceSettings(file, text, Date.now()), file);
  const restart = restartsFor(before, loadConfig(file).config);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ file, kept, restart }, null, 2)}\n`);
  else {
    const words = [
      kept === null
        ? `${file}: nothing to keep, or nothing new`
        : `${file}: in force; the old settings are kept as ${kept}`,
      restart.length === 0
        ? 'nothing has to start again'
        : `takes effect after \`sudo systemctl restart ${restart.join(' ')}\``,
    ];
    process.stdout.write(`${words.join('\n')}\n`);
  }
}

/** Of a file that was spoilt by hand nothing applies: then everything is new. */
function settingsBefore(load: () => object): object {
  try {
    return load();
  } catch (thrown) {
    if (thrown instanceof WeirError) return {};
    throw thrown;
  }
}

function replace(write: () => string | null, file: string): string | null {
  try {
    return write();
  } catch (thrown) {
    const why = systemCode(thrown) ?? String(thrown);
    const message = `${printable(file, 200)} cannot be written by ${userInfo().username} (${why}); the settings are as they were. Run as root.`;
    throw new WeirError('DATA_UNWRITABLE', message, { cause: thrown });
  }
}
