// The commands in README and manuals, and the list of what runs each of them: manual-commands.txt. `manuals.test.ts` compares both;
// `integration/manual-commands.test.ts` carries out its own part of the list.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const LIST = 'test/manual-commands.txt';
/** Its commands may be of earlier versions. */
const HISTORY = 'CHANGELOG.md';

/** A code span that begins with one of them and has further words is a command. */
const PROGRAMS = new Set(
  `weir sudo make node npm npx sh apt apt-get systemctl journalctl dpkg curl jq openssl minisign sha256sum mosquitto_sub
   mosquitto_pub duckdb promtool tshark tcpdump editcap mergecap zstd dd ip iw nft iptables nmcli rfkill df dmesg cat kill
   timedatectl chronyc ssh scp git docker install.sh`.split(/\s+/),
);

export interface Page {
  readonly file: string;
  readonly text: string;
}

/** Every page that people read, but the history. */
export function manualPages(): Page[] {
  return [...readdirSync(ROOT), ...['appliance', 'provisioning', 'test', 'web'].flatMap(filesBelow)]
    .filter((file) => file.endsWith('.md') && file !== HISTORY)
    .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path);
    return [path];
  });
}

/** Lines of shell blocks and code spans that begin with a program, without comments. */
export function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh(?: \w+)?\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  );
  const spans = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`]+)`/g)]
    .map(([, span = '']) => span.replaceAll('\\|', '|').replaceAll(/\s*\n\s*/g, ' '))
    .filter((span) => /\S /.test(span) && PROGRAMS.has(span.split(' ', 1)[0] ?? ''));
  return [...blocks, ...spans].map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '');
}

/** A part of the list: commands in the order they are run, and the test or script that runs them, or why none does. */
export interface Part {
  readonly runner: string;
  readonly commands: readonly string[];
}

/** `[test/….ts]` or `[none: reason]` begins a part; lines that begin with `#` are remarks. */
export function readParts(text = readFileSync(join(ROOT, LIST), 'utf8')): Part[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const parts: { runner: string; commands: string[] }[] = [];
  for (const line of lines) {
    const runner = /^\[(.+)\]$/.exec(line)?.[1];
    if (runner !== undefined) parts.push({ runner, commands: [] });
    else parts.at(-1)?.commands.push(line.trim());
  }
  return parts;
}
