// Tags mark what is being tried on which device (`alexa_on`). They are time windows: starting one cuts no file and loses
// no packet, and cancelling one forgets the label, never the capture.

import { type Signal, useSignal } from '@preact/signals';
import { post } from '../../api/request.ts';
import type { RecordingResponse, StatusResponse, TagRequest } from '../../api/types.ts';
import { clockTime, stamp } from '../../format/time.ts';
import { explain } from '../../resource.ts';
import { announcement, devices, findDevice, recording, status } from '../../state.ts';
import { now } from '../../time/clock.ts';
import { deviceOption, plainDeviceName } from '../device-name.tsx';
import { Ago, DeviceText } from '../values.tsx';

type OpenTag = StatusResponse['tags'][number];
type EndedTag = RecordingResponse['tags'][number];

const ENDED_SHOWN = 6;

export function Tags() {
  const problem = useSignal('');
  const ended = (recording.value?.tags ?? []).filter((tag) => tag.to !== null);
  // The ledger may report an end before the next status does.
  const isOver = (tag: OpenTag) => ended.some((one) => one.tag === tag.tag && one.from === tag.since);
  const open = (status.value?.tags ?? []).filter((tag) => !isOver(tag));
  return (
    <div class="tags">
      {open.length > 0 && (
        <ul class="plain-list">
          {open.map((tag) => (
            <OpenTagRow key={tag.tag} tag={tag} problem={problem} />
          ))}
        </ul>
      )}
      {ended.length > 0 && (
        <ul class="plain-list small">
          {ended
            .slice(-ENDED_SHOWN)
            .reverse()
            .map((tag) => (
              <EndedTagRow key={`${tag.tag} ${tag.from}`} tag={tag} />
            ))}
        </ul>
      )}
      <StartTag problem={problem} />
      <p class="bad-text" role="alert">
        {problem}
      </p>
    </div>
  );
}

/** What was marked stays marked: the window that somebody will look for in the captures. */
function EndedTagRow({ tag }: { tag: EndedTag }) {
  return (
    <li class="ended-tag">
      <code>{tag.tag}</code>{' '}
      <span class="muted">
        <TagDevice device={tag.device} /> {stamp(tag.from)} – {clockTime(tag.to)}{' '}
      </span>
      {tag.cancelled && <span class="pill none">cancelled</span>}
    </li>
  );
}

function TagDevice({ device }: { device: string | null }) {
  if (device === null) return null;
  const row = findDevice(device);
  return <DeviceText text={row === undefined ? device : plainDeviceName(row)} limit={40} />;
}

function OpenTagRow({ tag, problem }: { tag: OpenTag; problem: Signal<string> }) {
  const end = async (how: 'stop' | 'cancel') => {
    problem.value = await ask(`api/v1/tags/${how}`, { tag: tag.tag });
    if (problem.value === '') forget(tag, how === 'cancel');
  };
  return (
    <li class="open-tag">
      <span>
        <code>{tag.tag}</code>
        <span class="muted small">
          {' '}
          <TagDevice device={tag.device} /> started <Ago moment={tag.since} />
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

function StartTag({ problem }: { problem: Signal<string> }) {
  const tag = useSignal('');
  const device = useSignal('');
  const start = async (event: Event) => {
    event.preventDefault();
    const request: TagRequest = { tag: tag.value, ...(device.value === '' ? {} : { device: device.value }) };
    problem.value = await ask('api/v1/tags/start', request);
    if (problem.value !== '') return;
    remember({ tag: tag.value, device: device.value || null, owner: '', since: new Date(now.value).toISOString() });
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

/** Shown at once and once: the next status, with the ledger's time and owner, takes its place. */
function remember(tag: OpenTag): void {
  const known = status.value;
  const others = (known?.tags ?? []).filter((other) => other.tag !== tag.tag);
  const isReported = others.length < (known?.tags.length ?? 0);
  if (known !== undefined && !isReported) status.value = { ...known, tags: [...others, tag] };
  announcement.value = `Tag ${tag.tag} started.`;
}

/** Its place among the ended ones is taken by the ledger's word soon. */
function forget(tag: OpenTag, cancelled: boolean): void {
  const known = status.value;
  if (known !== undefined) status.value = { ...known, tags: known.tags.filter((other) => other.tag !== tag.tag) };
  const reported = recording.value;
  if (reported !== undefined) {
    const { since: from, tag: name, device, owner } = tag;
    const others = reported.tags.filter((other) => other.tag !== name || other.to !== null);
    const to = new Date(now.value).toISOString();
    recording.value = { ...reported, tags: [...others, { n: -1, tag: name, device, owner, from, to, cancelled }] };
  }
  announcement.value = `Tag ${tag.tag} ended.`;
}
