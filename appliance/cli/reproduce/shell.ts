// weir shell: the published analyzer's prompt. load -f FILE, analyze -po …; > and >> to a file, | to a program, history,
// completion and help. Also reads its lines from a file or pipe.

import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Command } from 'commander';
import { toError, WeirError } from '../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { printable } from '../../model/text.ts';
import type { AnalyzedCapture, Overview } from '../../reproduce/analyzer/views.ts';

const OPTIONS: Readonly<Record<Overview, string>> = {
  po: 'overview of ports',
  cn: 'overview of connections',
  cnlist: 'list of connections',
  ips: 'list of IPs',
  g: 'overview of IPs and geolocation data, from the tables of this installation',
  ct: 'overview of clear text',
  e: 'calculated entropy values',
  pa: 'overview of packets',
};
const COMMANDS = ['load', 'analyze', 'history', 'help', 'quit'] as const;

export function declareShell(weir: Command): void {
  weir
    .command('shell')
    .description(
      "The published analyzer's prompt: load -f FILE, analyze -po -cn -ips …; > >> and | work, help explains.",
    )
    .option('--profile <name>', 'secure ports, as for analyze', 'paper-tool')
    .action(async ({ profile }: { readonly profile: string }) => await new Shell(profile).run());
}

class Shell {
  readonly #profile: string;
  readonly #history: string[] = [];
  #capture: AnalyzedCapture | undefined;

  constructor(profile: string) {
    this.#profile = profile;
  }

  /** Until `quit` or the end of the input. A command that fails says so in one line; without a person it ends the shell. */
  async run(): Promise<void> {
    const isPerson = process.stdin.isTTY;
    const prompt = createInterface({
      input: process.stdin,
      output: isPerson ? process.stdout : undefined,
      completer: complete,
      prompt: 'weir>> ',
      historySize: 1000,
    });
    if (isPerson) prompt.prompt();
    for await (const line of prompt) {
      if (/^\s*(?:quit|exit|q)\s*$/.test(line)) break;
      await this.#try(line.trim(), isPerson);
      if (isPerson) prompt.prompt();
    }
    close(prompt);
  }

  async #try(line: string, isPerson: boolean): Promise<void> {
    if (line === '' || line.startsWith('#')) return;
    this.#history.push(line);
    try {
      await this.#execute(line);
    } catch (thrown) {
      if (!isPerson) throw thrown;
      process.stdout.write(`${printable(toError(thrown).message, 1000)}\n`);
    }
  }

  async #execute(line: string): Promise<void> {
    const { command, target } = splitTarget(line);
    const words = command.split(/\s+/);
    await deliver(await this.#answer(words), target);
  }

  async #answer(words: readonly string[]): Promise<string> {
    switch (words[0] ?? '') {
      case 'load':
        return await this.#load(words.slice(1));
      case 'analyze':
      case 'analyse':
        return await this.#analyze(words.slice(1));
      case 'history':
        return this.#history.map((line, i) => `${String(i + 1).padStart(5)}  ${printable(line, 1000)}\n`).join('');
      case 'help':
      case '?':
        return HELP;
      default:
        throw new WeirError('USAGE', `There is no command "${printable(words[0] ?? '', 40)}": help lists them.`);
    }
  }

  async #load(words: readonly string[]): Promise<string> {
    const path = words.filter((word) => word !== '-f').join(' ');
    if (path === '') throw new WeirError('USAGE', 'load wants a capture file: load -f FILE.');
    const { analyzeAsPublished } = await import('./published.ts');
    const capture = await analyzeAsPublished(path, this.#profile);
    for (const warning of capture.warnings) process.stderr.write(`weir: ${warning}\n`);
    this.#capture = capture;
    return `${printable(path)}: ${capture.document.input.packets} packets loaded\n`;
  }

  async #analyze(words: readonly string[]): Promise<string> {
    if (words.includes('-h') || words.includes('--help')) return HELP;
    if (this.#capture === undefined) throw new WeirError('USAGE', 'Nothing is loaded yet: load -f FILE.');
    const request = readOptions(words);
    const { publishedText } = await import('./published.ts');
    return publishedText(this.#capture, request);
  }
}

function readOptions(words: readonly string[]): { overviews: Overview[]; ip: string | undefined; format: string } {
  const overviews: Overview[] = [];
  let ip: string | undefined;
  let format = 'table';
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const name = word.replace(/^--?/, '');
    if (word === '--ip') ip = words[++i];
    else if (word === '--format') format = words[++i] ?? '';
    else if (word.startsWith('-') && name in OPTIONS) overviews.push(name as Overview);
    else throw new WeirError('USAGE', `analyze knows no "${printable(word, 40)}": help lists its options.`);
  }
  if (overviews.length === 0 && ip === undefined)
    throw new WeirError(
      'USAGE',
      `analyze wants an option: ${Object.keys(OPTIONS)
        .map((o) => `-${o}`)
        .join(' ')}.`,
    );
  return { overviews, ip, format };
}

interface Target {
  readonly kind: 'screen' | 'write' | 'append' | 'pipe';
  /** File, or the command of the shell. */
  readonly to: string;
}

/** The first of > >> and | ends the command. */
function splitTarget(line: string): { command: string; target: Target } {
  const match = /^([^>|]*?)\s*(>>|>|\|)\s*(.+)$/.exec(line);
  if (match === null) return { command: line, target: { kind: 'screen', to: '' } };
  const kind = match[2] === '|' ? 'pipe' : match[2] === '>' ? 'write' : 'append';
  return { command: match[1] ?? '', target: { kind, to: match[3] ?? '' } };
}

async function deliver(text: string, { kind, to }: Target): Promise<void> {
  if (kind === 'screen') process.stdout.write(text);
  else if (kind === 'write') writeFileSync(to, text);
  else if (kind === 'append') appendFileSync(to, text);
  else await pipeTo(to, text);
}

/** The person's own shell command with the answer on its standard input. */
async function pipeTo(command: string, text: string): Promise<void> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'inherit', 'inherit'] });
  // A program such as head stops reading when it has enough.
  child.stdin.on('error', () => undefined);
  child.stdin.end(text);
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}

/** Commands first, options of `analyze`, then files. */
function complete(line: string): [string[], string] {
  const last = /\S*$/.exec(line)?.[0] ?? '';
  if (last === line) return [COMMANDS.filter((command) => command.startsWith(last)), last];
  if (last.startsWith('-')) return [optionWords(line).filter((option) => option.startsWith(last)), last];
  return [files(last), last];
}

function optionWords(line: string): string[] {
  if (line.startsWith('load')) return ['-f'];
  return [...Object.keys(OPTIONS).map((option) => `-${option}`), '--ip', '--format'];
}

function files(begin: string): string[] {
  const folder = begin.endsWith('/') ? begin : dirname(begin);
  const name = begin.endsWith('/') ? '' : basename(begin);
  try {
    const entries = readdirSync(folder === '' ? '.' : folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.name.startsWith(name))
      .map(
        (entry) => `${begin.includes('/') ? join(folder, entry.name) : entry.name}${entry.isDirectory() ? '/' : ''}`,
      );
  } catch (thrown) {
    expectOnly(thrown, 'listing files to complete', ...UNREADABLE);
    return [];
  }
}

function close(prompt: Interface): void {
  prompt.close();
  process.stdin.unref?.();
}

const HELP = `load -f FILE              read a capture (pcap or pcapng, also gzip-compressed)
analyze OPTIONS           answers about the loaded capture
${Object.entries(OPTIONS)
  .map(([option, text]) => `  -${option.padEnd(22)} ${text}`)
  .join('\n')}
  --ip ADDRESS            only rows about this address; alone: everything about it
  --format FORMAT         table, json or csv
COMMAND > FILE            write the answer to a file; >> appends
COMMAND | PROGRAM         hand the answer to a program
history                   the commands so far
help                      this text
quit                      leave (or Ctrl-D)
`;
