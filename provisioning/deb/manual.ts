// weir(1), from what the program itself says when asked for help: one source, no second text to
// forget. All in this process: one for each verb took minutes on a busy machine. Called by main.ts.

import type { Command } from 'commander';
import { weirProgram } from '../../appliance/cli/run-weir.ts';
import { VERBS } from '../../appliance/cli/verbs.ts';

export function manualPage(version: string, date: string): string {
  const weir = weirProgram(VERBS);
  const overview = helpOf(weir);
  const parts = [
    `.TH WEIR 1 "${date}" "weir ${version}" "Weir"`,
    '.SH NAME\nweir \\- record what IoT devices say, work out what it means, and prove it',
    `.SH SYNOPSIS\n.B weir\n.I verb\n[options]`,
    `.SH DESCRIPTION\n${verbatim(overview)}`,
    ...verbsBelow(weir, '').map(({ words, verb }) => `.SH ${words.toUpperCase()}\n${verbatim(helpOf(verb))}`),
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

interface NamedVerb {
  readonly words: string;
  readonly verb: Command;
}

/** Each verb with the verbs below it; not those that only other programs call. */
function verbsBelow(command: Command, words: string): readonly NamedVerb[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible
    .filter((verb) => verb.name() !== 'help')
    .flatMap((verb) => {
      const longer = `${words} ${verb.name()}`.trim();
      return [{ words: longer, verb }, ...verbsBelow(verb, longer)];
    });
}

/** As the verb prints it on a terminal of 80 columns. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
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
