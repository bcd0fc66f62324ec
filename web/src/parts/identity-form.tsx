// Saying what a device is: wins over everything inferred, and is written into the ledger with date and author.

import { useSignal } from '@preact/signals';
import { post } from '../api/request.ts';
import type { DocumentDevice, IdentityRequest } from '../api/types.ts';
import { explain } from '../resource.ts';
import { announcement } from '../state.ts';
import { At, DeviceText } from './values.tsx';

interface Props {
  readonly id: string;
  readonly self: DocumentDevice | undefined;
  readonly onSaved: () => void;
}

/** Suggestions only: any word may be written. */
const CATEGORIES = [
  'camera',
  'doorbell',
  'hub',
  'light',
  'phone',
  'plug',
  'sensor',
  'speaker',
  'tv',
  'appliance',
  'health',
];
const LONGEST = 80;
/** The appliance reads the ledger five times a second: by then it knows. */
const HEARD_MS = 600;
const NOTHING: IdentityRequest = { name: '', vendor: '', category: '' };

export function IdentityForm({ id, self, onSaved }: Props) {
  const open = useSignal(false);
  const problem = useSignal('');
  const said = self?.confirmed ?? null;
  const save = async (request: IdentityRequest) => {
    problem.value = await send(id, request);
    if (problem.value !== '') return;
    open.value = false;
    setTimeout(onSaved, HEARD_MS);
  };
  return (
    <div class="identity-form">
      {said !== null && (
        <p class="small muted">
          Confirmed <At moment={said.ts} /> by <DeviceText text={said.by} limit={60} />
        </p>
      )}
      {open.value ? (
        <Fields self={self} onSave={(request) => void save(request)} onCancel={() => (open.value = false)} />
      ) : (
        <span class="tag-buttons">
          <button type="button" class="button" onClick={() => (open.value = true)}>
            {said === null ? 'Confirm or correct' : 'Change'}
          </button>
          {said !== null && (
            <button type="button" class="button quiet" onClick={() => void save(NOTHING)}>
              Take back
            </button>
          )}
        </span>
      )}
      <p class="bad-text" role="alert">
        {problem}
      </p>
    </div>
  );
}

interface FieldsProps {
  readonly self: DocumentDevice | undefined;
  readonly onSave: (request: IdentityRequest) => void;
  readonly onCancel: () => void;
}

function Fields({ self, onSave, onCancel }: FieldsProps) {
  const name = useSignal(self?.names[0]?.name ?? '');
  const vendor = useSignal(self?.maker ?? '');
  const category = useSignal(self?.category ?? '');
  const submit = (event: Event) => {
    event.preventDefault();
    onSave({ name: name.value.trim(), vendor: vendor.value.trim(), category: category.value.trim() });
  };
  return (
    <form class="identity-fields" onSubmit={submit}>
      <TextField label="Name" value={name.value} onChange={(text) => (name.value = text)} />
      <TextField label="Maker" value={vendor.value} onChange={(text) => (vendor.value = text)} />
      <TextField
        label="Category"
        value={category.value}
        list={CATEGORIES}
        onChange={(text) => (category.value = text)}
      />
      <span class="tag-buttons">
        <button type="submit" class="button">
          Save
        </button>
        <button type="button" class="button quiet" onClick={onCancel}>
          Cancel
        </button>
      </span>
    </form>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly list?: readonly string[];
  readonly onChange: (text: string) => void;
}

function TextField({ label, value, list, onChange }: TextFieldProps) {
  return (
    <label>
      <span class="small muted">{label}</span>
      <input
        type="text"
        maxLength={LONGEST}
        value={value.slice(0, LONGEST)}
        {...(list === undefined ? {} : { list: 'categories' })}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {list !== undefined && (
        <datalist id="categories">
          {list.map((word) => (
            <option key={word} value={word} />
          ))}
        </datalist>
      )}
    </label>
  );
}

/** What went wrong as a sentence, or nothing. */
async function send(id: string, request: IdentityRequest): Promise<string> {
  try {
    await post(`api/v1/devices/${encodeURIComponent(id)}/identity`, request);
    announcement.value = 'Saved in the ledger.';
    return '';
  } catch (thrown) {
    return explain(thrown);
  }
}
