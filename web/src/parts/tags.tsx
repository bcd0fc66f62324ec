// Tags mark what is being tried on which device (`alexa_on`). They are time windows: starting one cuts no file and loses
// no packet, and cancelling one forgets the label, never the capture.

import { type Signal, useSignal } from '@preact/signals';
import { post } from '../api/request.ts';
import type { StatusResponse, TagRequest } from '../api/types.ts';
import { explain } from '../resource.ts';
import { announcement, devices, findDevice, status } from '../state.ts';
import { deviceOption, plainDeviceName } from './device-name.tsx';
import { Ago, DeviceText } from './values.tsx';

type OpenTag = StatusResponse['tags'][number];

export function Tags() {
  const trouble = useSignal('');
  const open = status.value?.tags ?? [];
  return (
    <div class="tags">
      {open.length > 0 && (
        <ul class="plain-list">
          {open.map((tag) => (
            <OpenTagRow key={`${tag.tag} ${tag.device ?? ''}`} tag={tag} trouble={trouble} />
          ))}
        </ul>
      )}
      <StartTag trouble={trouble} />
      <p class="bad-text" role="alert">
        {trouble}
      </p>
    </div>
  );
}

function OpenTagRow({ tag, trouble }: { tag: OpenTag; trouble: Signal<string> }) {
  const device = tag.device === null ? undefined : findDevice(tag.device);
  const end = async (how: 'stop' | 'cancel') => {
    trouble.value = await ask(`api/v1/tags/${how}`, { tag: tag.tag });
    if (trouble.value === '') forget(tag);
  };
  return (
    <li class="open-tag">
      <span>
        <code>{tag.tag}</code>
        <span class="muted small">
          {' '}
          {tag.device !== null && <DeviceText text={device === undefined ? tag.device : plainDeviceName(device)} />}{' '}
          started <Ago moment={tag.since} />
        </span>
      </span>
      <span class="tag-buttons">
        <button type="button" class="button quiet" aria-label={`Stop ${tag.tag}`} onClick={() => void end('stop')}>
          Stop
        </button>
        <button type="button" class="button quiet" aria-label={`Cancel ${tag.tag}`} onClick={() => void end('cancel')}>
          Cancel
        </button>
      </span>
    </li>
  );
}

function StartTag({ trouble }: { trouble: Signal<string> }) {
  const tag = useSignal('');
  const device = useSignal('');
  const start = async (event: Event) => {
    event.preventDefault();
    const request: TagRequest = { tag: tag.value, ...(device.value === '' ? {} : { device: device.value }) };
    trouble.value = await ask('api/v1/tags/start', request);
    if (trouble.value !== '') return;
    remember({ tag: tag.value, device: device.value || null, owner: '', since: new Date().toISOString() });
    tag.value = '';
  };
  return (
    <form class="start-tag" onSubmit={(event) => void start(event)}>
      <input
        type="text"
        aria-label="Tag: letters, digits and _"
        placeholder="alexa_on"
        pattern="[A-Za-z0-9_]{1,64}"
        title="Letters, digits and _"
        required
        value={tag.value}
        onInput={(event) => {
          tag.value = event.currentTarget.value;
        }}
      />
      <select
        aria-label="Device of the tag"
        value={device.value}
        onChange={(event) => {
          device.value = event.currentTarget.value;
        }}
      >
        <option value="">All devices</option>
        {(devices.value ?? [])
          .filter((row) => row.mac !== null)
          .map((row) => (
            <option key={row.id} value={row.id}>
              {deviceOption(row)}
            </option>
          ))}
      </select>
      <button type="submit" class="button">
        Start
      </button>
    </form>
  );
}

/** What went wrong as a sentence, or nothing. */
async function ask(path: string, body: object): Promise<string> {
  try {
    await post(path, body);
    return '';
  } catch (thrown) {
    return explain(thrown);
  }
}

/** Shown at once; the next status confirms it with the ledger's time and owner. */
function remember(tag: OpenTag): void {
  const known = status.value;
  if (known !== undefined) status.value = { ...known, tags: [...known.tags, tag] };
  announcement.value = `Tag ${tag.tag} started.`;
}

function forget(tag: OpenTag): void {
  const known = status.value;
  if (known !== undefined) status.value = { ...known, tags: known.tags.filter((other) => other !== tag) };
  announcement.value = `Tag ${tag.tag} ended.`;
}
