// An analysis document as the API answers with it: who stores it sees whether another one is newer, a correction, or the same again.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { type MadeWith, madeWith } from '../../store/index/hour-row.ts';

export interface RevisedDocument extends AnalysisDocument {
  readonly revision: number;
  readonly made_with: MadeWith;
}

/** `gone`: packets that an earlier index counted and whose files are deleted. Without them the revision would fall. */
export function revised(document: AnalysisDocument, gone: number): RevisedDocument {
  return { ...document, revision: document.input.packets + gone, made_with: madeWith(document.tool) };
}
