// The published analyzer's options as it spells them, before commander sees them. main.ts calls it; loads nothing heavy.

const WORDS: ReadonlySet<string> = new Set(['-po', '-cn', '-cnlist', '-ips', '-g', '-ct', '-e', '-pa']);

/** `-po` is a single-dash word, which the command line's library would read as letters: it becomes `--po`. */
export function spellOut(words: readonly string[]): string[] {
  if (words[2] !== 'analyze') return [...words];
  return words.map((word) => (WORDS.has(word) ? `-${word}` : word));
}
