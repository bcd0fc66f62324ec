// weir ent FILE: what the program `ent` would print of the payload of each direction of each conversation.

import type { Command } from 'commander';
import type { DirectionFigures } from '../analysis/verdict/ent-conversations.ts';

interface EntOptions {
  readonly json?: boolean;
}

export function declareEnt(weir: Command): void {
  weir
    .command('ent')
    .description('Entropy, chi-square, mean, Monte Carlo pi and serial correlation of payloads, as `ent` prints them.')
    .argument('<file>', 'pcap or pcapng, also gzip-compressed')
    .option('--json', 'the answer as JSON')
    .action(run);
}

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE */
async function run(file: string, options: EntOptions): Promise<void> {
  const [{ EntConversations }, { readCaptureFile }, { tableText }] = await Promise.all([
    import('../analysis/verdict/ent-conversations.ts'),
    import('./files/capture-file.ts'),
    import('./print/print.ts'),
  ]);
  const sink = new EntConversations();
  await readCaptureFile(file, sink, false);
  if (sink.leftOut > 0) process.stderr.write(`weir: ${sink.leftOut} packets of further conversations were left out\n`);
  const figures = sink.figures();
  process.stdout.write(
    options.json === true ? `${JSON.stringify(figures, null, 2)}\n` : `${tableText(HEAD, figures.map(row))}\n`,
  );
}

const HEAD = ['proto', 'from', 'to', 'bytes', 'entropy', 'chi-square', 'mean', 'pi', 'correlation'];

function row(f: DirectionFigures): string[] {
  const six = (value: number | null): string => (value === null ? '' : value.toFixed(6));
  const ends = [`${f.source} ${f.source_port}`, `${f.destination} ${f.destination_port}`];
  return [
    f.proto,
    ...ends,
    String(f.bytes),
    ...[f.entropy, f.chi_square, f.mean, f.monte_carlo_pi, f.serial_correlation].map(six),
  ];
}
