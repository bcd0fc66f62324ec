// One test of one file, run by its title, and what became of it.

import { spawnSync } from 'node:child_process';

export type Outcome = 'passed' | 'failed' | 'skipped' | 'absent';

const LINE = /^\s*(ok|not ok) \d+ - (.*?)(?: # (SKIP|TODO)\b.*)?$/;

export function runTest(file: string, title: string, env: NodeJS.ProcessEnv): Outcome {
  const pattern = `^${title.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)}$`;
  const words = ['--test', '--test-reporter=tap', `--test-name-pattern=${pattern}`, file];
  return outcomeOf(spawnSync(process.execPath, words, { env, encoding: 'utf8', maxBuffer: 1e8 }).stdout, title);
}

/** Of tests with the same title the worst; absent where the output has none of that title. */
export function outcomeOf(tap: string, title: string): Outcome {
  const found = tap.split('\n').flatMap((line): Outcome[] => {
    const [, result, name = '', mark] = LINE.exec(line) ?? [];
    if (result === undefined || name.replaceAll(/\\(.)/g, '$1') !== title) return [];
    return [mark === undefined ? (result === 'ok' ? 'passed' : 'failed') : 'skipped'];
  });
  return (['failed', 'skipped', 'passed'] as const).find((each) => found.includes(each)) ?? 'absent';
}
