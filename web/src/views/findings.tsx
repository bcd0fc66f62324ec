// Everything found on all devices, worst first, reported by message and by whom it concerns. The filter is in the address.

import { get } from '../api/request.ts';
import type { FindingRow, FindingsResponse } from '../api/types.ts';
import { filterFindings } from '../finding-groups.ts';
import { plural } from '../format/quantity.ts';
import { route, setQuery } from '../navigation.ts';
import { deviceOption } from '../parts/device-name.tsx';
import { FindingList } from '../parts/findings/finding-list.tsx';
import { ListExport } from '../parts/list-export.tsx';
import { Loading, Problem, ViewHeading } from '../parts/panel.tsx';
import { Segmented } from '../parts/segmented.tsx';
import { useResource } from '../resource.ts';
import { changedFindings, connections, findDevice } from '../state.ts';
import { chooseWord, chosenRange } from '../time/chosen.ts';
import { reachesInto } from '../time/span.ts';

const LEVELS = ['', 'high', 'medium', 'low'] as const;

export function Findings() {
  const word = (name: string) => route.value.query.get(name) ?? '';
  const filter = { severity: word('severity'), device: word('device'), rule: word('rule') };
  const load = () => get<FindingsResponse>('api/v1/findings');
  const { value, problem, reload } = useResource(load, 'findings', connections.value);
  const ever = withChanges(value?.findings ?? [], changedFindings.value);
  const range = chosenRange();
  const all = ever.filter(({ first_ts, last_ts }) => reachesInto(range, Number(first_ts), Number(last_ts)));
  const ofAnyLevel = filterFindings(all, { ...filter, severity: '' });
  return (
    <>
      <ViewHeading title="Findings">
        <Segmented
          label="Severity"
          options={LEVELS.map((level) => ({ value: level, name: `${level || 'All'} ${count(ofAnyLevel, level)}` }))}
          chosen={LEVELS.find((level) => level === filter.severity) ?? ''}
          onChoose={(level) => setQuery('severity', level)}
        />
      </ViewHeading>
      <div class="filters">
        <Choice name="device" label="Device" chosen={filter.device} words={wordsOf(all, ({ device }) => device)} />
        <Choice name="rule" label="Rule" chosen={filter.rule} words={wordsOf(all, ({ rule }) => rule)} />
        <ListExport name="findings" rows={() => filterFindings(all, filter)} />
      </div>
      {all.length < ever.length && (
        <p class="muted small" role="status">
          {plural(ever.length - all.length, 'finding')} of other times {ever.length - all.length === 1 ? 'is' : 'are'}{' '}
          not shown;{' '}
          <button type="button" class="link" onClick={() => chooseWord('all')}>
            show all
          </button>
          .
        </p>
      )}
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {value === undefined ? (
        problem === undefined && <Loading what="findings" />
      ) : (
        <FindingList
          findings={filterFindings(all, filter)}
          showDevice
          isOpen={filter.device !== '' || filter.rule !== ''}
          onSetAside={reload}
          empty="Nothing found in this time. That is no proof: look at what was captured, and for how long."
        />
      )}
    </>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly chosen: string;
  readonly words: readonly string[];
}

function Choice({ name, label, chosen, words }: ChoiceProps) {
  return (
    <label class="inline-field">
      {label}
      <select value={chosen} onChange={(event) => setQuery(name, event.currentTarget.value)}>
        <option value="">All</option>
        {words.map((word) => {
          const device = findDevice(word);
          return (
            <option key={word} value={word}>
              {device === undefined ? word : deviceOption(device)}
            </option>
          );
        })}
      </select>
    </label>
  );
}

function wordsOf(findings: readonly FindingRow[], of: (finding: FindingRow) => string | null): readonly string[] {
  return [...new Set(findings.map(of).filter((word) => word !== null))].sort();
}

/** The list as loaded, with what the event stream sent since, which knows neither the other side nor who set it aside. */
function withChanges(
  loaded: readonly FindingRow[],
  changed: ReadonlyMap<string, FindingRow | null>,
): readonly FindingRow[] {
  const known = new Map<string, FindingRow | null>(loaded.map((finding) => [finding.id, finding]));
  for (const [id, finding] of changed) known.set(id, finding === null ? null : { ...known.get(id), ...finding });
  return [...known.values()].filter((finding) => finding !== null);
}

function count(findings: readonly { readonly severity: string }[], level: string): number {
  return level === '' ? findings.length : findings.filter((finding) => finding.severity === level).length;
}
