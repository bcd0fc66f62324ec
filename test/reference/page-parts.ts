// What the generated reference pages have in common: their head, and tables.

export function page(title: string, source: string, introduction: string, sections: readonly string[]): string {
  const origin = `Generated from \`${source}\` by \`node dist/test/reference/main.js\`; a test keeps both alike.`;
  return [`# ${title}\n`, `${origin}\n\n${introduction}\n`, sections.join('\n')].join('\n');
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [line(heads), `|${heads.map(() => '---|').join('')}\n`, ...rows.map(line)].join('');
}
