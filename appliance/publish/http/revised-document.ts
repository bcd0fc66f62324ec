// An analysis document as the API answers with it: who stores it sees whether another one is newer, a correction, or the same again.

import type { AnalysisDocument } from '../../model/analysis-document.ts';
import { type MadeWith, madeWith } from '../../store/index/hour-row.ts';

export interface RevisedDocument extends AnalysisDocument {
  readonly revision: number;
  readonly made_with: MadeWith;
}

export function revised(document: AnalysisDocument): RevisedDocument {
  return { ...document, revision: document.input.packets, made_with: madeWith(document.tool) };
}
