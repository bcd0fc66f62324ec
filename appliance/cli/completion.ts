// weir completion bash|zsh|fish: words and options for the shell, from the declarations of the verbs themselves.

import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { WeirError } from '../model/errors.ts';
import { proxyProgram } from './experiment/proxy.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function declareCompletion(weir: Command): void {
  weir
    .command('completion')
    .argument('<shell>', SHELLS.join(', '))
    .description('Print what the shell completes: `weir completion bash > /etc/bash_completion.d/weir`.')
    .action((shell: string) => {
      process.stdout.write(completionText(weir, shell));
    });
}

/** One entry for each verb and verb of a verb; the first is `weir` itself. */
export interface Place {
  /** Words that lead here: empty, `ap`, `ap run`. */
  readonly words: string;
  readonly next: readonly string[];
}

function completionText(weir: Command, shell: string): string {
  const places = [...placesOf(weir, [])].filter(({ words }) => words !== 'proxy').concat(proxyPlaces());
  if (shell === 'bash') return bashText(places);
  if (shell === 'zsh') return `#compdef weir\nautoload -U +X bashcompinit && bashcompinit\n${bashText(places)}`;
  if (shell === 'fish') return fishText(places);
  throw new WeirError('USAGE', `there is no completion for that shell; there are ${SHELLS.join(', ')}.`);
}

/** Of the app proxy, a program of its own, as it says them; none where it is not installed. */
function proxyPlaces(): readonly Place[] {
  const program = proxyProgram();
  if (program === undefined) return [];
  const { stdout, status } = spawnSync(process.execPath, [program, 'proxy', 'words'], { encoding: 'utf8' });
  if (status !== 0)
    throw new WeirError('USAGE', `${program} does not say its verbs; nothing was printed. Reinstall weir-proxy.`);
  return JSON.parse(stdout) as Place[];
}

export function* placesOf(command: Command, words: readonly string[]): Iterable<Place> {
  const options = command.options.flatMap(({ long }) => long ?? []);
  yield { words: words.join(' '), next: [...command.commands.map((verb) => verb.name()), ...options, '--help'] };
  for (const verb of command.commands) yield* placesOf(verb, [...words, verb.name()]);
}

/** Names are our own: letters, digits and hyphens. */
function bashText(places: readonly Place[]): string {
  const cases = places.map(({ words, next }) => `    '${words}') next='${next.join(' ')}' ;;`);
  return `_weir() {
  local word place='' next='' known=' ${places.map(({ words }) => words.replaceAll(' ', '/')).join(' ')} '
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    local longer="\${place:+$place/}$word"
    [[ $known == *" $longer "* ]] || break
    place=$longer
  done
  case "\${place//\\// }" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _weir weir
`;
}

function fishText(places: readonly Place[]): string {
  const lines = places.flatMap(({ words, next }) => {
    const verbs = words === '' ? [] : words.split(' ');
    const here =
      verbs.length === 0
        ? '__fish_use_subcommand'
        : verbs.map((verb) => `__fish_seen_subcommand_from ${verb}`).join('; and ');
    return next.map((word) =>
      word.startsWith('--')
        ? `complete -c weir -n '${here}' -l ${word.slice(2)}`
        : `complete -c weir -n '${here}' -a ${word}`,
    );
  });
  return `${lines.join('\n')}\n`;
}
