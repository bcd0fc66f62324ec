// Everything that can be known to be wrong with a campaign before it starts: the file (read.ts) and the programs that it names.

import { ACTION_FOLDER, actionProblem } from './action-folder.ts';
import type { CampaignPlan } from './plan.ts';
import { type CampaignMistake, readCampaign } from './read.ts';

export interface CheckedCampaign {
  readonly plan: CampaignPlan | null;
  readonly mistakes: readonly CampaignMistake[];
}

export function checkCampaign(text: string, actionFolder = ACTION_FOLDER): CheckedCampaign {
  const { plan, mistakes } = readCampaign(text);
  if (plan === null) return { plan, mistakes };
  const programs = new Set(
    plan.steps.flatMap(({ before, action }) => [before?.program ?? [], action?.program ?? []].flat()),
  );
  const wrong = [...programs].flatMap((program) => {
    const problem = actionProblem(actionFolder, program);
    return problem === '' ? [] : [{ line: lineOf(text, program), message: `program ${program}: ${problem}` }];
  });
  return { plan: wrong.length === 0 ? plan : null, mistakes: wrong };
}

/** All mistakes in one line: what a refusal says. */
export function mistakesText(name: string, mistakes: readonly CampaignMistake[]): string {
  const some = mistakes.slice(0, 5).map(({ line, message }) => `line ${line}: ${message}`);
  const more = mistakes.length > some.length ? `; and ${mistakes.length - some.length} more` : '';
  return `${name}: ${some.join('; ')}${more}. Nothing was started.`;
}

/** Where a program is named first. */
function lineOf(text: string, program: string): number {
  const at = text.split('\n').findIndex((line) => new RegExp(`\\bprogram:\\s*["']?${program}\\b`).test(line));
  return at + 1;
}
