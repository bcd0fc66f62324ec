// Joins analysis/analyzer.ts to the store: loaded in the analysis thread and by `weir replay`. Summaries and carries leave
// as JSON texts, and a carry is always read back from its text, so that a restart changes nothing.

import { join } from 'node:path';
import { Analyzer } from '../../analysis/analyzer.ts';
import type { Vault } from '../../analysis/secrets/vault.ts';
import { readVault, VAULT_FILE } from '../../analysis/secrets/vault-file.ts';
import { readWords, WORDS_FILE } from '../../analysis/secrets/word-file.ts';
import type { WordList } from '../../analysis/secrets/word-list.ts';
import { boundSummary } from '../../analysis/summary/bounded-summary.ts';
import { DEVICE_BOUNDS } from '../../analysis/summary/bounds.ts';
import type { Carry } from '../../analysis/summary/carry.ts';
import type { Mac } from '../../model/mac.ts';
import { parseMac } from '../../model/mac.ts';
import type { AnalyzerStart, SegmentAnalyzer } from './segment-analyzer.ts';

/** Conversations in the summary of an open segment, which is reported repeatedly. */
const MAX_LIVE = 1000;

/** Read once: a new list of secrets or words holds from the next start on. */
const searched = new Map<string, { readonly vault: Vault; readonly words: WordList }>();

function searchedOf(dataDir: string): { readonly vault: Vault; readonly words: WordList } {
  const known = searched.get(dataDir) ?? {
    vault: readVault(join(dataDir, VAULT_FILE)),
    words: readWords(join(dataDir, WORDS_FILE)),
  };
  searched.set(dataDir, known);
  return known;
}

export function makeAnalyzer(start: AnalyzerStart): SegmentAnalyzer {
  const infra = start.infra.map(parseMac).filter((mac): mac is Mac => mac !== undefined);
  const carry = start.carry === null ? undefined : (JSON.parse(start.carry) as Carry);
  const analyzer = new Analyzer(
    {
      owner: start.device,
      infra,
      segment: start.seq,
      ...searchedOf(start.dataDir),
      bounds: DEVICE_BOUNDS,
    },
    carry,
  );
  return {
    frame: (...frame) => analyzer.frame(...frame),
    skip: () => analyzer.skip(),
    numberFrom: (packets) => analyzer.numberFrom(packets),
    snapshot: () => JSON.stringify(boundSummary(analyzer.summary(), MAX_LIVE)),
    finish: () => {
      const end = analyzer.end();
      return { summary: JSON.stringify(end.summary), carry: JSON.stringify(end.carry) };
    },
  };
}
