// Where the time of the full pass goes: V8's own samples of one run, by function.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileRow {
  readonly name: string;
  /** Of all samples. */
  readonly share: number;
}

/** The busiest functions by the time spent in themselves. `command` is a Node program with its parameters. */
export function profile(command: readonly string[], rows: number, folder: string): ProfileRow[] {
  const [node = '', ...parameters] = command;
  const into = mkdtempSync(join(folder, 'profile-'));
  spawnSync(node, ['--cpu-prof', `--cpu-prof-dir=${into}`, ...parameters], { stdio: 'ignore' });
  const file = readdirSync(into).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) return [];
  const read = JSON.parse(readFileSync(join(into, file), 'utf8')) as CpuProfile;
  rmSync(into, { recursive: true });
  return busiest(read, rows);
}

function busiest({ nodes, samples, timeDeltas }: CpuProfile, rows: number): ProfileRow[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let total = 0;
  samples.forEach((id, i) => {
    const name = names.get(id) ?? '?';
    const time = timeDeltas[i] ?? 0;
    total += time;
    times.set(name, (times.get(name) ?? 0) + time);
  });
  return [...times]
    .sort(([, x], [, y]) => y - x)
    .slice(0, rows)
    .map(([name, time]) => ({ name, share: time / total }));
}

function nameOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  const file = url.split('/').slice(-2).join('/');
  return `${functionName === '' ? '(no name)' : functionName}${file === '' ? '' : ` ${file}`}`;
}
