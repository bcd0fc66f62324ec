// Everything found on all devices, worst first.

import { useSignal } from '@preact/signals';
import { get } from '../api/request.ts';
import type { FindingRow, FindingsResponse } from '../api/types.ts';
import { FindingList } from '../parts/finding-list.tsx';
import { Loading, Trouble, ViewHeading } from '../parts/panel.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { useResource } from '../resource.ts';
import { changedFindings, connections } from '../state.ts';

const LEVELS = ['', 'high', 'medium', 'low'] as const;

export function Findings() {
  const level = useSignal<(typeof LEVELS)[number]>('');
  const load = () => get<FindingsResponse>('api/v1/findings');
  const { value, trouble, reload } = useResource(load, 'findings', connections.value);
  const all = withChanges(value?.findings ?? [], changedFindings.value);
  const shown = all.filter((finding) => level.value === '' || finding.severity === level.value);
  return (
    <>
      <ViewHeading title="Findings">
        <Segmented
          label="Severity"
          options={LEVELS.map((word) => ({ value: word, name: `${word || 'All'} ${count(all, word)}` }))}
          chosen={level.value}
          onChoose={(word) => (level.value = word)}
        />
      </ViewHeading>
      {trouble !== undefined && <Trouble message={trouble} onRetry={reload} />}
      {value === undefined ? (
        trouble === undefined && <Loading what="findings" />
      ) : (
        <FindingList
          findings={shown}
          showDevice
          empty="Nothing found so far. That is no proof: look at what was captured, and for how long."
        />
      )}
    </>
  );
}

/** The list as loaded, with what the event stream told since. */
function withChanges(
  loaded: readonly FindingRow[],
  changed: ReadonlyMap<string, FindingRow | null>,
): readonly FindingRow[] {
  const known = new Map<string, FindingRow | null>(loaded.map((finding) => [finding.id, finding]));
  for (const [id, finding] of changed) known.set(id, finding);
  return [...known.values()].filter((finding) => finding !== null);
}

function count(findings: readonly FindingRow[], level: string): number {
  return level === '' ? findings.length : findings.filter((finding) => finding.severity === level).length;
}
