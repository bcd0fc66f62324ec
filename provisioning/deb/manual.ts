// weir(1), from what the program itself says when asked for help: one source, no second text to forget. Called by main.ts.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export function manualPage(root: string, version: string, date: string): string {
  const help = (...words: string[]): string => askForHelp(root, words);
  const overview = help('help');
  const verbs = [...overview.matchAll(/^ {2}([a-z]+) .*$/gm)].map((match) => match[1] ?? '');
  const commands = verbs.filter(
    (verb) => verb !== 'help' && overview.indexOf(`\n  ${verb} `) > overview.indexOf('Commands:'),
  );
  const parts = [
    `.TH WEIR 1 "${date}" "weir ${version}" "Weir"`,
    '.SH NAME\nweir \\- record what IoT devices say, work out what it means, and prove it',
    `.SH SYNOPSIS\n.B weir\n.I verb\n[options]`,
    `.SH DESCRIPTION\n${verbatim(overview)}`,
    ...commands.map((verb) => `.SH ${verb.toUpperCase()}\n${verbatim(help('help', verb))}`),
    FILES,
    '.SH SEE ALSO\n.BR tcpdump (8),\n.BR hostapd (8),\n.BR systemctl (1);\nevery setting: /usr/share/doc/weir/appliance/config/CONFIGURATION.md',
  ];
  return `${parts.join('\n')}\n`;
}

const FILES = `.SH FILES
.TP
.I /etc/weir/weir.yaml
Settings; it holds only what differs from the defaults.
.TP
.I /var/lib/weir
Captures, ledger, keys and index.
.TP
.I /usr/lib/systemd/system/weir*.service
The services.`;

function askForHelp(root: string, words: readonly string[]): string {
  const program = join(root, 'dist/appliance/cli/main.js');
  return execFileSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '80' },
  });
}

/** Verbatim: no filling, and no line that roff would take for a request. */
function verbatim(text: string): string {
  const lines = text.trimEnd().split('\n');
  return `.nf\n${lines
    .map((line) =>
      line
        .replaceAll('\\', '\\e')
        .replaceAll('-', '\\-')
        .replace(/^([.'])/, '\\&$1'),
    )
    .join('\n')}\n.fi`;
}
