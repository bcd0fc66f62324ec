// A device's row of the registry, besides its name: what kind it is in the paper's codes, whose, how it is linked, with which firmware. The
// role decides to which of the three channels its traffic belongs. Written into the ledger with date and author.

import { useSignal } from '@preact/signals';
import {
  FACT_TEXTS,
  FACT_WORDS,
  IDENTITY_TEXT,
  type RegistryFacts,
} from '../../../../appliance/model/user-identity.ts';
import { post } from '../../api/request.ts';
import type { RegistryRequest } from '../../api/types.ts';
import { explain } from '../../resource.ts';
import { announcement } from '../../state.ts';
import { Panel } from '../panel.tsx';

type Fact = keyof RegistryFacts;
type Facts = Readonly<Partial<Record<Fact, string>>>;

const LABELS: Readonly<Record<Fact, string>> = {
  role: 'Role',
  code: 'Category code',
  link: 'Linked by',
  source: 'Captured',
  model: 'Model',
  firmware: 'Firmware',
  assistants: 'Paired assistants',
  children: 'Behind it (Zigbee, Z-Wave)',
};
const WORDS = Object.entries(FACT_WORDS) as [keyof typeof FACT_WORDS, readonly string[]][];
/** The paper's (SH, HA, …) and what else a home has, in words. */
const MEANINGS: Readonly<Record<string, string>> = {
  SH: 'SH: hub',
  HA: 'HA: home automation',
  C: 'C: camera',
  VA: 'VA: voice assistant',
  S: 'S: health',
  M: 'M: miscellaneous',
  own: 'here',
  external: 'in another data set',
};
/** The appliance reads the ledger five times a second: by then it knows. */
const HEARD_MS = 600;

interface Props {
  readonly mac: string;
  /** What was said so far. */
  readonly said: Facts | null;
  readonly onSaved: () => void;
}

export function RegistryRow({ mac, said, onSaved }: Props) {
  const changed = useSignal<Facts>({});
  const problem = useSignal('');
  const valueOf = (fact: Fact): string => changed.value[fact] ?? said?.[fact] ?? '';
  const set = (fact: Fact, value: string) => (changed.value = { ...changed.value, [fact]: value });
  const isChanged = Object.entries(changed.value).some(
    ([fact, value]) => value.trim() !== (said?.[fact as Fact] ?? ''),
  );
  const save = async (event: Event) => {
    event.preventDefault();
    const texts = Object.entries(changed.value).map(([fact, value]) => [fact, value.trim()]);
    const row = { mac, ...Object.fromEntries(texts) } as RegistryRequest['devices'][number];
    try {
      await post('api/v1/registry', { devices: [row] } satisfies RegistryRequest);
      problem.value = '';
      announcement.value = 'Saved in the ledger.';
      setTimeout(onSaved, HEARD_MS);
    } catch (thrown) {
      problem.value = explain(thrown);
    }
  };
  return (
    <Panel title="Registry" folds aside={<span class="muted small">for channels and exports</span>}>
      <form class="registry-row" onSubmit={(event) => void save(event)}>
        {WORDS.map(([fact, words]) => (
          <label key={fact}>
            <span class="small muted">{LABELS[fact]}</span>
            <select value={valueOf(fact)} onChange={(event) => set(fact, event.currentTarget.value)}>
              <option value="">not said</option>
              {words.map((word) => (
                <option key={word} value={word}>
                  {MEANINGS[word] ?? word}
                </option>
              ))}
            </select>
          </label>
        ))}
        {FACT_TEXTS.map((fact) => (
          <label key={fact}>
            <span class="small muted">{LABELS[fact]}</span>
            <input
              type="text"
              maxLength={IDENTITY_TEXT}
              value={valueOf(fact)}
              onInput={(event) => set(fact, event.currentTarget.value)}
            />
          </label>
        ))}
        <button type="submit" class="button" disabled={!isChanged}>
          Write into the registry
        </button>
      </form>
      <p class="bad-text" role="alert">
        {problem}
      </p>
    </Panel>
  );
}
