// Labelled runs of `weir reproduce iotshark`, compared two by two by what `weir diff` does. Given as --run LABEL=CAPTURES, else the tags
// of a data folder. Next: reproduce/iotshark/run-comparison.ts.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DocumentTables } from '../../analysis/document/tables.ts';
import { compareSamples } from '../../experiment/compare/compare-samples.ts';
import { parseSelection, parseWords, type Selection } from '../../experiment/compare/selection.ts';
import { readLedgerStory } from '../../experiment/windows/read-ledger.ts';
import { windowsOf } from '../../experiment/windows/windows.ts';
import { WeirError } from '../../model/errors.ts';
import { LEDGER_FILE } from '../../model/files/ledger-files.ts';
import { printable } from '../../model/text.ts';
import type { ComparedRuns } from '../../reproduce/iotshark/run-comparison.ts';
import { type ReadSample, readSample, type SampleRequest } from '../compare/read-sample.ts';

export interface LabelledRun {
  readonly label: string;
  readonly selection: Selection;
}

/** Of more every pair would take an hour; the first ones are compared, and the report says how many are not. */
export const MAX_RUNS = 8;

/** @param given LABEL=CAPTURES, the captures as `weir diff` takes them. @throws WeirError USAGE */
export function labelledRuns(path: string, given: readonly string[]): LabelledRun[] {
  const runs = given.length > 0 ? given.map(parseRun) : taggedRuns(path);
  const doubled = runs.find(({ label }, i) => runs.findIndex((run) => run.label === label) !== i);
  if (doubled !== undefined)
    throw new WeirError('USAGE', `--run ${doubled.label} is given twice; nothing was reproduced. Labels must differ.`);
  return runs;
}

function parseRun(text: string): LabelledRun {
  const [, label, captures] = /^(\w{1,64})=(.+)$/.exec(text) ?? [];
  if (label === undefined || captures === undefined)
    throw new WeirError(
      'USAGE',
      `--run is written LABEL=CAPTURES (a label of letters, digits and underscores), not ${printable(text, 80)}; nothing was reproduced.`,
    );
  return { label, selection: { ...parseSelection(captures, existsSync), label } };
}

/** Windows of one tag are one run, as the repeats of a campaign are. */
function taggedRuns(path: string): LabelledRun[] {
  if (!existsSync(join(path, LEDGER_FILE))) return [];
  const tags = windowsOf(readLedgerStory(path).recorded).filter(({ window: { kind } }) => kind === 'tag');
  const names = [...new Set(tags.map(({ window: { name } }) => name))];
  return names.map((label) => ({ label, selection: parseWords(path, `tag=${label}`, label) }));
}

/**
 * Each run is read once, each pair compared.
 * @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, USAGE
 */
export async function compareRuns(
  runs: readonly LabelledRun[],
  tables: DocumentTables,
  request: SampleRequest,
): Promise<ComparedRuns> {
  const samples: ReadSample[] = [];
  for (const { selection } of runs.slice(0, MAX_RUNS)) samples.push(await readSample(selection, tables, request));
  const pairs = samples.flatMap((a, i) =>
    samples.slice(i + 1).map((b) => compareSamples(a, b, { device: request.device, seed: 'weir' })),
  );
  return { pairs, left: runs.slice(MAX_RUNS).map(({ label }) => label) };
}
